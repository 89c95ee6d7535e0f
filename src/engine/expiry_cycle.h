// Erases keys that are due, in the shards of one worker, between its batches.
//
// Each index segment knows its earliest expiry, and each database the earliest of its segments, so what is not due
// costs one comparison. Where something is due, the entries of one segment that have a time to live are read (500 at
// most, 10 ns each), those that are due are erased, and the lock is let go: no hold exceeds some 200 us.
//
// Reading a segment for each single key that falls due would read the whole data set over and over. Segments are
// therefore left until their earliest key has been due for a while, which is longer the more there is to read:
// nothing for small data sets, kSlackMsMax for large ones. With n keys that have a time to live, about n / 5000 ms
// makes a sweep cost 5 % of the time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/arena.h"
#include "base/time_budget.h"
#include "engine/context.h"

namespace zedis::engine {

class ExpiryCycle {
 public:
  // Works on the shards whose number modulo `workers` is `worker`. `ctx` is that worker's, its time is the time.
  ExpiryCycle(Context& ctx, int worker, int workers) : ctx_(ctx), worker_(worker), workers_(workers) {}

  // Goes on where it stopped. True if work is left. REQUIRES: the worker holds no lock.
  bool Run(const base::TimeBudget& budget);

  static constexpr std::int64_t kSlackMsMax = 250;
  static constexpr std::int64_t kPassIntervalMs = 10;  // from the begin of one pass over the shards to the next

 private:
  static constexpr int kNoShard = 1 << store::Keyspace::kMaxShardBits;

  // One hold of the shard's lock. True when the shard is done.
  bool SweepSlice();
  std::int64_t DueBy(const store::Database& database) const;

  Context& ctx_;
  const int worker_;
  const int workers_;
  // Where it is: a shard (beyond the last: between two passes), a database of it, a position in that.
  int shard_ = kNoShard;
  int database_ = 0;
  std::uint64_t position_ = 0;
  bool tightening_ = false;  // the sweep of this database is done, its earliest time is being found
  std::int64_t earliest_ms_ = 0;
  std::int64_t next_pass_ms_ = 0;
  std::vector<base::Arena::Handle> due_;
};

}  // namespace zedis::engine

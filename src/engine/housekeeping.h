// What a worker does between batches: erases keys that are due, evicts ahead of `maxmemory`, frees what commands have
// left to be freed, empties sparse pages, and gives empty pages back to the system. Each worker does it for its share
// of the shards; eviction alone takes keys from all.
#pragma once

#include <cstdint>

#include "base/time_budget.h"
#include "engine/compaction_cycle.h"
#include "engine/context.h"
#include "engine/evictor.h"
#include "engine/expiry_cycle.h"

namespace zedis::engine {

class Housekeeping {
 public:
  // For the shards whose number modulo `workers` is `worker`; `ctx` is that worker's.
  Housekeeping(Context& ctx, int worker, int workers, base::TimeBudget::Clock clock = base::MonotonicUs)
      : ctx_(ctx),
        expiry_(ctx, worker, workers),
        evictor_(ctx, clock),
        compaction_(ctx, worker, workers),
        worker_(worker),
        workers_(workers),
        next_(worker),
        clock_(clock) {}

  // Works for about `budget_us`, exceeded by one slice (200 us) at most. True if work is left, so that it should be
  // called again soon; else every 10 to 100 ms. REQUIRES: the worker holds no lock; ctx.now_ms is the time.
  bool Run(std::int64_t budget_us);

  // Between two batches: evicts if memory gets short, for about 100 us. REQUIRES: as Run.
  void AfterBatch() {
    if (ctx_.tunables.maxmemory_bytes.Get() != 0) [[unlikely]]
      evictor_.Run(base::TimeBudget(kAfterBatchUs, clock_));
  }

  Evictor& evictor() { return evictor_; }

 private:
  static constexpr std::int64_t kAfterBatchUs = 100;
  static constexpr std::int64_t kCompactionIntervalMs = 2;
  static constexpr std::int64_t kCompactionIntervalShortMs = 1;  // while memory is short

  bool FreeGarbage(const base::TimeBudget& budget);
  // One hold of the shard's lock. True when nothing is left in it.
  static bool FreeSlice(store::Shard& shard);

  Context& ctx_;
  ExpiryCycle expiry_;
  Evictor evictor_;
  CompactionCycle compaction_;
  const int worker_;
  const int workers_;
  int next_;  // the shard whose garbage is next
  std::int64_t next_compaction_ms_ = 0;
  base::TimeBudget::Clock clock_;
};

}  // namespace zedis::engine

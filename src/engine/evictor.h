// Evictor: keeps used memory below `maxmemory` by erasing the keys that `maxmemory-policy` can best do without.
//
// It runs ahead of the limit: in housekeeping, and between two batches, on a budget, one key or one slice of garbage
// for each hold of a lock, never inside a command. If that was not enough, a command that needs memory makes room
// before it takes its locks, for a bounded time, and is refused if there is still none.
//
// Keys are found by sampling: `maxmemory-samples` of a place of the index chosen by chance, in one shard after the
// other. One evictor per worker, over all shards.
#pragma once

#include <cstdint>
#include <optional>

#include "base/time_budget.h"
#include "engine/context.h"
#include "engine/eviction_pool.h"
#include "engine/memory_state.h"

namespace zedis::engine {

class Evictor : public Reclaimer {
 public:
  explicit Evictor(Context& ctx, base::TimeBudget::Clock clock = base::MonotonicUs);

  // Evicts ahead. True if more is to be done. REQUIRES: the worker holds no lock.
  bool Run(const base::TimeBudget& budget);

  bool MakeRoom(std::size_t bytes) override;

  bool MemoryIsShort() const { return MemoryState::Look(ctx_.tunables, ctx_.keyspace).IsShort(); }
  // What is worth compacting: less than usual while memory is short.
  store::Compaction::Threshold CompactionWanted() const;

 private:
  using Slot = store::Database::Slot;
  class Measure;
  // What the commands of one tick may spend in MakeRoom, all together.
  static constexpr std::int64_t kMakeRoomUsPerTick = 2000;
  // Between two looks at how memory stands.
  static constexpr std::int64_t kBytesPerRound = 64 << 10;

  base::MaxmemoryPolicy policy() const {
    return static_cast<base::MaxmemoryPolicy>(ctx_.tunables.maxmemory_policy.Get());
  }
  bool VolatileOnly() const;

  // Frees about `bytes`: garbage first, then keys. False if there is nothing to free.
  bool Free(std::int64_t bytes, const base::TimeBudget& budget);
  bool FreeGarbage(int shard);
  // Looks at one shard; true if it had keys to choose from, or was in use.
  bool SampleShard(int shard);
  void SampleDatabase(int shard, int database);
  int ChooseDatabase(int shard);
  std::uint64_t Score(const store::Entry& entry) const;
  int EvictBest();
  bool CompactSlice();

  Context& ctx_;
  base::TimeBudget::Clock clock_;
  EvictionPool pool_;
  base::MaxmemoryPolicy pool_policy_ = base::MaxmemoryPolicy::kNoEviction;
  int next_shard_ = 0;
  std::int64_t tick_ms_ = -1;  // to which what follows belongs
  std::int64_t make_room_us_left_ = 0;
  std::int64_t freed_ = 0;  // by the call of Free() that runs
};

}  // namespace zedis::engine

#include "engine/housekeeping.h"

#include <algorithm>

namespace zedis::engine {
namespace {

// Empty pages that a shard keeps, because it is likely to need them soon, and how many it gives back at once.
constexpr std::size_t kEmptyBytesKept = 4 * base::Arena::kPageBytes;
constexpr std::size_t kEmptyShareKept = 32;  // one in so many of its pages
constexpr std::size_t kTrimPagesPerSlice = 16;

}  // namespace

bool Housekeeping::Run(std::int64_t budget_us) {
  // None starves another: what one leaves of its share goes to the next.
  const base::TimeBudget all(budget_us, clock_);
  const std::uint64_t start = base::ReadTicks();
  // While writes are paused nothing changes, as in Redis; what is due looks as if it were not there.
  const bool paused = ctx_.tunables.client_pause.IsOn();
  const bool due_left = !paused && expiry_.Run(base::TimeBudget(budget_us / 2, clock_));
  const std::uint64_t expiry_ticks = base::TicksSince(start);
  ctx_.stats.expiry_ticks += expiry_ticks;
  ctx_.host.OnCycle(Cycle::kExpire, expiry_ticks);
  if (due_left) ++ctx_.stats.expiry_out_of_time;
  const std::uint64_t eviction_start = base::ReadTicks();
  const bool memory_short = !paused && evictor_.Run(base::TimeBudget(budget_us / 2, clock_));
  ctx_.host.OnCycle(Cycle::kEviction, base::TicksSince(eviction_start));
  const bool garbage_left = FreeGarbage(all);
  bool sparse_left = compaction_.running();
  if (ctx_.now_ms >= next_compaction_ms_) {
    const bool is_short = evictor_.MemoryIsShort();
    next_compaction_ms_ = ctx_.now_ms + (is_short ? kCompactionIntervalShortMs : kCompactionIntervalMs);
    const base::TimeBudget budget(is_short ? budget_us / 2 : budget_us / 4, clock_);
    const std::uint64_t compaction_start = base::ReadTicks();
    sparse_left = compaction_.Run(budget, evictor_.CompactionWanted());
    ctx_.host.OnCycle(Cycle::kCompaction, base::TicksSince(compaction_start));
  }
  return due_left || memory_short || garbage_left || sparse_left;
}

bool Housekeeping::FreeGarbage(const base::TimeBudget& budget) {
  const int shards = ctx_.keyspace.shards();
  for (int visited = worker_; visited < shards;) {
    bool done = true;
    if (ctx_.locks.TryLockOne(next_)) {
      done = FreeSlice(ctx_.keyspace.shard(next_));
      ctx_.locks.UnlockOne(next_);
    }
    if (done) {
      visited += workers_;
      next_ += workers_;
      if (next_ >= shards) next_ = worker_;
    }
    if (!done && budget.Spent()) return true;
  }
  return false;
}

bool Housekeeping::FreeSlice(store::Shard& shard) {
  if (!shard.garbage.empty()) {
    shard.garbage.FreeSlice();
    return false;
  }
  const std::size_t kept = std::max(kEmptyBytesKept, shard.arena.page_bytes() / kEmptyShareKept);
  const std::size_t empty = shard.arena.empty_page_bytes();
  if (empty <= kept) return true;
  const std::size_t surplus = (empty - kept + base::Arena::kPageBytes - 1) / base::Arena::kPageBytes;
  // Runs of pages are empty, too, and stay.
  const std::size_t returned = shard.arena.Trim(std::min(surplus, kTrimPagesPerSlice));
  return returned < kTrimPagesPerSlice || surplus == kTrimPagesPerSlice;
}

}  // namespace zedis::engine

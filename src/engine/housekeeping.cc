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
  // Neither starves the other: what expiry leaves of its half goes to the garbage.
  const base::TimeBudget all(budget_us, clock_);
  const std::uint64_t start = base::ReadTicks();
  const bool due_left = expiry_.Run(base::TimeBudget(budget_us / 2, clock_));
  ctx_.stats.expiry_ticks += base::TicksSince(start);
  if (due_left) ++ctx_.stats.expiry_out_of_time;
  const bool garbage_left = FreeGarbage(all);
  return due_left || garbage_left;
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
  shard.arena.Trim(std::min(surplus, kTrimPagesPerSlice));
  return surplus <= kTrimPagesPerSlice;
}

}  // namespace zedis::engine

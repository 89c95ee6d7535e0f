#include "engine/expiry_cycle.h"

#include <algorithm>

namespace zedis::engine {
namespace {

constexpr std::size_t kKeysPerSlackMs = 5000;

}  // namespace

bool ExpiryCycle::Run(const base::TimeBudget& budget) {
  if (!ctx_.keyspace.sweeping()) return false;
  if (shard_ >= ctx_.keyspace.shards()) {
    if (ctx_.now_ms < next_pass_ms_) return false;
    next_pass_ms_ = ctx_.now_ms + kPassIntervalMs;
    shard_ = worker_;
  }
  while (shard_ < ctx_.keyspace.shards()) {
    if (budget.Spent()) return true;
    // A shard that is in use has its turn in the next pass.
    if (ctx_.locks.TryLockOne(shard_)) {
      const bool done = SweepSlice();
      ctx_.locks.UnlockOne(shard_);
      if (!done) continue;
    }
    shard_ += workers_;
    database_ = 0;
    position_ = 0;
    tightening_ = false;
  }
  return false;
}

bool ExpiryCycle::SweepSlice() {
  for (; database_ < ctx_.keyspace.databases(); ++database_, position_ = 0) {
    store::Database& database = ctx_.keyspace.database(shard_, database_);
    if (!tightening_) {
      const std::int64_t due_by_ms = DueBy(database);
      if (database.earliest_ms() > due_by_ms) continue;
      due_.clear();
      const std::uint64_t next = database.SweepExpired(
          position_, due_by_ms, ctx_.now_ms, [&](store::Database::Slot slot) { due_.push_back(slot.handle()); });
      // A value of which much is due has its turn again, at the same place.
      if (!ctx_.ExpireAll(shard_, database_, due_)) return false;
      position_ = next;
      if (position_ < base::kPositionEnd) return false;
      position_ = 0;
      tightening_ = true;
    }
    position_ = database.TightenEarliest(position_, earliest_ms_);
    if (position_ < base::kPositionEnd) return false;
    tightening_ = false;
    ++database_;
    position_ = 0;
    return database_ == ctx_.keyspace.databases();
  }
  return true;
}

std::int64_t ExpiryCycle::DueBy(const store::Database& database) const {
  const std::size_t keys = database.volatile_keys() * static_cast<std::size_t>(ctx_.keyspace.shards());
  return ctx_.now_ms - std::min(static_cast<std::int64_t>(keys / kKeysPerSlackMs), kSlackMsMax);
}

}  // namespace zedis::engine

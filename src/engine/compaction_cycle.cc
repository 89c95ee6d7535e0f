#include "engine/compaction_cycle.h"

namespace zedis::engine {

bool CompactionCycle::Run(const base::TimeBudget& budget, const store::Compaction::Threshold& threshold) {
  store::Keyspace& keyspace = ctx_.keyspace;
  running_ = true;
  bool skipped = false;
  for (int visited = worker_; visited < keyspace.shards(); visited += workers_) {
    store::Shard& shard = keyspace.shard(shard_);
    while (shard.compaction.IsDue(shard.arena, threshold)) {
      if (budget.Spent()) return true;
      // Whoever serves clients goes first.
      if (!ctx_.locks.TryLockOne(shard_)) {
        skipped = true;
        break;
      }
      const bool ended = shard.compaction.Slice(keyspace, shard_);
      ctx_.locks.UnlockOne(shard_);
      if (ended) break;
    }
    shard_ += workers_;
    if (shard_ >= keyspace.shards()) shard_ = worker_;
  }
  return running_ = skipped;
}

}  // namespace zedis::engine

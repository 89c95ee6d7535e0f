// Compaction of sparse arenas, in the shards of one worker, between its batches (store/compaction.h).
#pragma once

#include "base/time_budget.h"
#include "engine/context.h"
#include "store/compaction.h"

namespace zedis::engine {

class CompactionCycle {
 public:
  CompactionCycle(Context& ctx, int worker, int workers)
      : ctx_(ctx), worker_(worker), workers_(workers), shard_(worker) {}

  // Goes on where it stopped, one pass after the other, where `threshold` says that it is worth it. True if work is
  // left. REQUIRES: the worker holds no lock.
  bool Run(const base::TimeBudget& budget, const store::Compaction::Threshold& threshold);

  bool running() const { return running_; }

 private:
  Context& ctx_;
  const int worker_;
  const int workers_;
  int shard_;
  bool running_ = false;
};

}  // namespace zedis::engine

// What a worker does between batches for its share of the shards: erases keys that are due, frees what commands have
// left to be freed, and gives empty pages back to the system.
#pragma once

#include <cstdint>

#include "base/time_budget.h"
#include "engine/context.h"
#include "engine/expiry_cycle.h"

namespace zedis::engine {

class Housekeeping {
 public:
  // For the shards whose number modulo `workers` is `worker`; `ctx` is that worker's.
  Housekeeping(Context& ctx, int worker, int workers, base::TimeBudget::Clock clock = base::MonotonicUs)
      : ctx_(ctx), expiry_(ctx, worker, workers), worker_(worker), workers_(workers), next_(worker), clock_(clock) {}

  // Works for about `budget_us`, exceeded by one slice (200 us) at most. True if work is left, so that it should be
  // called again soon; else every 10 to 100 ms. REQUIRES: the worker holds no lock; ctx.now_ms is the time.
  bool Run(std::int64_t budget_us);

 private:
  bool FreeGarbage(const base::TimeBudget& budget);
  // One hold of the shard's lock. True when nothing is left in it.
  static bool FreeSlice(store::Shard& shard);

  Context& ctx_;
  ExpiryCycle expiry_;
  const int worker_;
  const int workers_;
  int next_;  // the shard whose garbage is next
  base::TimeBudget::Clock clock_;
};

}  // namespace zedis::engine

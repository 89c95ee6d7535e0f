// Walking over all shards one at a time, for commands on the whole keyspace that need not stop the world: KEYS, SCAN,
// DBSIZE, RANDOMKEY.
#pragma once

#include "engine/context.h"

namespace zedis::engine {

// Calls visit(shard number) -> bool with that shard's lock held, until it returns false. REQUIRES: the command holds no
// lock (its row says Locks::kVisit), or all of them.
template <class Visit>
void VisitShard(Context& ctx, int shard, Visit visit) {
  const bool lock = !ctx.locks.holds_all();
  if (lock) ctx.locks.LockOne(shard);
  visit(shard);
  if (lock) ctx.locks.UnlockOne(shard);
}

template <class Visit>
void VisitShards(Context& ctx, Visit visit) {
  bool go_on = true;
  for (int shard = 0; shard < ctx.keyspace.shards() && go_on; ++shard) {
    VisitShard(ctx, shard, [&](int number) { go_on = visit(number); });
  }
}

}  // namespace zedis::engine

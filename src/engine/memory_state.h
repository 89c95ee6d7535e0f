// How memory stands against `maxmemory`.
//
//   0 ........................... ahead ....... limit
//                                       1/32
//
// What counts is used memory: pages of arenas in use, blocks beside them, clients' buffers. Eviction begins at `ahead`,
// so that writes find room and need not wait; at `limit` they are refused.
//
// A key that is evicted leaves a hole in a page, not a free page, so used memory does not fall by it. Holes are
// therefore counted as gained already, as far as compaction can make pages of them: evicting on until pages are free
// would evict far too much.
#pragma once

#include <cstdint>

#include "base/memory_count.h"
#include "base/tunables.h"
#include "store/keyspace.h"

namespace zedis::engine {

struct MemoryState {
  static constexpr std::int64_t kAheadOneIn = 32;
  // A command may take a few pages more than its arguments say, and so may those of the other workers meanwhile.
  static constexpr std::int64_t kReserveOneIn = 256;

  std::int64_t limit = 0;  // 0: none
  std::int64_t used = 0;
  std::int64_t gainable = 0;  // by compaction; looked up only when used is beyond ahead()

  std::int64_t ahead() const { return limit - limit / kAheadOneIn; }
  bool IsShort() const { return limit != 0 && used > ahead(); }
  bool Fits(std::int64_t bytes) const { return limit == 0 || used + bytes <= limit - limit / kReserveOneIn; }
  // What has to be evicted.
  std::int64_t Excess(std::int64_t bytes) const { return limit == 0 ? 0 : used + bytes - gainable - ahead(); }

  // O(threads), and O(shards) if memory is short.
  static MemoryState Look(const base::Tunables& tunables, const store::Keyspace& keyspace) {
    MemoryState state;
    state.limit = tunables.maxmemory_bytes.Get();
    if (state.limit == 0) return state;
    state.used = static_cast<std::int64_t>(base::MemoryCount::UsedBytes());
    if (state.IsShort()) state.gainable = GainableBytes(keyspace);
    return state;
  }

 private:
  // Whole pages only: a part of a page in each of many shards makes none.
  static std::int64_t GainableBytes(const store::Keyspace& keyspace) {
    std::size_t sum = 0;
    for (int i = 0; i < keyspace.shards(); ++i) {
      const store::Shard& shard = keyspace.shard(i);
      sum += shard.compaction.GainableBytes(shard.arena) & ~(base::Arena::kPageBytes - 1);
    }
    return static_cast<std::int64_t>(sum);
  }
};

}  // namespace zedis::engine

// Compaction of one shard: finds out that its arena is sparse, and empties pages, in slices under the shard's lock
// (base/arena_evacuation.h). What moves are the blocks that one handle names: entries and the parts of the indexes. A
// slice leaves everything as it was for everybody but those who keep a pointer into the arena, and nobody does so
// without the lock; prefetching only peeks.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/arena_evacuation.h"

namespace zedis::store {

class Keyspace;

class Compaction {
 public:
  // What makes a pass worth its time: free bytes between blocks that the last pass did not find to be hopeless.
  struct Threshold {
    std::size_t min_bytes;
    std::size_t one_in;  // and at least this share of the pages
  };
  // A fifth of the pages of an arena that is not tiny.
  static constexpr Threshold kUsual{.min_bytes = 32 * base::Arena::kPageBytes, .one_in = 5};

  // True if Slice has something to do. Any thread may ask.
  bool IsDue(const base::Arena& arena, const Threshold& threshold) const;

  // The free bytes between blocks that a pass may be able to make pages of. Any thread may ask.
  std::size_t GainableBytes(const base::Arena& arena) const;

  // Begins a pass or goes on with it, for some 100 us at most. True if that ended it. REQUIRES: the shard's lock.
  bool Slice(Keyspace& keyspace, int shard);

  bool running() const { return running_.load(std::memory_order_relaxed); }
  std::uint64_t moved_blocks() const { return moved_blocks_.load(std::memory_order_relaxed); }

 private:
  enum class Phase { kCount, kMark, kMove, kFinish };
  struct Pass {
    explicit Pass(base::Arena& arena) : evacuation(arena), used_bytes_before(arena.used_bytes()) {}
    base::ArenaEvacuation evacuation;
    const std::size_t used_bytes_before;
    Phase phase = Phase::kCount;
    int database = 0;
    std::uint64_t position = 0;
  };

  // One slice of moving; true when all databases are done.
  bool MoveSlice(Keyspace& keyspace, int shard);
  bool End(const base::Arena& arena);

  std::unique_ptr<Pass> pass_;
  std::atomic<bool> running_{false};
  // What the last pass left: pages that are not full for want of blocks, blocks that cannot move.
  mutable std::atomic<std::size_t> hopeless_bytes_{0};
  std::atomic<std::uint64_t> moved_blocks_{0};
};

}  // namespace zedis::store

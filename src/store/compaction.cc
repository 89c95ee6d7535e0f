#include "store/compaction.h"

#include "base/hash_index_walk.h"
#include "store/keyspace.h"

namespace zedis::store {

std::size_t Compaction::GainableBytes(const base::Arena& arena) const {
  const std::size_t slack = arena.slack_bytes();
  const std::size_t hopeless = hopeless_bytes_.load(std::memory_order_relaxed);
  if (slack >= hopeless) return slack - hopeless;
  // Some of it was filled since. What becomes free from now on is new.
  hopeless_bytes_.store(slack, std::memory_order_relaxed);
  return 0;
}

bool Compaction::IsDue(const base::Arena& arena, const Threshold& threshold) const {
  if (running()) return true;
  const std::size_t gainable = GainableBytes(arena);
  return gainable >= threshold.min_bytes && gainable * threshold.one_in >= arena.page_bytes();
}

bool Compaction::Slice(Keyspace& keyspace, int shard) {
  base::Arena& arena = keyspace.shard(shard).arena;
  if (pass_ == nullptr) {
    pass_ = std::make_unique<Pass>(arena);
    running_.store(true, std::memory_order_relaxed);
  }
  base::ArenaEvacuation& evacuation = pass_->evacuation;
  switch (pass_->phase) {
    case Phase::kCount:
      if (!evacuation.Count()) return false;
      if (evacuation.Gain() == 0) return End(arena);
      pass_->phase = Phase::kMark;
      return false;
    case Phase::kMark:
      if (evacuation.Mark()) pass_->phase = Phase::kMove;
      return false;
    case Phase::kMove: {
      const std::uint64_t before = evacuation.moved();
      if (MoveSlice(keyspace, shard)) pass_->phase = Phase::kFinish;
      moved_blocks_.store(moved_blocks() + evacuation.moved() - before, std::memory_order_relaxed);
      return false;
    }
    case Phase::kFinish:
      return evacuation.Finish() && End(arena);
  }
  return true;
}

bool Compaction::MoveSlice(Keyspace& keyspace, int shard) {
  EntryIndex& index = keyspace.database(shard, pass_->database).index();
  pass_->position = base::IndexWalk(index).MoveBlocks(pass_->position, pass_->evacuation);
  if (pass_->position < base::kPositionEnd) return false;
  pass_->position = 0;
  return ++pass_->database == keyspace.databases();
}

bool Compaction::End(const base::Arena& arena) {
  // What was freed meanwhile may lie where the pass had been already: that is no reason to give it up.
  const std::size_t used = arena.used_bytes();
  const std::size_t freed = pass_->used_bytes_before > used ? pass_->used_bytes_before - used : 0;
  const std::size_t slack = arena.slack_bytes();
  pass_.reset();
  running_.store(false, std::memory_order_relaxed);
  hopeless_bytes_.store(slack > freed ? slack - freed : 0, std::memory_order_relaxed);
  return true;
}

}  // namespace zedis::store

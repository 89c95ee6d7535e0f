// IndexWalk: what few need of a HashIndex: samples for eviction, and moving blocks for compaction.
#pragma once

#include <algorithm>

#include "base/arena_evacuation.h"
#include "base/hash_index.h"

namespace zedis::base {

template <class Index>
class IndexWalk {
 public:
  using Handle = Arena::Handle;
  using Slot = typename Index::Slot;
  static constexpr int kSampleMax = 64;

  explicit IndexWalk(Index& index) : index_(index) {}

  // Calls visit(Slot) for some `count` entries (at most kSampleMax) near a place chosen by chance, more or less
  // uniformly. REQUIRES: the index is not empty. O(count).
  template <class Random, class Visit>
  void Sample(int count, Random random, Visit visit) const;

  // The same for up to `count` marked entries, from `position` on; gives up after a bounded number of segments. Returns
  // where to go on.
  template <class Visit>
  std::uint64_t SampleMarked(std::uint64_t position, int count, Visit visit) const;

  // Moves what lies in sparse pages, of the segment that holds `position` and of the entries in it. What was known
  // about where things lie is void afterwards. Returns where the next segment begins. Some 100 us at most.
  std::uint64_t MoveBlocks(std::uint64_t position, ArenaEvacuation& evacuation) const;

 private:
  static constexpr int kSampleTries = 16;
  static constexpr int kSegmentsPerSampleMax = 256;
  static constexpr int kSegmentsReadPerSampleMax = 8;

  Handle& EntryFor(std::uint64_t position) const {
    return index_.directory()[Index::DirectoryIndex(position, index_.depth())];
  }
  static std::uint64_t EndOf(const IndexSegment& segment, std::uint64_t position) {
    const std::uint64_t width = kPositionEnd >> segment.depth;
    return (position & ~(width - 1)) + width;
  }
  const char* At(Handle handle) const { return index_.arena_->At(handle); }

  Index& index_;
};

// Moves what a segment is made of and what it holds out of sparse pages.
template <class Index>
std::uint64_t IndexWalk<Index>::MoveBlocks(std::uint64_t position, ArenaEvacuation& evacuation) const {
  if (index_.directory_handle() == Arena::kNone) return kPositionEnd;
  const unsigned bits = index_.depth();
  // A directory of whole pages is in no slab and never sparse.
  Handle table = index_.directory_handle();
  bool structure_moved = false;
  if (position == 0 && evacuation.IsSparse(table)) {
    table = evacuation.Move(table);
    index_.SetTable(table, bits);
  }
  const std::size_t entry = Index::DirectoryIndex(position, bits);
  Handle handle = index_.directory()[entry];
  const std::size_t span = std::size_t{1} << (bits - index_.SegmentAt(handle)->depth);
  const std::size_t first = entry & ~(span - 1);
  if (evacuation.IsSparse(handle)) {
    handle = evacuation.Move(handle);
    std::fill_n(index_.directory() + first, span, handle);
    structure_moved = true;
  }
  IndexSegment& segment = *index_.SegmentAt(handle);
  for (int i = 0; i < segment.subs; ++i) {
    if (!evacuation.IsSparse(segment.sub[i])) continue;
    segment.sub[i] = evacuation.Move(segment.sub[i]);
    structure_moved = true;
  }
  // Says so to whoever has peeked, by the one word that tells of the table's structure.
  if (structure_moved) index_.SetTable(table, bits);
  // All that are going to move are prefetched first.
  Slot sparse[IndexSegment::kMaxSlots];
  int count = 0;
  index_.ForEachIn(segment, [&](Slot slot) {
    if (!evacuation.IsSparse(slot.handle())) return;
    _mm_prefetch(At(slot.handle()), _MM_HINT_T0);
    sparse[count++] = slot;
  });
  for (int i = 0; i < count; ++i) sparse[i].Replace(evacuation.Move(sparse[i].handle()));
  return EndOf(segment, position);
}

template <class Index>
template <class Random, class Visit>
void IndexWalk<Index>::Sample(int count, Random random, Visit visit) const {
  CHECK(index_.size() > 0 && count <= kSampleMax);
  Slot found[kSampleMax];
  int size = 0;
  // A segment may be empty, if its buddy was too full to merge with.
  for (int tries = 0; size < count && tries < kSampleTries; ++tries) {
    const std::uint64_t dice = random();
    const std::uint64_t position = dice & (kPositionEnd - 1);
    const IndexSegment& segment = *index_.SegmentAt(EntryFor(position));
    const int buckets = segment.buckets();
    int number = index_.HomeIn(segment, position);
    for (int i = 0; i < std::min(buckets, 2) && size < count; ++i, number = (number + 1) % buckets) {
      IndexBucket* bucket = index_.BucketOf(segment, number);
      std::uint32_t used = ~bucket->Match(0) & 0xfff;
      for (; used != 0 && size < count; used &= used - 1) {
        found[size] = {bucket, std::countr_zero(used)};
        _mm_prefetch(At(found[size++].handle()), _MM_HINT_T0);
      }
    }
  }
  for (int i = 0; i < size; ++i) visit(found[i]);
}

template <class Index>
template <class Visit>
std::uint64_t IndexWalk<Index>::SampleMarked(std::uint64_t position, int count, Visit visit) const {
  CHECK(count <= kSampleMax);
  if (index_.directory_handle() == Arena::kNone) return kPositionEnd;
  Slot found[kSampleMax];
  int size = 0;
  int read = 0;
  for (int passed = 0; position < kPositionEnd && size < count && passed < kSegmentsPerSampleMax; ++passed) {
    const IndexSegment& segment = *index_.SegmentAt(EntryFor(position));
    const int home = index_.HomeIn(segment, position);
    position = EndOf(segment, position);
    if (segment.earliest_ms == IndexSegment::kNever) continue;
    for (int number = home; number < segment.buckets() && size < count; ++number) {
      IndexBucket* bucket = index_.BucketOf(segment, number);
      for (std::uint32_t marked = bucket->marks; marked != 0 && size < count; marked &= marked - 1) {
        found[size] = {bucket, std::countr_zero(marked)};
        _mm_prefetch(At(found[size++].handle()), _MM_HINT_T0);
      }
    }
    if (++read == kSegmentsReadPerSampleMax) break;
  }
  for (int i = 0; i < size; ++i) visit(found[i]);
  return position;
}

}  // namespace zedis::base

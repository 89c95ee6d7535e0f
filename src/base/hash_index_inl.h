// Implementation of base/hash_index.h; include that.
#pragma once

#include <algorithm>
#include <utility>

#include "base/hash_index.h"

namespace zedis::base {

template <class Traits, class Memory>
template <class Equal>
[[gnu::always_inline]] inline auto HashIndex<Traits, Memory>::Find(std::uint64_t hash, const IndexHint& hint,
                                                                   Equal equal) const -> Slot {
  if (hint.table == table()) [[likely]] {
    auto* bucket = const_cast<IndexBucket*>(hint.bucket);
    for (std::uint32_t match = bucket->Match(TagOf(hash)); match != 0; match &= match - 1) {
      const int slot = std::countr_zero(match);
      if (equal(arena_->At(bucket->slot[slot]))) return {bucket, slot};
    }
    if (bucket->passed == 0) return {};
  }
  return FindFromDirectory(hash, equal);
}

template <class Traits, class Memory>
template <class Equal>
[[gnu::noinline]] auto HashIndex<Traits, Memory>::FindFromDirectory(std::uint64_t hash, Equal equal) const -> Slot {
  if (size_ == 0) [[unlikely]]
    return {};
  const std::uint64_t position = PositionOf(hash);
  const IndexSegment& segment = *SegmentAt(directory()[DirectoryIndex(position, depth())]);
  const int buckets = segment.buckets();
  int number = HomeIn(segment, position);
  for (int tried = 0; tried < buckets; ++tried) {
    IndexBucket* bucket = BucketOf(segment, number);
    for (std::uint32_t match = bucket->Match(TagOf(hash)); match != 0; match &= match - 1) {
      const int slot = std::countr_zero(match);
      if (equal(arena_->At(bucket->slot[slot]))) return {bucket, slot};
    }
    if (bucket->passed == 0) return {};
    if (++number == buckets) number = 0;
  }
  return {};
}

template <class Traits, class Memory>
IndexSegment* HashIndex<Traits, Memory>::SegmentFor(std::uint64_t hash) const {
  if (directory_handle() == Arena::kNone) return nullptr;
  return SegmentAt(directory()[DirectoryIndex(PositionOf(hash), depth())]);
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Insert(std::uint64_t hash, Handle handle, bool mark) {
  if (directory_handle() == Arena::kNone) [[unlikely]]
    Create();
  const std::uint64_t position = PositionOf(hash);
  IndexSegment* segment = SegmentAt(directory()[DirectoryIndex(position, depth())]);
  while (segment->entries >= segment->max_entries()) [[unlikely]] {
    Grow(position);
    segment = SegmentAt(directory()[DirectoryIndex(position, depth())]);
  }
  Place(*segment, hash, handle, mark);
  ++size_;
}

// Puts an entry into the first bucket with room from its home on, and counts it in those that it passes.
template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Place(IndexSegment& segment, std::uint64_t hash, Handle handle, bool mark) {
  const int buckets = segment.buckets();
  int number = HomeIn(segment, PositionOf(hash));
  for (int tried = 0; tried < buckets; ++tried) {
    IndexBucket* bucket = BucketOf(segment, number);
    if (const std::uint32_t room = bucket->Match(0); room != 0) {
      const Slot slot{bucket, std::countr_zero(room)};
      bucket->tag[slot.number] = TagOf(hash);
      bucket->slot[slot.number] = handle;
      slot.Mark(mark);
      ++segment.entries;
      return;
    }
    if (bucket->passed != IndexBucket::kPassedSaturated) ++bucket->passed;
    if (++number == buckets) number = 0;
  }
  CHECK(false);  // a segment is never full
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Erase(std::uint64_t hash, Slot slot) {
  const std::uint64_t position = PositionOf(hash);
  IndexSegment& segment = *SegmentFor(hash);
  const int buckets = segment.buckets();
  for (int number = HomeIn(segment, position);;) {
    IndexBucket* bucket = BucketOf(segment, number);
    if (bucket == slot.bucket) break;
    if (bucket->passed != IndexBucket::kPassedSaturated) --bucket->passed;
    if (++number == buckets) number = 0;
  }
  slot.bucket->tag[slot.number] = 0;
  slot.bucket->slot[slot.number] = Arena::kNone;
  slot.Mark(false);
  --segment.entries;
  if (--size_ == 0) {
    Release();
  } else if (segment.entries <= segment.shrink_at() || (segment.depth > 0 && segment.entries % 16 == 0)) {
    ShrinkAround(position);
  }
}

// --- growing and shrinking ---

template <class Traits, class Memory>
auto HashIndex<Traits, Memory>::NewSub() -> Handle {
  const Handle handle = arena_->Allocate(IndexSegment::kSubBytes);
  std::memset(arena_->At(handle), 0, IndexSegment::kSubBytes);
  return handle;
}

template <class Traits, class Memory>
auto HashIndex<Traits, Memory>::NewSegment(std::uint8_t depth, std::uint8_t subs) -> Handle {
  const Handle handle = arena_->Allocate(sizeof(IndexSegment));
  IndexSegment& segment = *SegmentAt(handle);
  segment = IndexSegment{};
  segment.earliest_ms = IndexSegment::kNever;
  segment.depth = depth;
  segment.subs = subs;
  for (int i = 0; i < subs; ++i) segment.sub[i] = NewSub();
  return handle;
}

inline constexpr unsigned kDirectoryInBlockDepth = 8;  // up to 1024 bytes; from there on, whole pages
static_assert((sizeof(Arena::Handle) << kDirectoryInBlockDepth) == Arena::kMaxBlockBytes);

template <class Traits, class Memory>
auto HashIndex<Traits, Memory>::NewDirectory(unsigned depth) -> Handle {
  const std::size_t bytes = sizeof(Handle) << depth;
  if (depth <= kDirectoryInBlockDepth) return arena_->Allocate(std::max(bytes, Memory::kMinBlockBytes));
  return arena_->AllocatePages(depth <= 10 ? 0 : depth - 10);
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::FreeDirectory(Handle handle, unsigned depth) {
  if (depth <= kDirectoryInBlockDepth) {
    arena_->Free(handle, std::max(sizeof(Handle) << depth, Memory::kMinBlockBytes));
  } else {
    arena_->FreePages(handle, depth <= 10 ? 0 : depth - 10);
  }
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Create() {
  const Handle handle = NewDirectory(0);
  *reinterpret_cast<Handle*>(arena_->At(handle)) = NewSegment(0, 1);
  deepest_ = 1;
  SetTable(handle, 0);
}

// Frees the table itself. REQUIRES: no entries.
template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Release() {
  while (!Drain([](Handle) {})) {
  }
}

// Copies what a segment holds behind the first `count` of `moved` and empties its buckets. The entries are
// prefetched meanwhile, because placing them needs their hashes.
template <class Traits, class Memory>
int HashIndex<Traits, Memory>::Gather(IndexSegment& segment, MovedEntries& moved, int count) {
  for (int number = 0; number < segment.buckets(); ++number) {
    IndexBucket* bucket = BucketOf(segment, number);
    for (std::uint32_t used = ~bucket->Match(0) & 0xfff; used != 0; used &= used - 1) {
      const int slot = std::countr_zero(used);
      _mm_prefetch(arena_->At(bucket->slot[slot]), _MM_HINT_T0);
      moved[count++] = {bucket->slot[slot], bucket->tag[slot], Slot{bucket, slot}.marked()};
    }
    std::memset(static_cast<void*>(bucket), 0, sizeof *bucket);
  }
  segment.entries = 0;
  return count;
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::PlaceAll(const MovedEntries& moved, int count) {
  for (int i = 0; i < count; ++i) {
    const std::uint64_t hash = traits_.Hash(arena_->At(moved[i].handle));
    const std::uint64_t position = PositionOf(hash);
    IndexSegment* segment = SegmentAt(directory()[DirectoryIndex(position, depth())]);
    // After a split one half may take more than its share; then it grows like any other.
    while (segment->entries >= segment->max_entries()) [[unlikely]] {
      Grow(position);
      segment = SegmentAt(directory()[DirectoryIndex(position, depth())]);
    }
    Place(*segment, hash, moved[i].handle, moved[i].mark);
  }
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Grow(std::uint64_t position) {
  IndexSegment& segment = *SegmentAt(directory()[DirectoryIndex(position, depth())]);
  MovedEntries moved;
  const int count = Gather(segment, moved, 0);
  if (segment.subs < IndexSegment::kMaxSubs) {
    segment.sub[segment.subs++] = NewSub();
  } else {
    Split(position);
  }
  PlaceAll(moved, count);
  StructureChanged();
}

// Cuts an emptied segment of 8 sub-blocks into two of 4.
template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Split(std::uint64_t position) {
  IndexSegment* lower = SegmentAt(directory()[DirectoryIndex(position, depth())]);
  if (lower->depth == depth()) DoubleDirectory();
  const unsigned bits = depth();
  const Handle upper_handle = NewSegment(static_cast<std::uint8_t>(lower->depth + 1), 0);
  IndexSegment* upper = SegmentAt(upper_handle);
  lower->subs = upper->subs = IndexSegment::kMaxSubs / 2;
  std::copy_n(lower->sub + lower->subs, upper->subs, upper->sub);
  upper->earliest_ms = lower->earliest_ms;
  upper->epoch = lower->epoch;
  const std::size_t span = std::size_t{1} << (bits - lower->depth);
  const std::size_t first = DirectoryIndex(position, bits) & ~(span - 1);
  std::fill_n(directory() + first + span / 2, span / 2, upper_handle);
  ++lower->depth;
  if (lower->depth == bits) deepest_ += 2;
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::DoubleDirectory() {
  const unsigned bits = depth();
  CHECK(bits < 26);  // 30 G entries in one table
  const Handle old = directory_handle();
  const Handle fresh = NewDirectory(bits + 1);
  auto* from = reinterpret_cast<const Handle*>(arena_->At(old));
  auto* to = reinterpret_cast<Handle*>(arena_->At(fresh));
  for (std::size_t i = 0; i < std::size_t{1} << bits; ++i) to[2 * i] = to[2 * i + 1] = from[i];
  SetTable(fresh, bits + 1);
  FreeDirectory(old, bits);
  deepest_ = 0;
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::HalveDirectory() {
  const unsigned bits = depth();
  const Handle old = directory_handle();
  const Handle fresh = NewDirectory(bits - 1);
  auto* from = reinterpret_cast<const Handle*>(arena_->At(old));
  auto* to = reinterpret_cast<Handle*>(arena_->At(fresh));
  deepest_ = 0;
  for (std::size_t i = 0; i < std::size_t{1} << (bits - 1); ++i) {
    to[i] = from[2 * i];
    if (SegmentAt(to[i])->depth == bits - 1) ++deepest_;
  }
  SetTable(fresh, bits - 1);
  FreeDirectory(old, bits);
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::ShrinkAround(std::uint64_t position) {
  IndexSegment& segment = *SegmentAt(directory()[DirectoryIndex(position, depth())]);
  if (segment.subs > 1 && segment.entries <= segment.shrink_at()) {
    MovedEntries moved;
    const int count = Gather(segment, moved, 0);
    arena_->Free(segment.sub[--segment.subs], IndexSegment::kSubBytes);
    PlaceAll(moved, count);
    StructureChanged();
  }
  if (segment.depth > 0) TryMerge(position);
}

// Joins a segment with its buddy, the other half of the segment that they once were, if both have room in one.
template <class Traits, class Memory>
void HashIndex<Traits, Memory>::TryMerge(std::uint64_t position) {
  const unsigned bits = depth();
  const Handle one = directory()[DirectoryIndex(position, bits)];
  const unsigned shared = SegmentAt(one)->depth;
  const std::uint64_t buddy_bit = std::uint64_t{1} << (kPositionBits - shared);
  const Handle other = directory()[DirectoryIndex(position ^ buddy_bit, bits)];
  IndexSegment& keep = *SegmentAt(one);
  IndexSegment& drop = *SegmentAt(other);
  constexpr int kJoinedSubs = IndexSegment::kMaxSubs / 2;
  if (drop.depth != shared || keep.entries + drop.entries > kJoinedSubs * IndexSegment::kSlotsPerSub * 2 / 3) return;
  MovedEntries moved;
  const int count = Gather(drop, moved, Gather(keep, moved, 0));
  while (keep.subs < kJoinedSubs) keep.sub[keep.subs++] = NewSub();
  while (keep.subs > kJoinedSubs) arena_->Free(keep.sub[--keep.subs], IndexSegment::kSubBytes);
  for (int i = 0; i < drop.subs; ++i) arena_->Free(drop.sub[i], IndexSegment::kSubBytes);
  keep.earliest_ms = std::min(keep.earliest_ms, drop.earliest_ms);
  keep.epoch = std::min(keep.epoch, drop.epoch);
  --keep.depth;
  const std::size_t span = std::size_t{1} << (bits - keep.depth);
  std::fill_n(directory() + (DirectoryIndex(position, bits) & ~(span - 1)), span, one);
  arena_->Free(other, sizeof(IndexSegment));
  if (shared == bits) {
    deepest_ -= 2;
    if (deepest_ == 0) HalveDirectory();
  }
  PlaceAll(moved, count);
  StructureChanged();
}

template <class Traits, class Memory>
template <class ReleaseBlock>
bool HashIndex<Traits, Memory>::Drain(ReleaseBlock release) {
  const Handle handle = directory_handle();
  if (handle == Arena::kNone) return true;
  const unsigned bits = depth();
  const Handle segment_handle = directory()[drained_];
  IndexSegment& segment = *SegmentAt(segment_handle);
  ForEachIn(segment, [&](Slot slot) { release(slot.handle()); });
  size_ -= segment.entries;
  for (int i = 0; i < segment.subs; ++i) arena_->Free(segment.sub[i], IndexSegment::kSubBytes);
  drained_ += 1u << (bits - segment.depth);
  arena_->Free(segment_handle, sizeof(IndexSegment));
  StructureChanged();
  if (drained_ < 1u << bits) return false;
  table_.store(0, std::memory_order_relaxed);
  FreeDirectory(handle, bits);
  size_ = drained_ = deepest_ = 0;
  return true;
}

template <class Traits, class Memory>
void HashIndex<Traits, Memory>::Swap(HashIndex& other) {
  CHECK(arena_ == other.arena_);
  const std::uint64_t mine = table();
  table_.store(other.table(), std::memory_order_release);
  other.table_.store(mine, std::memory_order_release);
  std::swap(size_, other.size_);
  std::swap(deepest_, other.deepest_);
  std::swap(drained_, other.drained_);
}

// --- evacuating ---

template <class Traits, class Memory>
auto HashIndex<Traits, Memory>::MoveIfOld(Handle handle, std::size_t bytes) -> Handle {
  if (!arena_->IsOld(handle)) return handle;
  const Handle fresh = arena_->Allocate(bytes);
  std::memcpy(arena_->At(fresh), arena_->At(handle), bytes);
  arena_->Free(handle, bytes);
  return fresh;
}

template <class Traits, class Memory>
template <class MoveBlock>
std::uint64_t HashIndex<Traits, Memory>::Evacuate(std::uint64_t position, MoveBlock moved) {
  if (directory_handle() == Memory::kNone) return kPositionEnd;
  const unsigned bits = depth();
  if (const Handle old = directory_handle(); arena_->IsOld(old)) {
    const Handle fresh = NewDirectory(bits);
    std::memcpy(arena_->At(fresh), arena_->At(old), sizeof(Handle) << bits);
    SetTable(fresh, bits);
    FreeDirectory(old, bits);
  }
  const Handle handle = MoveIfOld(directory()[DirectoryIndex(position, bits)], sizeof(IndexSegment));
  IndexSegment& segment = *SegmentAt(handle);
  const std::size_t span = std::size_t{1} << (bits - segment.depth);
  std::fill_n(directory() + (DirectoryIndex(position, bits) & ~(span - 1)), span, handle);
  for (int i = 0; i < segment.subs; ++i) segment.sub[i] = MoveIfOld(segment.sub[i], IndexSegment::kSubBytes);
  ForEachIn(segment, [&](Slot slot) {
    if (arena_->IsOld(slot.handle())) slot.Replace(moved(slot.handle()));
  });
  const std::uint64_t width = kPositionEnd >> segment.depth;
  return (position & ~(width - 1)) + width;
}

// --- walking ---

template <class Traits, class Memory>
template <class Visit>
void HashIndex<Traits, Memory>::ForEachIn(const IndexSegment& segment, Visit visit) const {
  for (int number = 0; number < segment.buckets(); ++number) {
    IndexBucket* bucket = BucketOf(segment, number);
    for (std::uint32_t used = ~bucket->Match(0) & 0xfff; used != 0; used &= used - 1) {
      visit(Slot{bucket, std::countr_zero(used)});
    }
  }
}

template <class Traits, class Memory>
template <class Visit>
void HashIndex<Traits, Memory>::ForEachMarked(const IndexSegment& segment, Visit visit) const {
  // All are prefetched first: the caller is about to read them.
  for (int number = 0; number < segment.buckets(); ++number) {
    const IndexBucket* bucket = BucketOf(segment, number);
    for (std::uint32_t marked = bucket->marks; marked != 0; marked &= marked - 1) {
      _mm_prefetch(arena_->At(bucket->slot[std::countr_zero(marked)]), _MM_HINT_T0);
    }
  }
  for (int number = 0; number < segment.buckets(); ++number) {
    IndexBucket* bucket = BucketOf(segment, number);
    for (std::uint32_t marked = bucket->marks; marked != 0; marked &= marked - 1) {
      visit(Slot{bucket, std::countr_zero(marked)});
    }
  }
}

template <class Traits, class Memory>
template <class Visit>
std::uint64_t HashIndex<Traits, Memory>::ForEachSegment(std::uint64_t position, Visit visit) const {
  while (position < kPositionEnd && directory_handle() != Arena::kNone) {
    IndexSegment& segment = *SegmentAt(directory()[DirectoryIndex(position, depth())]);
    const std::uint64_t width = kPositionEnd >> segment.depth;
    position = (position & ~(width - 1)) + width;
    if (!visit(segment, position)) return position;
  }
  return kPositionEnd;
}

template <class Traits, class Memory>
template <class Visit>
std::uint64_t HashIndex<Traits, Memory>::Scan(std::uint64_t position, Visit visit) const {
  if (directory_handle() == Arena::kNone) return kPositionEnd;
  const IndexSegment& segment = *SegmentAt(directory()[DirectoryIndex(position, depth())]);
  const int buckets = segment.buckets();
  const int home = HomeIn(segment, position);
  // The first position of the next bucket: the least fraction that HomeBucket() maps to home + 1.
  const auto count = static_cast<std::uint64_t>(buckets);
  const std::uint64_t next_fraction = ((static_cast<std::uint64_t>(home + 1) << kPositionBits) + count - 1) / count;
  const std::uint64_t base = position & ~((kPositionEnd >> segment.depth) - 1);
  const std::uint64_t low = (std::uint64_t{1} << segment.depth) - 1;
  const std::uint64_t end = base + ((next_fraction + low) >> segment.depth);
  for (int tried = 0, number = home; tried < buckets; ++tried) {
    IndexBucket* bucket = BucketOf(segment, number);
    for (std::uint32_t used = ~bucket->Match(0) & 0xfff; used != 0; used &= used - 1) {
      const Slot slot{bucket, std::countr_zero(used)};
      const std::uint64_t at = PositionOf(traits_.Hash(arena_->At(slot.handle())));
      if (at >= position && at < end) visit(slot);
    }
    if (bucket->passed == 0) break;
    if (++number == buckets) number = 0;
  }
  return end;
}

template <class Traits, class Memory>
template <class Random>
auto HashIndex<Traits, Memory>::Pick(Random random) const -> Slot {
  CHECK(size_ > 0);
  const unsigned bits = depth();
  // Every slot of every segment is equally likely to be drawn: a segment that has more directory entries, fewer
  // sub-blocks or free slots is drawn and refused accordingly.
  for (;;) {
    const std::uint64_t dice = random();
    const std::uint64_t entry = (dice & ((std::uint64_t{1} << bits) - 1));
    const IndexSegment& segment = *SegmentAt(directory()[entry]);
    if ((entry & ((std::uint64_t{1} << (bits - segment.depth)) - 1)) != 0) continue;
    const std::uint64_t place = (dice >> 32) * IndexSegment::kMaxSlots >> 32;
    const int number = static_cast<int>(place) / IndexBucket::kSlots;
    if (number >= segment.buckets()) continue;
    IndexBucket* bucket = BucketOf(segment, number);
    const int slot = static_cast<int>(place) % IndexBucket::kSlots;
    if (bucket->tag[slot] != 0) return {bucket, slot};
  }
}

// --- prefetching without the lock ---
//
// What these read may change under them: any value is possible, so each handle is checked before it is followed,
// and what it leads to is only prefetched. ThreadSanitizer is told not to look, because the races are meant.

#if defined(__clang__) || defined(__GNUC__)
#define ZEDIS_RACY_HINT __attribute__((no_sanitize("thread")))
#endif

template <class Traits, class Memory>
ZEDIS_RACY_HINT inline const IndexSegment* HashIndex<Traits, Memory>::PeekSegment(std::uint64_t hash,
                                                                                  std::uint64_t& table) const {
  const std::uint64_t word = table_.load(std::memory_order_acquire);
  if (word == 0) return nullptr;
  table = word;
  const auto* directory = reinterpret_cast<const Handle*>(arena_->At(DirectoryOf(word)));
  const Handle handle = directory[DirectoryIndex(PositionOf(hash), DepthOf(word))];
  if (!arena_->PeekReadable(handle)) return nullptr;
  const auto* segment = reinterpret_cast<const IndexSegment*>(arena_->At(handle));
  _mm_prefetch(reinterpret_cast<const char*>(segment), _MM_HINT_T0);
  return segment;
}

template <class Traits, class Memory>
ZEDIS_RACY_HINT inline const IndexBucket* HashIndex<Traits, Memory>::PeekBucket(const IndexSegment* segment,
                                                                                std::uint64_t hash) const {
  const int number = HomeBucket(PositionOf(hash), segment->depth & 31u, segment->subs * 8);
  const Handle sub = segment->sub[(number >> 3) & 7];
  if (!arena_->PeekReadable(sub)) return nullptr;
  const auto* bucket = reinterpret_cast<const IndexBucket*>(arena_->At(sub) + (number & 7) * 64);
  _mm_prefetch(reinterpret_cast<const char*>(bucket), _MM_HINT_T0);
  return bucket;
}

template <class Traits, class Memory>
ZEDIS_RACY_HINT inline const char* HashIndex<Traits, Memory>::PeekEntry(const IndexBucket* bucket,
                                                                        std::uint64_t hash) const {
  // Not the aligned load of IndexBucket::Match: a stale handle may lead to any address.
  const __m128i tag = _mm_set1_epi8(static_cast<char>(TagOf(hash)));
  for (int i = 0; i < 2; ++i) {
    const __m128i tags = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bucket->tag));
    std::uint32_t match = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(tags, tag))) & 0xfff;
    const Handle first = match != 0 ? bucket->slot[std::countr_zero(match)] : Arena::kNone;
    for (; match != 0; match &= match - 1) {
      const char* entry = arena_->At(bucket->slot[std::countr_zero(match)]);
      _mm_prefetch(entry, _MM_HINT_T0);
      _mm_prefetch(entry + 63, _MM_HINT_T0);
    }
    if (first != Arena::kNone) return arena_->PeekReadable(first) ? arena_->At(first) : nullptr;
    // Passed on, most likely to the next bucket; beyond the end of the sub-block nobody looks.
    if (bucket->passed == 0 || (reinterpret_cast<std::uintptr_t>(bucket + 1) & (IndexSegment::kSubBytes - 1)) == 0)
      break;
    ++bucket;
  }
  return nullptr;
}

}  // namespace zedis::base

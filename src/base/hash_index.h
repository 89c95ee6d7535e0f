// HashIndex: a hash table of handles, the index of the keyspace and of every large collection.
//
// Structure (extendible hashing over small segments of cache-line buckets):
//
//   directory  2^depth handles of segments, by the first bits of the position
//   segment    one 64-byte header and 1 to 8 sub-blocks of 8 buckets; the next bits choose the bucket
//   bucket     one cache line: 12 tags of one byte, 12 handles
//
//   hash:      | shard: 16 bits | position: 40 bits, directory then bucket | tag: 8 bits |
//
// A lookup costs the segment's header (64 bytes for some 500 entries, mostly cached), one line of index and one
// of entry. A full bucket passes entries on to the next bucket of its segment, and counts how many it passed, so
// that a miss knows where to stop and a segment can be 4/5 full.
//
// Growth: a full segment takes one more sub-block; one with 8 sub-blocks splits into two with 4. One step moves
// at most 600 entries (about 15 us), nothing ever moves the whole table, and since sizes grow by 8/7 to 5/4 the
// index takes 7.5 bytes an entry on average. Positions keep their order across all of this: a bucket is a range of
// positions, and Scan() walks positions, so what is there throughout is returned exactly once however the table
// changes meanwhile.
//
// Rejected: doubling (a pause, and 9 bytes an entry on average); splitting segments of fixed size in two (8.6
// bytes); a byte of hash more per entry to move entries without reading them (a byte per entry for ever).
// Sources: Fagin et al., Extendible Hashing (1979); the passed-on counter is that of Folly's F14.
//
// The memory is a shard's Arena (the keyspace) or a Region (a large collection): their interfaces agree as far as the
// index needs them. The owner knows what a handle is: Traits has `std::uint64_t Hash(const char* block) const`.
// Not thread safe; Peek functions may run without the owner's lock: they prefetch, and what they found is a hint with
// which Find may begin at the right bucket at once. The hint carries the table's word (directory, depth, and a version
// that every change of the structure renews), so that one comparison under the lock tells whether it still holds.
#pragma once

#include <immintrin.h>

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>

#include "base/arena.h"
#include "base/check.h"

namespace zedis::base {

inline constexpr int kPositionBits = 40;
inline constexpr std::uint64_t kPositionEnd = std::uint64_t{1} << kPositionBits;
constexpr std::uint64_t PositionOf(std::uint64_t hash) { return (hash >> 8) & (kPositionEnd - 1); }
constexpr std::uint8_t TagOf(std::uint64_t hash) {
  const auto tag = static_cast<std::uint8_t>(hash);
  return tag == 0 ? 1 : tag;  // 0 marks a free slot
}

struct IndexBucket {
  static constexpr int kSlots = 12;
  static constexpr std::uint8_t kPassedSaturated = 255;

  std::uint8_t tag[kSlots];
  std::uint16_t marks;  // one bit a slot, for the owner (the keyspace: has a time to live)
  std::uint8_t passed;  // entries that wanted a slot here and were placed further on; 255: at least so many
  std::uint8_t unused;
  Arena::Handle slot[kSlots];

  std::uint32_t Match(std::uint8_t wanted) const {
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(tag));
    const __m128i equal = _mm_cmpeq_epi8(tags, _mm_set1_epi8(static_cast<char>(wanted)));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(equal)) & 0xfff;
  }
};
static_assert(sizeof(IndexBucket) == 64, "one bucket is one cache line: a lookup costs one miss");

struct IndexSegment {
  static constexpr int kMaxSubs = 8;
  static constexpr int kBucketsPerSub = 8;
  static constexpr std::size_t kSubBytes = kBucketsPerSub * sizeof(IndexBucket);
  static constexpr int kSlotsPerSub = kBucketsPerSub * IndexBucket::kSlots;
  static constexpr int kMaxSlots = kMaxSubs * kSlotsPerSub;
  static constexpr std::int64_t kNever = INT64_MAX;

  Arena::Handle sub[kMaxSubs];
  std::int64_t earliest_ms;  // no marked entry is due before this time; kNever: none is marked
  std::uint32_t epoch;       // for snapshots: the epoch in which the segment was last handed over
  std::uint16_t entries;
  std::uint8_t subs;
  std::uint8_t depth;  // position bits that all its entries share
  std::uint8_t unused[16];

  int buckets() const { return subs * kBucketsPerSub; }
  // Full at 25/32: at 7/8, one entry in ten is not in its home bucket, and finding those costs a third of all time
  // (bench/LEDGER.md).
  int max_entries() const { return subs * (kSlotsPerSub * 25 / 32); }
  // A segment gives a sub-block back when what is left would fill the rest to two thirds.
  int shrink_at() const { return (subs - 1) * (kSlotsPerSub * 2 / 3); }
};
static_assert(sizeof(IndexSegment) == 64);

// Where a key's search may begin, if the table still is what it was when this was found.
struct IndexHint {
  static constexpr std::uint64_t kNoTable = 1;  // no table has this word: its handle is 0, its depth 1

  const IndexBucket* bucket = nullptr;
  std::uint64_t table = kNoTable;
};

template <class Index>
class IndexWalk;  // base/hash_index_walk.h

template <class Traits, class Memory = Arena>
class HashIndex {
 public:
  using Handle = Arena::Handle;

  // A place in the table; valid until the next Insert or Erase.
  struct Slot {
    IndexBucket* bucket = nullptr;
    int number = 0;

    explicit operator bool() const { return bucket != nullptr; }
    Handle handle() const { return bucket->slot[number]; }
    void Replace(Handle handle) const { bucket->slot[number] = handle; }
    bool marked() const { return (bucket->marks >> number & 1) != 0; }
    void Mark(bool on) const {
      const auto bit = static_cast<std::uint16_t>(1u << number);
      bucket->marks = static_cast<std::uint16_t>(on ? bucket->marks | bit : bucket->marks & ~bit);
    }
  };

  HashIndex(Memory& arena, Traits traits) : arena_(&arena), traits_(traits) {}
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  std::size_t size() const { return size_; }
  Memory& arena() const { return *arena_; }
  const Traits& traits() const { return traits_; }

  // Exchanges the contents; both must use the same arena.
  void Swap(HashIndex& other);

  // `equal(const char* block)` tells whether a candidate is the one looked for. O(1) expected. A hint is that of the
  // same hash.
  template <class Equal>
  Slot Find(std::uint64_t hash, const IndexHint& hint, Equal equal) const;
  template <class Equal>
  Slot Find(std::uint64_t hash, Equal equal) const {
    return Find(hash, IndexHint{}, equal);
  }

  // REQUIRES: nothing equal is there.
  void Insert(std::uint64_t hash, Handle handle, bool mark = false);

  // Takes the entry out; its block stays with the caller. May shrink the table.
  void Erase(std::uint64_t hash, Slot slot);

  // The segment that holds `hash`, or null in an empty table.
  IndexSegment* SegmentFor(std::uint64_t hash) const;

  // Calls visit(Slot) for every entry at a position in [position, end of its bucket) and returns that end, which
  // is kPositionEnd after the last bucket. `visit` must not change the table.
  template <class Visit>
  std::uint64_t Scan(std::uint64_t position, Visit visit) const;

  // Calls visit(IndexSegment&, first position after it) -> bool from the segment that holds `position` on until it
  // returns false; returns the position to go on from.
  template <class Visit>
  std::uint64_t ForEachSegment(std::uint64_t position, Visit visit) const;

  // Calls visit(Slot) for every entry of a segment. `visit` must not change the table.
  template <class Visit>
  void ForEachIn(const IndexSegment& segment, Visit visit) const;

  // The same for the marked entries only.
  template <class Visit>
  void ForEachMarked(const IndexSegment& segment, Visit visit) const;

  template <class Visit>
  void ForEach(Visit visit) const {
    ForEachSegment(0, [&](IndexSegment& segment, std::uint64_t) {
      ForEachIn(segment, visit);
      return true;
    });
  }

  // A uniformly chosen entry. REQUIRES: size() > 0. `random()` gives 64 random bits. Expected O(1).
  template <class Random>
  Slot Pick(Random random) const;

  // Takes out up to one segment of entries, calling release(handle) for each, and frees their part of the table.
  // Returns true when nothing is left. No other call but Drain() is allowed once it has begun.
  template <class ReleaseBlock>
  bool Drain(ReleaseBlock release);

  // For a Region that is being evacuated: moves what is old in the segment that holds `position`, table and entries, to
  // new memory, and the directory if that is old; moved(handle) does it for the block of an entry and returns its new
  // handle. Returns the position to go on from. From the beginning to kPositionEnd nothing old is left, however the
  // table changes meanwhile.
  template <class MoveBlock>
  std::uint64_t Evacuate(std::uint64_t position, MoveBlock moved);

  // Prefetching in stages, for a whole group of keys one stage after the other. The first notes the table's word in
  // `table`. Null: the entry is not to be prefetched (no table, or it changed meanwhile).
  const IndexSegment* PeekSegment(std::uint64_t hash, std::uint64_t& table) const;
  const IndexBucket* PeekBucket(const IndexSegment* segment, std::uint64_t hash) const;
  // Returns the first candidate.
  const char* PeekEntry(const IndexBucket* bucket, std::uint64_t hash) const;

 private:
  template <class Index>
  friend class IndexWalk;

  struct Moved {
    Handle handle;
    std::uint8_t tag;
    bool mark;
  };
  using MovedEntries = Moved[IndexSegment::kMaxSlots];

  // The word of a table, read without the lock by Peek functions:
  //   | directory 32 | version 24 | depth 8 |       0: no table
  // What changes the structure stores a new one when it has finished; a Peek that ran meanwhile saw an older one.
  std::uint64_t table() const { return table_.load(std::memory_order_relaxed); }
  static constexpr Handle DirectoryOf(std::uint64_t table) { return static_cast<Handle>(table >> 32); }
  static constexpr unsigned DepthOf(std::uint64_t table) { return static_cast<unsigned>(table & 0xff); }
  unsigned depth() const { return DepthOf(table()); }
  Handle directory_handle() const { return DirectoryOf(table()); }
  void SetTable(Handle directory, unsigned depth) {
    const std::uint64_t version = arena_->NextVersion() & 0xffffff;
    table_.store(std::uint64_t{directory} << 32 | version << 8 | depth, std::memory_order_release);
  }
  void StructureChanged() { SetTable(directory_handle(), depth()); }
  Handle* directory() const { return reinterpret_cast<Handle*>(arena_->At(directory_handle())); }
  static std::size_t DirectoryIndex(std::uint64_t position, unsigned depth) {
    return static_cast<std::size_t>(position >> (kPositionBits - depth));
  }
  IndexSegment* SegmentAt(Handle handle) const { return reinterpret_cast<IndexSegment*>(arena_->At(handle)); }
  IndexBucket* BucketOf(const IndexSegment& segment, int bucket) const {
    return reinterpret_cast<IndexBucket*>(arena_->At(segment.sub[bucket >> 3])) + (bucket & 7);
  }
  static int HomeBucket(std::uint64_t position, unsigned depth, int buckets) {
    const std::uint64_t fraction = (position << depth) & (kPositionEnd - 1);
    return static_cast<int>(fraction * static_cast<unsigned>(buckets) >> kPositionBits);
  }
  int HomeIn(const IndexSegment& segment, std::uint64_t position) const {
    return HomeBucket(position, segment.depth, segment.buckets());
  }

  template <class Equal>
  Slot FindFromDirectory(std::uint64_t hash, Equal equal) const;
  void Create();
  void Release();
  Handle NewSub();
  Handle NewDirectory(unsigned depth);
  void FreeDirectory(Handle handle, unsigned depth);
  Handle NewSegment(std::uint8_t depth, std::uint8_t subs);
  Handle MoveIfOld(Handle handle, std::size_t bytes);
  [[gnu::noinline]] void Grow(std::uint64_t position);
  void Split(std::uint64_t position);
  void DoubleDirectory();
  void HalveDirectory();
  void ShrinkAround(std::uint64_t position);
  void TryMerge(std::uint64_t position);
  int Gather(IndexSegment& segment, MovedEntries& moved, int count);
  void Place(IndexSegment& segment, std::uint64_t hash, Handle handle, bool mark);
  void PlaceAll(const MovedEntries& moved, int count);

  Memory* arena_;
  [[no_unique_address]] Traits traits_;
  std::atomic<std::uint64_t> table_{0};
  std::uint32_t size_ = 0;     // a memory has room for 2^31
  std::uint32_t deepest_ = 0;  // segments whose depth is the directory's
  std::uint32_t drained_ = 0;  // directory entries that Drain() has dealt with
};

}  // namespace zedis::base

#include "base/hash_index_inl.h"

// Region: the memory of one large collection, its members and its index.
//
// A collection of millions of members must move from key to key and from shard to shard in O(1), and must be freed
// without reading its members. So its memory is its own and not the shard's arena: freeing a region costs O(chunks),
// whatever lies in it.
//
//   handle    | chunk: 17 bits | offset in units of 8 bytes: 15 bits |        0 means "none"
//   table     slot of a chunk -> its address; slot 0 is never used
//   chunk     1 KiB to 256 KiB from the general allocator:
//             | block | block | free block | block |    free to be cut    |
//                              ^ its first 4 bytes: handle of the next free block of its size
//
// Blocks have 8 to 1024 bytes in steps of 8, and no header, so whoever frees one says how large it is. A block whose
// size is a multiple of 64 lies at a multiple of 64; what alignment skips, and what is left of a chunk, goes to the
// free lists. A chunk never moves, so an address stays good until its block is freed. 17 + 15 bits of 8 bytes reach 32
// GiB.
//
// Chunks grow with the region, by an eighth of it: a collection of 200 members takes 1 KiB at a time, one of a million
// 256 KiB, and the unused rest is 6 % on average while it is small and vanishes later. The table of chunks doubles as
// it fills, which copies 8 bytes for 256 KiB of data: 32 us at 4 GiB.
//
// Larger blocks come in two forms, both counted and freed with the region:
//   page runs   an array that the owner names by a handle like any block; one slot of the table each, so for the few
//               (the directory of an index), not for members
//   far blocks  any number of any size, named by their address. An owner whose blocks may outgrow kMaxBlockBytes puts
//               the 8 bytes of that address into a block of the region, and marks it as such by what it has in it
//
// Free blocks are cut, never joined: joining would need a header. A region that has become sparse is evacuated instead:
// BeginEvacuation() closes all chunks that are there, the owner moves its blocks out of them, as slowly as it likes,
// and FreeOld() gives them back. No step is longer than the owner makes it.
//
// Rejected: a page per size class as in base/arena.h (51 classes of 4 KiB each are too much for 200 members); chunks
// of different sizes found by search (a lookup would cost a loop).
//
// Not thread safe: used under the lock of the shard that holds the collection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/check.h"

#if defined(__SANITIZE_ADDRESS__)
#define ZEDIS_POISONS_FREE_BLOCKS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZEDIS_POISONS_FREE_BLOCKS 1
#endif
#endif
#ifdef ZEDIS_POISONS_FREE_BLOCKS
#include <sanitizer/asan_interface.h>
#endif

namespace zedis::base {

class Region {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = 0;
  static constexpr std::size_t kUnitBytes = 8;
  static constexpr std::size_t kMinBlockBytes = 8;
  static constexpr std::size_t kMaxBlockBytes = 1024;
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kChunkBytes = 256 * 1024;  // the largest
  static constexpr std::size_t kAlignBytes = 64;

  Region() = default;
  ~Region();
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;

  // Returns a block of at least `bytes` (1 to kMaxBlockBytes), its content undefined. Ends the process if the system
  // has no memory left or the region is full (32 GiB).
  Handle Allocate(std::size_t bytes);
  // `bytes` is what Allocate was asked for, or anything that BlockBytes rounds to the same.
  void Free(Handle handle, std::size_t bytes);

  // 2^order pages in one piece, aligned to 16 bytes. O(1), but for what the general allocator does.
  Handle AllocatePages(unsigned order);
  void FreePages(Handle handle, unsigned order);

  // A far block; see above. Aligned to 16.
  char* AllocateFar(std::size_t bytes);
  void FreeFar(char* block);

  char* At(Handle handle) const {
    return chunks_[handle >> kOffsetBits] + (std::size_t{handle & kOffsetMask} << kUnitShift);
  }

  // The size that Allocate(bytes) really takes.
  static constexpr std::size_t BlockBytes(std::size_t bytes) { return (bytes + (kUnitBytes - 1)) & ~(kUnitBytes - 1); }

  // Of an index over this memory. Only a shard's arena is read without the lock, so here nobody asks.
  static constexpr std::uint32_t NextVersion() { return 0; }

  // --- what it costs ---

  std::size_t live_bytes() const { return live_bytes_; }  // in blocks and page runs handed out
  std::size_t held_bytes() const { return held_bytes_; }  // in chunks and page runs, as the allocator rounds them
  // All that the region holds beside itself: chunks, page runs, far blocks, tables.
  std::size_t MemoryUsed() const { return held_bytes_ + far_bytes_ + table_bytes_; }

  // --- evacuation ---

  // A large region, less than half of it in use: worth evacuating.
  bool IsSparse() const { return held_bytes_ >= kSparseMinBytes && live_bytes_ < held_bytes_ / 2 && !evacuating(); }
  bool evacuating() const { return old_end_ != 0; }
  // All blocks and page runs that exist are old from here on. REQUIRES: not evacuating.
  void BeginEvacuation();
  bool IsOld(Handle handle) const { return handle >> kOffsetBits < old_end_; }
  // True when the owner has moved or freed all that was old.
  bool OldIsEmpty() const { return old_live_bytes_ == 0; }
  // Gives up to `chunks` old chunks back; true when that was the last and the evacuation is over.
  // REQUIRES: evacuating, OldIsEmpty().
  bool FreeOld(std::size_t chunks);

  // --- the end ---

  // Frees up to `pieces` chunks, page runs or dozens of far blocks; true when nothing is left. Only this and the
  // destructor may be called once it has begun.
  bool FreeSlice(std::size_t pieces);

 private:
  static constexpr unsigned kUnitShift = 3;
  static constexpr unsigned kOffsetBits = 15;
  static constexpr Handle kOffsetMask = (1u << kOffsetBits) - 1;
  static constexpr std::uint32_t kMaxSlots = 1u << (32 - kOffsetBits);
  static constexpr unsigned kClasses = kMaxBlockBytes / kUnitBytes;
  static constexpr unsigned kAlignUnits = kAlignBytes / kUnitBytes;
  static constexpr std::size_t kFirstChunkBytes = 1024;
  static constexpr std::size_t kSparseMinBytes = 64 * 1024;
  static_assert(std::size_t{1} << (kOffsetBits + kUnitShift) == kChunkBytes);

  // Before each far block; a list, so that the region can free them without the owner.
  struct FarHeader {
    FarHeader* previous;
    FarHeader* next;
  };
  static_assert(sizeof(FarHeader) == 16, "far blocks are aligned to 16");

  static constexpr unsigned UnitsOf(std::size_t bytes) {
    return static_cast<unsigned>((bytes + (kUnitBytes - 1)) >> kUnitShift);
  }

  // From the block to the next address that is aligned, which is as the allocator placed its chunk.
  unsigned UnitsToAlignment(Handle handle) const {
    return static_cast<unsigned>(-(reinterpret_cast<std::uintptr_t>(At(handle)) >> kUnitShift) & (kAlignUnits - 1));
  }

  unsigned SkipFor(unsigned units) const;
  Handle AllocateSlow(unsigned units);
  Handle Cut(unsigned units);
  Handle SplitLarger(unsigned units);
  void GiveRest(Handle handle, unsigned units);
  void Push(Handle handle, unsigned units);
  Handle Pop(unsigned units);
  void GrowHeads(unsigned units);
  void ForgetFree();
  void NewChunk(unsigned units);
  std::uint32_t NewSlot(std::size_t bytes);
  void FreeSlot(std::uint32_t slot);
  std::uint32_t TakeSlotNumber();
  void* TakeTable(std::size_t bytes);
  void GiveTable(void* table);

#ifdef ZEDIS_POISONS_FREE_BLOCKS
  void Poison(Handle handle, unsigned units) const { ASAN_POISON_MEMORY_REGION(At(handle), units * kUnitBytes); }
  void Unpoison(Handle handle, unsigned units) const { ASAN_UNPOISON_MEMORY_REGION(At(handle), units * kUnitBytes); }
#else
  void Poison(Handle, unsigned) const {}
  void Unpoison(Handle, unsigned) const {}
#endif

  char** chunks_ = nullptr;  // by slot; null: the slot is free
  Handle* heads_ = nullptr;  // of the free lists, by units - 1; as many as were needed so far
  unsigned heads_count_ = 0;
  Handle cut_ = kNone;           // what is left of the newest chunk
  std::uint32_t cut_units_ = 0;  // how much that is
  std::uint32_t slot_count_ = 0;
  std::uint32_t slot_capacity_ = 0;
  std::uint32_t first_free_slot_ = 0;  // no slot below it is free; slot_count_ if there is none
  std::uint32_t old_end_ = 0;          // slots below it are old; 0: no evacuation
  std::uint32_t old_next_ = 0;         // FreeOld's place
  std::uint64_t has_free_[2] = {};     // one bit a free list: units - 1
  std::size_t live_bytes_ = 0;
  std::size_t held_bytes_ = 0;
  std::size_t far_bytes_ = 0;
  std::size_t table_bytes_ = 0;
  std::size_t old_live_bytes_ = 0;
  FarHeader* far_ = nullptr;
};
static_assert(sizeof(Region) == 112, "small beside the least collection that has one");

inline Region::Handle Region::Pop(unsigned units) {
  const Handle handle = heads_[units - 1];
  Unpoison(handle, units);
  std::memcpy(&heads_[units - 1], At(handle), sizeof(Handle));
  if (heads_[units - 1] == kNone) has_free_[(units - 1) >> 6] &= ~(std::uint64_t{1} << ((units - 1) & 63));
  return handle;
}

inline Region::Handle Region::Allocate(std::size_t bytes) {
  DCHECK(bytes > 0 && bytes <= kMaxBlockBytes);
  const unsigned units = UnitsOf(bytes);
  live_bytes_ += std::size_t{units} << kUnitShift;
  if (units <= heads_count_ && heads_[units - 1] != kNone) return Pop(units);
  if (cut_units_ >= units && units % kAlignUnits != 0) [[likely]]
    return Cut(units);
  return AllocateSlow(units);
}

// The next block from the rest of the newest chunk. REQUIRES: it has room, and is aligned as the block must be.
inline Region::Handle Region::Cut(unsigned units) {
  const Handle handle = cut_;
  cut_ += units;
  cut_units_ -= units;
  Unpoison(handle, units);
  return handle;
}

inline void Region::Push(Handle handle, unsigned units) {
  if (units > heads_count_) [[unlikely]]
    GrowHeads(units);
  Unpoison(handle, units);
  std::memcpy(At(handle), &heads_[units - 1], sizeof(Handle));
  heads_[units - 1] = handle;
  has_free_[(units - 1) >> 6] |= std::uint64_t{1} << ((units - 1) & 63);
  Poison(handle, units);
}

inline void Region::Free(Handle handle, std::size_t bytes) {
  const unsigned units = UnitsOf(bytes);
  DCHECK(handle != kNone && units > 0 && units <= kClasses);
  live_bytes_ -= std::size_t{units} << kUnitShift;
  if (IsOld(handle)) [[unlikely]] {
    old_live_bytes_ -= std::size_t{units} << kUnitShift;
    Poison(handle, units);
    return;
  }
  Push(handle, units);
}

}  // namespace zedis::base

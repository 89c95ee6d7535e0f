// Arena: the slab allocator of one shard.
//
// A shard holds hundreds of thousands of blocks of 16 to 1024 bytes: entries, index buckets, members of large
// collections. A general allocator would spend 8 to 16 bytes on each and name it by an 8-byte pointer. Here a
// block is named by a 32-bit handle in units of 8 bytes, and everything an arena ever hands out lies in one
// reserved range of addresses, so that resolving a handle is one addition:
//
//   reservation:  | page records, 16 B a page |  data: page 0 | page 1 | page 2 | ...            |
//                                                      ^ never used, so that handle 0 means "none"
//   data page:    4096 bytes, all blocks of one size class, no header:
//                 a class whose size is a multiple of 64 is aligned to 64
//
// The range is reserved without access rights and opened in steps, so it costs nothing under any overcommit
// setting. Pages that become empty are kept for any class and given back to the system by Trim().
//
// What was rejected: a bump allocator with free lists per size (nothing ever returns to the system, a change
// of sizes strands memory); size classes of 1/8 steps as in general allocators (6 % of waste, as much as the
// whole index costs).
//
// Not thread safe: used under the shard's lock. Peek*() may be called without it, see there.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/check.h"

namespace zedis::base {

class Arena {
 public:
  using Handle = std::uint32_t;
  static constexpr Handle kNone = 0;
  static constexpr std::size_t kUnitBytes = 8;
  static constexpr std::size_t kPageBytes = 4096;
  static constexpr std::size_t kMinBlockBytes = 16;
  static constexpr std::size_t kMaxBlockBytes = 1024;
  static constexpr std::size_t kBytesMax = std::size_t{1} << 35;  // what handles reach

  // Arenas of different colours put the first blocks of their pages at different offsets. Without that, what every
  // shard touches at each request (directory, segment headers) would lie at the same offset of a page, so in the same
  // set of the first-level cache, which holds 8 lines.
  // REQUIRES: nothing was allocated yet.
  void SetColour(unsigned colour) { colour_ = colour * 41; }

  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // Returns a block of at least `bytes` (1 to kMaxBlockBytes), its content undefined. Ends the process if the
  // system has no memory left: `maxmemory` is what keeps a server away from that.
  Handle Allocate(std::size_t bytes);

  void Free(Handle handle);
  // As a Region has it, which must be told the size.
  void Free(Handle handle, std::size_t) { Free(handle); }

  // Returns a run of whole pages, 2^order of them, aligned to a page. For arrays that outgrow a block.
  Handle AllocatePages(unsigned order);
  void FreePages(Handle handle, unsigned order);

  char* At(Handle handle) const { return data_ + (std::size_t{handle} << 3); }

  // The handle of a block, from its address.
  Handle HandleOf(const void* block) const {
    return static_cast<Handle>(static_cast<std::size_t>(static_cast<const char*>(block) - data_) >> 3);
  }

  // The size that Allocate(bytes) really takes: what fits in it is free.
  static constexpr std::size_t BlockBytes(std::size_t bytes);
  // The size of the block behind `handle`.
  std::size_t SizeOf(Handle handle) const { return kClasses.bytes[pages_[PageOf(handle)].size_class]; }

  // For prefetching without the lock: true if 1024 bytes from `handle` on are readable. What is read there may be
  // stale or belong to another block; it must only be used as a hint.
  bool PeekReadable(Handle handle) const { return handle - kFirstHandle < peek_limit_.load(std::memory_order_relaxed); }

  // Gives empty pages back to the system, at most `max_pages`; returns how many.
  std::size_t Trim(std::size_t max_pages);

  // Puts the next 2 MiB that have filled up on one huge page, if the system can: random access to millions of keys
  // otherwise spends a quarter of its time on finding out where pages are (bench/LEDGER.md). What was given back of
  // them becomes resident again. May take milliseconds, while others that touch these 2 MiB wait for some 100 us of
  // them. Needs no lock. False: nothing to do now. REQUIRES: always the same thread.
  bool CollapseNext();
  // Pages ever taken into use. Any thread may ask.
  std::uint32_t touched_pages() const { return touched_pages_.load(std::memory_order_relaxed); }

  // These two may be asked by any thread; exact for the one that uses the arena.
  std::size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }  // blocks, runs handed out
  std::size_t page_bytes() const {                                                        // pages that hold any block
    return pages_in_use_.load(std::memory_order_relaxed) * kPageBytes;
  }
  // What lies free between blocks in use: 0 would be a perfectly packed arena.
  std::size_t slack_bytes() const {
    const std::size_t used = used_bytes();
    const std::size_t pages = page_bytes();
    return pages > used ? pages - used : 0;
  }
  std::size_t empty_page_bytes() const { return empty_resident_ * kPageBytes; }
  // Pages ever taken from the system, again counted when they had been given back: stands still while a load reuses
  // what it frees.
  std::uint64_t pages_taken() const { return pages_taken_; }

  // A number that no table in this arena has had lately: tables mark the states of their structure with it
  // (HashIndex).
  std::uint32_t NextVersion() { return ++version_; }

 private:
  friend class ArenaEvacuation;

  // 51 sizes: steps of 8 bytes up to 256, of 16 up to 512, then what divides a page into 7, 6, 5 and 4.
  struct Classes {
    static constexpr int kCount = 31 + 16 + 4;
    std::array<std::uint16_t, kCount> bytes{};
    std::array<std::uint16_t, kCount> per_page{};
    std::array<std::uint8_t, kMaxBlockBytes / kUnitBytes + 1> of_units{};
    constexpr Classes();
  };
  static const Classes kClasses;

  // What a page is for. kEvacuating: blocks, as in kSlab, but none is handed out any more (base/arena_evacuation.h).
  enum PageState : std::uint8_t { kUnused, kSlab, kEvacuating, kRun, kEmpty };

  // What the arena knows of a data page.
  struct Page {
    std::uint16_t free_head;  // first free block, its offset in units + 1; 0: none
    std::uint16_t used;       // blocks handed out
    std::uint16_t fresh;      // blocks that were handed out at least once; those beyond are untouched
    std::uint8_t size_class;
    PageState state;
    std::uint32_t previous;  // neighbours in the list of its class's pages with room, or of empty pages
    std::uint32_t next;
  };
  static_assert(sizeof(Page) == 16, "page records cost 0.4 % of the data");

  static constexpr int kMaxOrder = 16;
  static constexpr Handle kFirstHandle = kPageBytes / kUnitBytes;  // page 0 is never opened
  static constexpr std::uint32_t PageOf(Handle handle) { return handle >> 9; }
  static_assert(kPageBytes / kUnitBytes == 1 << 9);

  std::uint32_t TakePage();
  void CountBlock(std::ptrdiff_t bytes) {
    used_bytes_.store(used_bytes_.load(std::memory_order_relaxed) + static_cast<std::size_t>(bytes),
                      std::memory_order_relaxed);
  }
  void CountPages(std::ptrdiff_t pages);  // taken into use, or given up if negative
  std::uint32_t ExtendBy(std::uint32_t pages);
  Handle AllocateSlow(std::uint8_t size_class);
  void MakeEmpty(std::uint32_t page);
  void PushRoom(std::uint8_t size_class, std::uint32_t page);
  void RemoveRoom(std::uint8_t size_class, std::uint32_t page);

  std::uint32_t colour_ = 0;
  char* data_ = nullptr;
  Page* pages_ = nullptr;
  std::array<std::uint32_t, Classes::kCount> with_room_{};  // head page of each class's list; 0: none
  std::array<Handle, kMaxOrder> free_runs_{};               // linked through their first 4 bytes
  std::uint32_t empty_pages_ = 0;                           // list of pages that belong to no class
  std::uint32_t returned_pages_ = 0;                        // the same, but given back to the system
  std::uint32_t page_count_ = 1;                            // pages ever taken, with page 0
  std::uint32_t page_limit_ = 1;                            // pages that are open for access
  std::atomic<Handle> peek_limit_{0};                       // handles below kFirstHandle + this are readable
  std::atomic<std::size_t> used_bytes_{0};
  std::atomic<std::size_t> pages_in_use_{0};
  std::size_t empty_resident_ = 0;
  std::uint64_t pages_taken_ = 0;
  std::uint32_t version_ = 0;
  std::atomic<std::uint32_t> touched_pages_{0};  // page_count_, for CollapseNext
  char* collapsed_to_ = nullptr;                 // of CollapseNext's thread
  char* reservation_ = nullptr;
};

constexpr Arena::Classes::Classes() {
  int n = 0;
  for (std::uint16_t size = 16; size <= 256; size = static_cast<std::uint16_t>(size + 8)) bytes[n++] = size;
  for (std::uint16_t size = 272; size <= 512; size = static_cast<std::uint16_t>(size + 16)) bytes[n++] = size;
  for (int size : {584, 680, 816, 1024}) bytes[n++] = static_cast<std::uint16_t>(size);
  int current = 0;
  for (std::size_t units = 0; units < of_units.size(); ++units) {
    while (bytes[current] < units * kUnitBytes) ++current;
    of_units[units] = static_cast<std::uint8_t>(current);
  }
  for (int i = 0; i < kCount; ++i) per_page[i] = static_cast<std::uint16_t>(kPageBytes / bytes[i]);
}

inline constexpr Arena::Classes Arena::kClasses{};

constexpr std::size_t Arena::BlockBytes(std::size_t bytes) {
  return kClasses.bytes[kClasses.of_units[(bytes + kUnitBytes - 1) / kUnitBytes]];
}

inline Arena::Handle Arena::Allocate(std::size_t bytes) {
  DCHECK(bytes > 0 && bytes <= kMaxBlockBytes);
  const std::uint8_t size_class = kClasses.of_units[(bytes + kUnitBytes - 1) / kUnitBytes];
  const std::uint32_t index = with_room_[size_class];
  Page& page = pages_[index];
  if (index == 0 || page.free_head == 0) [[unlikely]]
    return AllocateSlow(size_class);
  const Handle handle = (index << 9) + page.free_head - 1u;
  page.free_head = *reinterpret_cast<std::uint16_t*>(At(handle));
  if (++page.used == kClasses.per_page[size_class]) [[unlikely]]
    RemoveRoom(size_class, index);
  CountBlock(kClasses.bytes[size_class]);
  return handle;
}

}  // namespace zedis::base

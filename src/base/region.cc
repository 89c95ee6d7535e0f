#include "base/region.h"

#include <malloc.h>

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "base/memory_count.h"

namespace zedis::base {
namespace {

constexpr unsigned kFirstHeads = 16;  // free lists for blocks of up to 128 bytes
constexpr std::uint32_t kFirstSlots = 8;
constexpr std::size_t kFarBlocksPerPiece = 32;  // freeing a chunk takes about as long
constexpr std::size_t kGrowthShare = 8;         // a new chunk has at most this part of what is held

// Counted as the allocator rounds it, like all memory beside the arenas.
std::size_t CountTaken(void* block) {
  CHECK(block != nullptr);
  const std::size_t bytes = malloc_usable_size(block);
  MemoryCount::Add(static_cast<std::ptrdiff_t>(bytes));
  return bytes;
}
std::size_t GiveBack(void* block) {
  const std::size_t bytes = malloc_usable_size(block);
  MemoryCount::Add(-static_cast<std::ptrdiff_t>(bytes));
  std::free(block);
  return bytes;
}

// 4, 5, 6 or 7 times a power of two: what general allocators of the kind used here do not round further. (Asking them
// for an alignment makes them round, by up to a quarter: what has to be aligned is aligned within its chunk.)
constexpr std::size_t RoundDown(std::size_t bytes) {
  const std::size_t step = std::bit_floor(bytes) / 4;
  return bytes / step * step;
}
constexpr std::size_t RoundUp(std::size_t bytes) {
  const std::size_t step = std::bit_floor(bytes) / 4;
  return (bytes + step - 1) / step * step;
}

}  // namespace

Region::~Region() {
  while (!FreeSlice(SIZE_MAX)) {
  }
}

// --- blocks ---

// How much of what is left of the newest chunk lies before the next place for such a block.
unsigned Region::SkipFor(unsigned units) const {
  return units % kAlignUnits == 0 && cut_units_ != 0 ? UnitsToAlignment(cut_) : 0;
}

Region::Handle Region::AllocateSlow(unsigned units) {
  if (cut_units_ < units + SkipFor(units)) {
    if (const Handle handle = SplitLarger(units); handle != kNone) return handle;
    NewChunk(units);
  }
  if (const unsigned skip = SkipFor(units); skip != 0) {
    const Handle skipped = cut_;
    cut_ += skip;
    cut_units_ -= skip;
    GiveRest(skipped, skip);
  }
  return Cut(units);
}

// A free block that is larger, cut to size. One that must be aligned comes only from sizes that are.
Region::Handle Region::SplitLarger(unsigned units) {
  for (unsigned word = units >> 6; word < 2; ++word) {
    std::uint64_t larger = has_free_[word];
    if (word == units >> 6) larger &= ~std::uint64_t{0} << (units & 63);  // bit `units` is the size above
    if (units % kAlignUnits == 0) larger &= 0x8080808080808080u;          // 8, 16, 24 ... units
    if (larger == 0) continue;
    const unsigned found = word * 64 + static_cast<unsigned>(std::countr_zero(larger)) + 1;
    const Handle handle = Pop(found);
    GiveRest(handle + units, found - units);
    return handle;
  }
  return kNone;
}

// Puts free units into the lists. What has the size of a block that must be aligned, and is not, becomes two of about
// half of it.
void Region::GiveRest(Handle handle, unsigned units) {
  while (units != 0) {
    unsigned piece = std::min(units, kClasses);
    if (piece % kAlignUnits == 0 && UnitsToAlignment(handle) != 0) piece = piece / 2 + 1;
    Push(handle, piece);
    handle += piece;
    units -= piece;
  }
}

void Region::GrowHeads(unsigned units) {
  const unsigned count = std::max(std::bit_ceil(units), kFirstHeads);
  auto* heads = static_cast<Handle*>(TakeTable(count * sizeof(Handle)));
  std::memset(heads, 0, count * sizeof(Handle));
  if (heads_ != nullptr) {
    std::memcpy(heads, heads_, heads_count_ * sizeof(Handle));
    GiveTable(heads_);
  }
  heads_ = heads;
  heads_count_ = count;
}

void Region::ForgetFree() {
  if (heads_ != nullptr) std::memset(heads_, 0, heads_count_ * sizeof(Handle));
  has_free_[0] = has_free_[1] = 0;
  cut_ = kNone;
  cut_units_ = 0;
}

// --- chunks ---

void Region::NewChunk(unsigned units) {
  if (cut_units_ != 0) GiveRest(cut_, cut_units_);
  const std::size_t least = units * kUnitBytes + (units % kAlignUnits == 0 ? kAlignBytes : 0);
  const std::size_t share = std::clamp(held_bytes_ / kGrowthShare, kFirstChunkBytes, kChunkBytes);
  const std::uint32_t slot = NewSlot(std::max(RoundDown(share), RoundUp(least)));
  cut_ = slot << kOffsetBits;
  cut_units_ = static_cast<std::uint32_t>(std::min(malloc_usable_size(chunks_[slot]), kChunkBytes) / kUnitBytes);
  Poison(cut_, cut_units_);
}

std::uint32_t Region::TakeSlotNumber() {
  // While old slots are known by their numbers, new ones are beyond them.
  if (!evacuating()) {
    while (first_free_slot_ < slot_count_ && chunks_[first_free_slot_] != nullptr) ++first_free_slot_;
    if (first_free_slot_ < slot_count_) return first_free_slot_++;
  }
  if (slot_count_ == slot_capacity_) {
    const std::uint32_t capacity = std::max(slot_capacity_ * 2, kFirstSlots);
    CHECK(capacity <= kMaxSlots);
    auto** chunks = static_cast<char**>(TakeTable(capacity * sizeof(char*)));
    if (chunks_ != nullptr) {
      std::memcpy(chunks, chunks_, slot_count_ * sizeof(char*));
      GiveTable(chunks_);
    } else {
      chunks[0] = nullptr;
      slot_count_ = first_free_slot_ = 1;
    }
    chunks_ = chunks;
    slot_capacity_ = capacity;
  }
  return slot_count_++;
}

std::uint32_t Region::NewSlot(std::size_t bytes) {
  const std::uint32_t slot = TakeSlotNumber();
  chunks_[slot] = static_cast<char*>(std::malloc(bytes));
  held_bytes_ += CountTaken(chunks_[slot]);
  return slot;
}

void Region::FreeSlot(std::uint32_t slot) {
  held_bytes_ -= GiveBack(chunks_[slot]);
  chunks_[slot] = nullptr;
  first_free_slot_ = std::min(first_free_slot_, slot);
}

Region::Handle Region::AllocatePages(unsigned order) {
  const std::size_t bytes = kPageBytes << order;
  live_bytes_ += bytes;
  return NewSlot(bytes) << kOffsetBits;
}

void Region::FreePages(Handle handle, unsigned order) {
  const std::size_t bytes = kPageBytes << order;
  live_bytes_ -= bytes;
  if (IsOld(handle)) old_live_bytes_ -= bytes;
  FreeSlot(handle >> kOffsetBits);
}

// --- far blocks and tables ---

char* Region::AllocateFar(std::size_t bytes) {
  auto* header = static_cast<FarHeader*>(std::malloc(sizeof(FarHeader) + bytes));
  far_bytes_ += CountTaken(header);
  *header = {.previous = nullptr, .next = far_};
  if (far_ != nullptr) far_->previous = header;
  far_ = header;
  return reinterpret_cast<char*>(header + 1);
}

void Region::FreeFar(char* block) {
  FarHeader* header = reinterpret_cast<FarHeader*>(block) - 1;
  (header->previous != nullptr ? header->previous->next : far_) = header->next;
  if (header->next != nullptr) header->next->previous = header->previous;
  far_bytes_ -= GiveBack(header);
}

void* Region::TakeTable(std::size_t bytes) {
  void* table = std::malloc(bytes);
  table_bytes_ += CountTaken(table);
  return table;
}

void Region::GiveTable(void* table) { table_bytes_ -= GiveBack(table); }

// --- evacuation and the end ---

void Region::BeginEvacuation() {
  CHECK(!evacuating());
  ForgetFree();
  old_end_ = slot_count_;
  old_next_ = 1;
  old_live_bytes_ = live_bytes_;
}

bool Region::FreeOld(std::size_t chunks) {
  CHECK(evacuating() && OldIsEmpty());
  for (; old_next_ < old_end_; ++old_next_) {
    if (chunks_[old_next_] == nullptr) continue;
    if (chunks-- == 0) return false;
    FreeSlot(old_next_);
  }
  old_end_ = 0;
  return true;
}

bool Region::FreeSlice(std::size_t pieces) {
  for (std::size_t freed = 0; far_ != nullptr && pieces != 0; ++freed) {
    FreeFar(reinterpret_cast<char*>(far_ + 1));
    if (freed % kFarBlocksPerPiece == kFarBlocksPerPiece - 1) --pieces;
  }
  if (far_ != nullptr) return false;
  for (; slot_count_ > 1; --slot_count_) {
    if (chunks_[slot_count_ - 1] == nullptr) continue;
    if (pieces-- == 0) return false;
    FreeSlot(slot_count_ - 1);
  }
  if (chunks_ != nullptr) GiveTable(chunks_);
  if (heads_ != nullptr) GiveTable(heads_);
  chunks_ = nullptr;
  heads_ = nullptr;
  heads_count_ = slot_count_ = slot_capacity_ = 0;
  return true;
}

}  // namespace zedis::base

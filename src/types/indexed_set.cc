#include "types/indexed_set.h"

#include <cstring>

#include "base/check.h"

namespace zedis::types {

using base::Region;

std::string_view IndexedSet::LongText(const char* block) {
  std::uint32_t size;
  if (static_cast<unsigned char>(*block) == kFar) {
    std::memcpy(&block, block + 1, sizeof block);
    std::memcpy(&size, block, sizeof size);
    return {block + sizeof size, size};
  }
  std::memcpy(&size, block + 1, sizeof size);
  return {block + kLongHeaderBytes, size};
}

std::size_t IndexedSet::BlockBytesOf(const char* block) {
  const auto size = static_cast<unsigned char>(*block);
  if (size < kLong) return std::size_t{1} + size;
  return size == kFar ? 1 + sizeof(char*) : kLongHeaderBytes + LongText(block).size();
}

Region::Handle IndexedSet::NewMember(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  if (size < kLong) [[likely]] {
    const Region::Handle handle = region_.Allocate(1 + text.size());
    char* block = region_.At(handle);
    *block = static_cast<char>(size);
    if (size != 0) std::memcpy(block + 1, text.data(), size);
    return handle;
  }
  const bool is_far = kLongHeaderBytes + text.size() > Region::kMaxBlockBytes;
  const Region::Handle handle = region_.Allocate(is_far ? 1 + sizeof(char*) : kLongHeaderBytes + text.size());
  char* at = region_.At(handle);
  *at++ = static_cast<char>(is_far ? kFar : kLong);
  if (is_far) {
    char* far = region_.AllocateFar(sizeof size + text.size());
    std::memcpy(at, &far, sizeof far);
    at = far;
  }
  std::memcpy(at, &size, sizeof size);
  std::memcpy(at + sizeof size, text.data(), size);
  return handle;
}

void IndexedSet::AddNew(std::string_view text, std::uint64_t hash) {
  index_.Insert(hash, NewMember(text));
  NoteChange();
}

bool IndexedSet::Add(std::string_view text, std::uint64_t hash) {
  if (FindSlot(text, hash)) return false;
  AddNew(text, hash);
  return true;
}

bool IndexedSet::Remove(std::string_view text, std::uint64_t hash) {
  const Index::Slot slot = FindSlot(text, hash);
  if (slot) RemoveSlot(hash, slot);
  return static_cast<bool>(slot);
}

void IndexedSet::RemoveSlot(std::uint64_t hash, Index::Slot slot) {
  const Region::Handle handle = slot.handle();
  const char* block = region_.At(handle);
  const std::size_t bytes = BlockBytesOf(block);
  if (static_cast<unsigned char>(*block) == kFar) {
    char* far;
    std::memcpy(&far, block + 1, sizeof far);
    region_.FreeFar(far);
  }
  index_.Erase(hash, slot);
  region_.Free(handle, bytes);
  NoteChange();
}

// A step moves at most one segment, some 15 us, and comes with one change of 32: an evacuation is over before the set
// can have halved or doubled again.
void IndexedSet::NoteChange() {
  if (++changes_ % kChangesPerEvacuationStep != 0) [[likely]]
    return;
  if (region_.evacuating() || region_.IsSparse()) Evacuate();
}

void IndexedSet::Evacuate() {
  if (!region_.evacuating()) {
    region_.BeginEvacuation();
    evacuated_ = 0;
  }
  if (evacuated_ < base::kPositionEnd) {
    evacuated_ = index_.Evacuate(evacuated_, [&](Region::Handle old) {
      const char* block = region_.At(old);
      const std::size_t bytes = BlockBytesOf(block);
      const Region::Handle fresh = region_.Allocate(bytes);
      std::memcpy(region_.At(fresh), block, bytes);
      region_.Free(old, bytes);
      return fresh;
    });
  } else {
    region_.FreeOld(kChunksPerEvacuationStep);
  }
}

std::unique_ptr<IndexedSet> IndexedSet::Duplicate() const {
  auto copy = std::make_unique<IndexedSet>(seed());
  ForEach([&](std::string_view text) {
    copy->AddNew(text, base::HashBytes(text, seed()));
    return true;
  });
  return copy;
}

}  // namespace zedis::types

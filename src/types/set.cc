#include "types/set.h"

#include <algorithm>
#include <cstring>

#include "types/allocate.h"

namespace zedis::types {

Set::Set(PackedSetView packed, std::uint64_t seed)
    : seed_(seed), size_(static_cast<std::uint32_t>(packed.Bytes().size())) {
  MoveTo(size_ + size_ / 4);
  std::memcpy(block_, packed.Bytes().data(), size_);
}

void Set::FreeBlock() {
  if (block_ != nullptr) Free(block_);
  block_ = nullptr;
}

// Into a new block of at least `capacity` bytes.
void Set::MoveTo(std::size_t capacity) {
  char* old = block_;
  block_ = static_cast<char*>(Allocate(RoundToSizeClass(capacity)));
  capacity_ = static_cast<std::uint32_t>(AllocatedBytes(block_));
  if (old == nullptr) return;
  std::memcpy(block_, old, size_);
  Free(old);
}

std::size_t Set::MemoryBytes() const {
  return sizeof(Set) + (IsIndexed() ? indexed_->MemoryBytes() : AllocatedBytes(block_));
}

std::unique_ptr<Set> Set::Duplicate() const {
  auto copy = std::make_unique<Set>(IsIndexed() ? PackedSetView({"\2", 1}) : Packed(), seed_);
  if (!IsIndexed()) return copy;
  copy->FreeBlock();
  copy->indexed_ = indexed_->Duplicate();
  return copy;
}

void Set::BecomeIndexed() {
  indexed_ = std::make_unique<IndexedSet>(seed_);
  Packed().ForEach([&](const Element& element) {
    const SetMember member(element);
    indexed_->AddNew(member.Text(), member.Hash(seed_));
    return true;
  });
  FreeBlock();
}

bool Set::Add(const SetMember& member, const SetLimits& limits) {
  while (!IsIndexed()) {
    PackedSet packed = Editable();
    const PackedSet::Result result = packed.Add(member, limits);
    size_ = static_cast<std::uint32_t>(packed.Bytes().size());
    switch (result) {
      case PackedSet::Result::kDone:
        return true;
      case PackedSet::Result::kNothing:
        return false;
      case PackedSet::Result::kNoRoom:
        // Integers that are widened may need four times their bytes; then this happens again.
        MoveTo(std::size_t{capacity_} * 5 / 4 + member.Text().size() + 16);
        break;
      case PackedSet::Result::kTooLarge:
        BecomeIndexed();
        break;
    }
  }
  return indexed_->Add(member.Text(), member.Hash(seed_));
}

bool Set::Remove(const SetMember& member) {
  if (IsIndexed()) return indexed_->Remove(member.Text(), member.Hash(seed_));
  PackedSet packed = Editable();
  const bool removed = packed.Remove(member) == PackedSet::Result::kDone;
  size_ = static_cast<std::uint32_t>(packed.Bytes().size());
  return removed;
}

void Set::RemoveAt(std::size_t index) {
  PackedSet packed = Editable();
  packed.RemoveAt(index);
  size_ = static_cast<std::uint32_t>(packed.Bytes().size());
}

}  // namespace zedis::types

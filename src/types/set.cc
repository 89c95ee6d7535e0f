#include "types/set.h"

namespace zedis::types {

std::size_t Set::MemoryBytes() const {
  return sizeof(Set) + (IsIndexed() ? indexed_->MemoryBytes() : block_.MemoryBytes());
}

std::unique_ptr<Set> Set::Duplicate() const {
  auto copy = std::make_unique<Set>(IsIndexed() ? PackedSetView({"\2", 1}) : Packed(), seed_);
  if (!IsIndexed()) return copy;
  copy->block_.Release();
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
  block_.Release();
}

bool Set::Add(const SetMember& member, const SetLimits& limits) {
  while (!IsIndexed()) {
    PackedSet packed = Editable();
    const PackedSet::Result result = packed.Add(member, limits);
    block_.SetSize(packed.Bytes().size());
    switch (result) {
      case PackedSet::Result::kDone:
        return true;
      case PackedSet::Result::kNothing:
        return false;
      case PackedSet::Result::kNoRoom:
        // Integers that are widened may need four times their bytes; then this happens again.
        block_.Grow(member.Text().size());
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
  block_.SetSize(packed.Bytes().size());
  return removed;
}

void Set::RemoveAt(std::size_t index) {
  PackedSet packed = Editable();
  packed.RemoveAt(index);
  block_.SetSize(packed.Bytes().size());
}

}  // namespace zedis::types

#include "types/sorted_set.h"

#include <cstring>

#include "base/check.h"
#include "types/allocate.h"

namespace zedis::types {

std::optional<double> SortedSetView::ScoreOf(const SetMember& member) const {
  if (indexed_ != nullptr) return indexed_->ScoreOf(member.Text(), member.Hash(indexed_->seed()));
  const auto found = packed_.Find(member);
  return found ? std::optional(found->score) : std::nullopt;
}

std::optional<std::size_t> SortedSetView::RankOf(const SetMember& member) const {
  if (indexed_ != nullptr) return indexed_->RankOf(member.Text(), member.Hash(indexed_->seed()));
  const auto found = packed_.Find(member);
  return found ? std::optional(found->rank) : std::nullopt;
}

SortedSet::SortedSet(PackedSortedSetView packed, std::uint64_t seed)
    : seed_(seed), size_(static_cast<std::uint32_t>(packed.Bytes().size())) {
  MoveTo(size_ + size_ / 4);
  std::memcpy(block_, packed.Bytes().data(), size_);
}

void SortedSet::FreeBlock() {
  if (block_ != nullptr) Free(block_);
  block_ = nullptr;
}

// Into a new block of at least `capacity` bytes.
void SortedSet::MoveTo(std::size_t capacity) {
  char* old = block_;
  block_ = static_cast<char*>(Allocate(RoundToSizeClass(capacity)));
  capacity_ = static_cast<std::uint32_t>(AllocatedBytes(block_));
  if (old == nullptr) return;
  std::memcpy(block_, old, size_);
  Free(old);
}

std::size_t SortedSet::MemoryBytes() const {
  return sizeof(SortedSet) + (IsIndexed() ? indexed_->MemoryBytes() : AllocatedBytes(block_));
}

std::unique_ptr<SortedSet> SortedSet::Duplicate() const {
  auto copy = std::make_unique<SortedSet>(IsIndexed() ? PackedSortedSetView(kEmptyPackedSortedSet) : Packed(), seed_);
  if (!IsIndexed()) return copy;
  copy->FreeBlock();
  copy->indexed_ = indexed_->Duplicate();
  return copy;
}

void SortedSet::BecomeIndexed() {
  indexed_ = std::make_unique<IndexedSortedSet>(seed_);
  Packed().ForRange(0, Packed().Size(), Direction::kForward, [&](const Element& element, double score) {
    const SetMember member(element);
    indexed_->Append(member.Text(), member.Hash(seed_), score);
    return true;
  });
  FreeBlock();
}

void SortedSet::Add(const SetMember& member, double score, const SortedSetLimits& limits) {
  while (!IsIndexed()) {
    PackedSortedSet packed = Editable();
    const PackedSortedSet::Result result = packed.Add(member.Text(), score, limits);
    Take(packed);
    switch (result) {
      case PackedSortedSet::Result::kDone:
        return;
      case PackedSortedSet::Result::kNoRoom:
        MoveTo(std::size_t{capacity_} * 5 / 4 + member.Text().size() + 16);
        break;
      case PackedSortedSet::Result::kTooLarge:
        BecomeIndexed();
        break;
    }
  }
  indexed_->AddNew(member.Text(), member.Hash(seed_), score);
}

void SortedSet::SetScore(const SetMember& member, double score) {
  if (IsIndexed()) return indexed_->SetScore(member.Text(), member.Hash(seed_), score);
  const auto found = Packed().Find(member);
  CHECK(found);
  PackedSortedSet packed = Editable();
  if (packed.SetScore(*found, member.Text(), score) == PackedSortedSet::Result::kNoRoom) {
    MoveTo(std::size_t{capacity_} * 5 / 4 + 16);
    packed = Editable();
    CHECK(packed.SetScore(*found, member.Text(), score) == PackedSortedSet::Result::kDone);
  }
  Take(packed);
}

bool SortedSet::Remove(const SetMember& member) {
  if (IsIndexed()) return indexed_->Remove(member.Text(), member.Hash(seed_));
  const auto found = Packed().Find(member);
  if (!found) return false;
  PackedSortedSet packed = Editable();
  packed.Remove(*found);
  Take(packed);
  return true;
}

void SortedSet::RemoveRange(RankRange range) {
  if (IsIndexed()) return indexed_->RemoveRange(range);
  PackedSortedSet packed = Editable();
  packed.RemoveRange(range);
  Take(packed);
}

}  // namespace zedis::types

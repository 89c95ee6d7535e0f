#include "types/sorted_set.h"

#include "base/check.h"

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

std::size_t SortedSet::MemoryBytes() const {
  return sizeof(SortedSet) + (IsIndexed() ? indexed_->MemoryBytes() : block_.MemoryBytes());
}

std::unique_ptr<SortedSet> SortedSet::Duplicate() const {
  auto copy = std::make_unique<SortedSet>(IsIndexed() ? PackedSortedSetView(kEmptyPackedSortedSet) : Packed(), seed_);
  if (!IsIndexed()) return copy;
  copy->block_.Release();
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
  block_.Release();
}

void SortedSet::Add(const SetMember& member, double score, const SortedSetLimits& limits) {
  while (!IsIndexed()) {
    PackedSortedSet packed = Editable();
    const PackedSortedSet::Result result = packed.Add(member.Text(), score, limits);
    block_.SetSize(packed.Bytes().size());
    switch (result) {
      case PackedSortedSet::Result::kDone:
        return;
      case PackedSortedSet::Result::kNoRoom:
        block_.Grow(member.Text().size());
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
    block_.Grow(0);
    packed = Editable();
    CHECK(packed.SetScore(*found, member.Text(), score) == PackedSortedSet::Result::kDone);
  }
  block_.SetSize(packed.Bytes().size());
}

bool SortedSet::Remove(const SetMember& member) {
  if (IsIndexed()) return indexed_->Remove(member.Text(), member.Hash(seed_));
  const auto found = Packed().Find(member);
  if (!found) return false;
  PackedSortedSet packed = Editable();
  packed.Remove(*found);
  block_.SetSize(packed.Bytes().size());
  return true;
}

void SortedSet::RemoveRange(RankRange range) {
  if (IsIndexed()) return indexed_->RemoveRange(range);
  PackedSortedSet packed = Editable();
  packed.RemoveRange(range);
  block_.SetSize(packed.Bytes().size());
}

}  // namespace zedis::types

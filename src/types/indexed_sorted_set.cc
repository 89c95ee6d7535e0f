#include "types/indexed_sorted_set.h"

#include "base/check.h"

namespace zedis::types {

std::optional<double> IndexedSortedSet::ScoreOf(std::string_view text, std::uint64_t hash) const {
  const Index::Slot slot = FindSlot(text, hash);
  if (!slot) return std::nullopt;
  return tree_.ScoreOf(slot.handle());
}

std::optional<std::size_t> IndexedSortedSet::RankOf(std::string_view text, std::uint64_t hash) const {
  const Index::Slot slot = FindSlot(text, hash);
  if (!slot) return std::nullopt;
  return tree_.RankOf(slot.handle());
}

IndexedSortedSet::Handle IndexedSortedSet::NewMember(std::string_view text, std::uint64_t hash) {
  const Handle member = RegionText::New(region_, ScoreTree::kMemberPrefixBytes, text);
  index_.Insert(hash, member);
  return member;
}

void IndexedSortedSet::AddNew(std::string_view text, std::uint64_t hash, double score) {
  tree_.Insert(score, NewMember(text, hash));
  NoteChange();
}

void IndexedSortedSet::Append(std::string_view text, std::uint64_t hash, double score) {
  tree_.Append(score, NewMember(text, hash));
  NoteChange();
}

void IndexedSortedSet::SetScore(std::string_view text, std::uint64_t hash, double score) {
  const Index::Slot slot = FindSlot(text, hash);
  CHECK(slot);
  tree_.SetScore(slot.handle(), score);
  NoteChange();
}

bool IndexedSortedSet::Remove(std::string_view text, std::uint64_t hash) {
  const Index::Slot slot = FindSlot(text, hash);
  if (slot) RemoveSlot(hash, slot);
  return static_cast<bool>(slot);
}

void IndexedSortedSet::RemoveRange(RankRange range) {
  for (std::size_t left = range.size(); left > 0; --left) {
    const std::string_view text = tree_.TextOf(tree_.At(range.first).member);
    const std::uint64_t hash = base::HashBytes(text, seed());
    RemoveSlot(hash, FindSlot(text, hash));
  }
}

void IndexedSortedSet::RemoveSlot(std::uint64_t hash, Index::Slot slot) {
  const Handle member = slot.handle();
  tree_.Remove(member);
  index_.Erase(hash, slot);
  RegionText::Free(region_, member, ScoreTree::kMemberPrefixBytes);
  NoteChange();
}

// A step moves at most one leaf with its members or one segment, some 15 us, and comes with one change of 8: an
// evacuation is over before the set can have halved or doubled again.
void IndexedSortedSet::NoteChange() {
  if (++changes_ % kChangesPerEvacuationStep != 0) [[likely]]
    return;
  if (region_.evacuating() || region_.IsSparse()) Evacuate();
}

void IndexedSortedSet::Evacuate() {
  if (!region_.evacuating()) region_.BeginEvacuation();
  if (region_.OldIsEmpty()) {
    sweeping_ = false;
    evacuated_ = 0;
    region_.FreeOld(kChunksPerEvacuationStep);
    return;
  }
  if (evacuated_ == 0 && !sweeping_) {
    sweeping_ = true;
    tree_.BeginSweep();
  }
  if (sweeping_) {
    sweeping_ = tree_.Sweep([&](Handle old) { return MoveIndexed(old); });
    if (sweeping_) return;
  }
  evacuated_ = index_.Evacuate(evacuated_, [&](Handle old) {
    const Handle fresh = RegionText::Move(region_, old, ScoreTree::kMemberPrefixBytes);
    tree_.MemberMoved(old, fresh);
    return fresh;
  });
  if (evacuated_ == base::kPositionEnd) evacuated_ = 0;  // and all over again, if anything old is left
}

// Moves the block of a member that is in the index, where its tree knows of it.
IndexedSortedSet::Handle IndexedSortedSet::MoveIndexed(Handle old) {
  const char* const block = region_.At(old);
  const std::uint64_t hash = index_.traits().Hash(block);
  const Index::Slot slot = index_.Find(hash, [&](const char* other) { return other == block; });
  CHECK(slot);
  const Handle fresh = RegionText::Move(region_, old, ScoreTree::kMemberPrefixBytes);
  slot.Replace(fresh);
  return fresh;
}

std::unique_ptr<IndexedSortedSet> IndexedSortedSet::Duplicate() const {
  auto copy = std::make_unique<IndexedSortedSet>(seed());
  ForRange(0, Size(), Direction::kForward, [&](std::string_view text, double score) {
    copy->Append(text, base::HashBytes(text, seed()), score);
    return true;
  });
  return copy;
}

void IndexedSortedSet::CheckStructure() const {
  CHECK(tree_.Size() == index_.size());
  std::size_t rank = 0;
  std::optional<double> previous_score;
  std::string_view previous_text;
  ForRange(0, Size(), Direction::kForward, [&](std::string_view text, double score) {
    const std::uint64_t hash = base::HashBytes(text, seed());
    CHECK(RankOf(text, hash) == rank++);
    CHECK(ScoreOf(text, hash) == score);
    CHECK(!previous_score || *previous_score < score || (*previous_score == score && previous_text < text));
    CHECK(RanksOf(ScoreRange{{score, false}, {score, false}}).last >= rank);
    previous_score = score;
    previous_text = text;
    return true;
  });
  CHECK(rank == Size());
}

}  // namespace zedis::types

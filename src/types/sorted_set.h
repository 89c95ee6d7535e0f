// Sorted sets: what reads one whatever its form, and one that does not fit into its key's entry.
//
// A sorted set begins packed (packed_sorted_set.h) and becomes indexed (indexed_sorted_set.h) when it grows beyond its
// limits; it never goes back by losing members. Not for several threads at once: the owner's lock protects it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "types/indexed_sorted_set.h"
#include "types/packed_sorted_set.h"

namespace zedis::types {

// Reads a sorted set. Borrows it: what it hands out lives until the set changes.
class SortedSetView {
 public:
  explicit SortedSetView(PackedSortedSetView packed) : packed_(packed) {}
  explicit SortedSetView(const IndexedSortedSet& indexed) : packed_(kEmptyPackedSortedSet), indexed_(&indexed) {}
  // An empty one.
  SortedSetView() : packed_(kEmptyPackedSortedSet) {}

  [[nodiscard]] std::size_t Size() const { return indexed_ != nullptr ? indexed_->Size() : packed_.Size(); }

  // Of a packed set, all that follows is O(n).
  // Nothing if it is not there. O(1) expected.
  [[nodiscard]] std::optional<double> ScoreOf(const SetMember& member) const;
  // O(log n)
  [[nodiscard]] std::optional<std::size_t> RankOf(const SetMember& member) const;

  // The ranks of what lies in a ScoreRange or LexRange. O(log n)
  template <class Range>
  [[nodiscard]] RankRange RanksOf(const Range& range) const {
    return indexed_ != nullptr ? indexed_->RanksOf(range) : packed_.RanksOf(range);
  }

  // visit(const Element&, double score) -> bool for `count` members from `rank` on, forward or backward, until it says
  // false. REQUIRES: they are there. O(log n + count)
  template <class Visit>
  void ForRange(std::size_t rank, std::size_t count, Direction direction, Visit visit) const {
    if (indexed_ == nullptr) return packed_.ForRange(rank, count, direction, visit);
    indexed_->ForRange(rank, count, direction,
                       [&](std::string_view text, double score) { return visit(Element{.text = text}, score); });
  }
  // The members of a range of ranks, from its first or from its last on.
  template <class Visit>
  void ForRange(RankRange range, Direction direction, Visit visit) const {
    if (range.size() == 0) return;
    ForRange(direction == Direction::kForward ? range.first : range.last - 1, range.size(), direction, visit);
  }
  // All, in their order.
  template <class Visit>
  void ForEach(Visit visit) const {
    ForRange(0, Size(), Direction::kForward, visit);
  }

  // Null: packed.
  [[nodiscard]] const IndexedSortedSet* Indexed() const { return indexed_; }

 private:
  PackedSortedSetView packed_;
  const IndexedSortedSet* indexed_ = nullptr;
};

class SortedSet {
 public:
  // With the members of a packed one. `seed` is that of all sets of the server.
  SortedSet(PackedSortedSetView packed, std::uint64_t seed);
  ~SortedSet() { FreeBlock(); }
  SortedSet(const SortedSet&) = delete;
  SortedSet& operator=(const SortedSet&) = delete;

  [[nodiscard]] bool IsIndexed() const { return indexed_ != nullptr; }
  // REQUIRES: !IsIndexed()
  [[nodiscard]] PackedSortedSetView Packed() const { return PackedSortedSetView({block_, size_}); }
  [[nodiscard]] SortedSetView View() const { return IsIndexed() ? SortedSetView(*indexed_) : SortedSetView(Packed()); }
  [[nodiscard]] std::size_t Size() const { return View().Size(); }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  // What the set takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const;
  [[nodiscard]] std::unique_ptr<SortedSet> Duplicate() const;

  // REQUIRES: the member is not there; the score is no NaN. O(log n), like all that follow.
  void Add(const SetMember& member, double score, const SortedSetLimits& limits);
  // REQUIRES: it is there.
  void SetScore(const SetMember& member, double score);
  // False if it is not there.
  bool Remove(const SetMember& member);
  // O(log n) for each. REQUIRES: range.last <= Size()
  void RemoveRange(RankRange range);

  void BecomeIndexed();

  // Frees up to `chunks` pieces of 256 KiB at most; true when only the object itself is left. Nothing but this and the
  // destructor may be called after it.
  [[nodiscard]] bool FreeSlice(std::size_t chunks) { return !IsIndexed() || indexed_->FreeSlice(chunks); }

 private:
  [[nodiscard]] PackedSortedSet Editable() { return PackedSortedSet::InPlace(block_, capacity_, size_); }
  void Take(const PackedSortedSet& edited) { size_ = static_cast<std::uint32_t>(edited.Bytes().size()); }
  void MoveTo(std::size_t capacity);
  void FreeBlock();

  std::uint64_t seed_;
  std::unique_ptr<IndexedSortedSet> indexed_;
  char* block_ = nullptr;  // null: indexed
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};
static_assert(sizeof(SortedSet) == 32);

}  // namespace zedis::types

// A large sorted set: members in a region of their own, an index to find them by their texts (base/hash_index.h), and
// a tree that keeps them in order (score_tree.h).
//
//   member   | leaf of the tree: 4 bytes | text (region_text.h) |         a text of 10 bytes takes a block of 16
//
// A member is stored once: its text in its block, its score in its leaf. With a text of 10 bytes it costs 16, some 7.5
// of index, and 12 to 18 of tree.
//
// When removing has left the region sparse, it is evacuated by the changes that follow, a leaf or a segment of the
// index at a time: first leaf after leaf with its members, which brings neighbours together, then the index. What has
// meanwhile come from an old leaf to a new one is found by the next round.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/hash_index.h"
#include "base/region.h"
#include "types/score_range.h"
#include "types/score_tree.h"

namespace zedis::types {

class IndexedSortedSet {
 public:
  explicit IndexedSortedSet(std::uint64_t seed) : index_(region_, Traits{seed}), tree_(region_) {}

  [[nodiscard]] std::size_t Size() const { return index_.size(); }
  [[nodiscard]] std::uint64_t seed() const { return index_.traits().seed; }
  // What the set takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const { return sizeof(IndexedSortedSet) + region_.MemoryUsed(); }

  // `hash` is base::HashBytes(text, seed()). O(1) expected.
  [[nodiscard]] std::optional<double> ScoreOf(std::string_view text, std::uint64_t hash) const;
  // O(log n), like all that follow.
  [[nodiscard]] std::optional<std::size_t> RankOf(std::string_view text, std::uint64_t hash) const;
  // REQUIRES: it is not there.
  void AddNew(std::string_view text, std::uint64_t hash, double score);
  // The same behind all others. REQUIRES: it belongs there.
  void Append(std::string_view text, std::uint64_t hash, double score);
  // REQUIRES: it is there.
  void SetScore(std::string_view text, std::uint64_t hash, double score);
  // False if it is not there.
  bool Remove(std::string_view text, std::uint64_t hash);
  // REQUIRES: range.last <= Size(). O(log n) for each member.
  void RemoveRange(RankRange range);

  // ScoreRange or LexRange.
  template <class Range>
  [[nodiscard]] RankRange RanksOf(const Range& range) const;

  // visit(text, score) -> bool for `count` members from `rank` on, in either direction, until it says false. The set
  // must not change meanwhile. REQUIRES: they are there. O(log n + count)
  template <class Visit>
  void ForRange(std::size_t rank, std::size_t count, Direction direction, Visit visit) const {
    tree_.ForRange(rank, count, direction,
                   [&](Handle member, double score) { return visit(tree_.TextOf(member), score); });
  }

  // visit(text, score) for the members at a few positions from `position` on; returns where to go on,
  // base::kPositionEnd after the last. What is there throughout a walk is visited exactly once, however the set changes
  // meanwhile.
  template <class Visit>
  std::uint64_t Scan(std::uint64_t position, Visit visit) const {
    return index_.Scan(position,
                       [&](Index::Slot slot) { visit(tree_.TextOf(slot.handle()), tree_.ScoreOf(slot.handle())); });
  }

  [[nodiscard]] std::unique_ptr<IndexedSortedSet> Duplicate() const;

  // Frees up to `chunks` pieces of 256 KiB at most; true when nothing is left. Nothing else may be called after it.
  bool FreeSlice(std::size_t chunks) { return region_.FreeSlice(chunks); }

  // For tests.
  [[nodiscard]] const base::Region& region() const { return region_; }
  // Ends the process if index and tree do not agree. O(n log n)
  void CheckStructure() const;

 private:
  using Handle = base::Region::Handle;
  static constexpr int kChangesPerEvacuationStep = 8;
  static constexpr std::size_t kChunksPerEvacuationStep = 2;

  struct Traits {
    std::uint64_t seed;
    std::uint64_t Hash(const char* block) const {
      return base::HashBytes(RegionText::At(block + ScoreTree::kMemberPrefixBytes), seed);
    }
  };
  using Index = base::HashIndex<Traits, base::Region>;

  Index::Slot FindSlot(std::string_view text, std::uint64_t hash) const {
    return index_.Find(
        hash, [&](const char* block) { return RegionText::At(block + ScoreTree::kMemberPrefixBytes) == text; });
  }
  Handle NewMember(std::string_view text, std::uint64_t hash);
  void RemoveSlot(std::uint64_t hash, Index::Slot slot);
  void NoteChange();
  void Evacuate();
  Handle MoveIndexed(Handle old);

  base::Region region_;
  Index index_;
  ScoreTree tree_;
  bool sweeping_ = false;        // the tree's part of an evacuation; then comes the index's
  std::uint64_t evacuated_ = 0;  // position up to which nothing in the index is old
  int changes_ = 0;
};

template <class Range>
RankRange IndexedSortedSet::RanksOf(const Range& range) const {
  const auto text = [&](Handle member) {
    if constexpr (Range::kReadsMembers) return tree_.TextOf(member);
    return std::string_view{};
  };
  const std::size_t first =
      tree_.CountBefore([&](double score, Handle member) { return range.IsBefore(score, text(member)); });
  const std::size_t last =
      tree_.CountBefore([&](double score, Handle member) { return !range.IsBehind(score, text(member)); });
  return first < last ? RankRange{first, last} : RankRange{};
}

}  // namespace zedis::types

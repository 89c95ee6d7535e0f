// ScoreTree: the order of a large sorted set, a B+tree over its members with counts in its inner nodes.
//
//   leaf    parent 4 | previous 4 | next 4 | count 2 | capacity 2 | scores 8 each | handles of members 4 each
//           80 entries, 976 bytes (a tree that is one leaf begins with 16)
//   inner   parent 4 | count 4 | for each of 48 children: its least score 8, its handle 4, its size 4, its least member
//   4 member  a block of the owner's; its first 4 bytes are the tree's: the handle of the leaf that names it
//
// So a score is stored once, where comparisons find it side by side; a text is read only to tell equal scores apart.
// From a member its leaf is one step, without a search: removing it, its score and its rank begin there. Ranks are
// sums of sizes, on the way up or down: O(log n).
//
// Leaves split in halves, but at either end of the order, where what is added in order comes, full ones stay full.
// Nodes merge when two that are neighbours fill three quarters of one: there is no borrowing, so after many removals a
// node may be nearly empty beside a nearly full one, but never two. A random entry costs 12 bytes at 70 % fill; with
// its share of inner nodes 18.
//
// Rejected: skip lists (two pointers an element at random places: a miss for each step); scores in the members (one
// byte less in all, but each step of a search would be a miss).
//
// The memory is the owner's Region. When that is evacuated, a sweep moves leaf after leaf, see Sweep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/check.h"
#include "base/region.h"
#include "types/list_search.h"
#include "types/region_text.h"

namespace zedis::types {

class ScoreTree {
 public:
  using Handle = base::Region::Handle;
  static constexpr Handle kNone = base::Region::kNone;
  static constexpr std::size_t kMemberPrefixBytes = 4;  // of a member's block; its text follows (region_text.h)
  static constexpr int kLeafMax = 80;
  static constexpr int kInnerMax = 48;

  explicit ScoreTree(base::Region& region) : region_(region) {}
  ScoreTree(const ScoreTree&) = delete;
  ScoreTree& operator=(const ScoreTree&) = delete;

  [[nodiscard]] std::size_t Size() const { return size_; }
  [[nodiscard]] std::string_view TextOf(Handle member) const {
    return RegionText::At(region_.At(member) + kMemberPrefixBytes);
  }

  // --- one member; O(log n), or less ---

  // REQUIRES: the member is not in the tree; nor is another with this score and text.
  void Insert(double score, Handle member);
  // The same behind all others. REQUIRES: it belongs there.
  void Append(double score, Handle member);
  // REQUIRES, for these: it is in the tree.
  void Remove(Handle member);
  void SetScore(Handle member, double score);
  [[nodiscard]] double ScoreOf(Handle member) const;
  [[nodiscard]] std::size_t RankOf(Handle member) const;

  // --- by place ---

  struct Entry {
    Handle member;
    double score;
  };
  // REQUIRES: rank < Size()
  [[nodiscard]] Entry At(std::size_t rank) const;

  // The number of entries for which is_before(score, member) is true. REQUIRES: they are the first ones. O(log n)
  template <class IsBefore>
  [[nodiscard]] std::size_t CountBefore(IsBefore is_before) const {
    return PlaceAfter(is_before).rank;
  }

  // visit(member, score) -> bool for `count` entries from `rank` on, in either direction, until it says false. The
  // tree must not change meanwhile. REQUIRES: they are there. O(log n + count)
  template <class Visit>
  void ForRange(std::size_t rank, std::size_t count, Direction direction, Visit visit) const;

  // --- evacuation of the region ---

  // From the first leaf on.
  void BeginSweep() { sweep_ = first_leaf_; }
  // Moves the leaf that is next, its ancestors and its members out of old memory: move(old) -> fresh for the block of a
  // member. False if there is none left. O(kLeafMax)
  template <class MoveMember>
  bool Sweep(MoveMember move);
  // The owner has moved a member's block.
  void MemberMoved(Handle old, Handle fresh);

 private:
  struct Leaf {
    Handle parent;
    Handle previous;
    Handle next;
    std::uint16_t count;
    std::uint16_t capacity;

    double* Scores() { return reinterpret_cast<double*>(this + 1); }
    Handle* Members() { return reinterpret_cast<Handle*>(Scores() + capacity); }
  };
  static_assert(sizeof(Leaf) == 16);
  static constexpr int kFirstCapacity = 16;
  static constexpr std::size_t LeafBytes(int capacity) {
    return sizeof(Leaf) + static_cast<std::size_t>(capacity) * (sizeof(double) + sizeof(Handle));
  }

  struct Inner {
    Handle parent;
    std::uint32_t count;
    double score[kInnerMax];
    Handle child[kInnerMax];
    std::uint32_t size[kInnerMax];
    Handle member[kInnerMax];
  };
  static_assert(sizeof(Inner) <= base::Region::kMaxBlockBytes);

  struct Place {
    Handle leaf;
    int slot;
    std::size_t rank;
  };

  Leaf& LeafAt(Handle handle) const { return *reinterpret_cast<Leaf*>(region_.At(handle)); }
  Inner& InnerAt(Handle handle) const { return *reinterpret_cast<Inner*>(region_.At(handle)); }
  // The first field of either kind of node.
  Handle& ParentOf(Handle node) const { return *reinterpret_cast<Handle*>(region_.At(node)); }
  Handle LeafOf(Handle member) const {
    Handle leaf;
    std::memcpy(&leaf, region_.At(member), sizeof leaf);
    return leaf;
  }
  void SetLeafOf(Handle member, Handle leaf) const { std::memcpy(region_.At(member), &leaf, sizeof leaf); }
  void AdoptMembers(Handle leaf_handle, int first) const;

  // The first i for which holds(i) is false, if it is true before that and false behind.
  template <class Holds>
  static int Partition(int count, Holds holds) {
    int first = 0;
    while (count > 0) {
      const int half = count / 2;
      if (holds(first + half)) {
        first += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return first;
  }
  // Where the entries end for which is_before holds; the slot may be the leaf's count. REQUIRES: not empty.
  template <class IsBefore>
  Place PlaceAfter(IsBefore is_before) const;
  [[nodiscard]] Place PlaceAt(std::size_t rank) const;
  [[nodiscard]] int SlotOf(Leaf& leaf, Handle member) const;
  static int IndexOf(const Inner& inner, Handle child);
  [[nodiscard]] bool IsLess(double score, Handle member, double than, std::string_view than_text) const {
    return score < than || (score == than && TextOf(member) < than_text);
  }

  Handle NewLeaf(int capacity);
  void PutAt(Handle leaf_handle, int slot, double score, Handle member);
  void InsertAt(Handle leaf_handle, int slot, double score, Handle member);
  void InsertSplitting(Handle left_handle, int slot, double score, Handle member);
  void EraseAt(Handle leaf_handle, int slot);
  Handle MoveLeaf(Handle old, int capacity);
  Handle MoveInner(Handle old);
  void MoveIfOld(Handle inner);
  void ReplaceChild(Handle parent, Handle old, Handle fresh);

  [[nodiscard]] std::uint32_t SizeOf(Handle node, int level) const;
  [[nodiscard]] Entry LeastOf(Handle node, int level) const;
  void FillEntry(Inner& inner, int index, int level) const;
  void RefreshAncestors(Handle node, int level) const;
  void AddToAncestors(Handle leaf_handle, int delta, bool least_changed) const;
  void LinkAfter(Handle left, Handle right, int level, bool at_end);
  void InsertChild(Handle inner_handle, int index, Handle child) const;
  static void EraseChild(Inner& inner, int index);
  void RemoveChild(Handle inner_handle, Handle child, int level);
  void UnlinkLeaf(Handle handle);
  void MergeLeaf(Handle handle);
  void AppendLeaf(Handle left_handle, Handle right_handle);
  void MergeInner(Handle handle, int level);
  void AppendInner(Handle left_handle, Handle right_handle);
  void DropNode(Handle parent, int index, int level);
  void CollapseRoot();

  base::Region& region_;
  Handle root_ = kNone;
  Handle first_leaf_ = kNone;
  Handle last_leaf_ = kNone;
  Handle sweep_ = kNone;  // the leaf that is swept next
  int height_ = 0;        // 0: the root is a leaf
  std::size_t size_ = 0;
};

template <class IsBefore>
ScoreTree::Place ScoreTree::PlaceAfter(IsBefore is_before) const {
  Handle node = root_;
  if (node == kNone) return {kNone, 0, 0};
  std::size_t rank = 0;
  for (int level = height_; level > 0; --level) {
    const Inner& inner = InnerAt(node);
    const int behind =
        Partition(static_cast<int>(inner.count), [&](int i) { return is_before(inner.score[i], inner.member[i]); });
    // The end is among the entries of the last child that begins before it, or right behind them.
    const int chosen = behind > 0 ? behind - 1 : 0;
    for (int i = 0; i < chosen; ++i) rank += inner.size[i];
    node = inner.child[chosen];
  }
  Leaf& leaf = LeafAt(node);
  const double* scores = leaf.Scores();
  const Handle* members = leaf.Members();
  const int slot = Partition(leaf.count, [&](int i) { return is_before(scores[i], members[i]); });
  return {node, slot, rank + static_cast<std::size_t>(slot)};
}

template <class Visit>
void ScoreTree::ForRange(std::size_t rank, std::size_t count, Direction direction, Visit visit) const {
  if (count == 0) return;
  constexpr int kAhead = 8;  // members lie anywhere: each is asked for some entries before it is read
  const int step = direction == Direction::kForward ? 1 : -1;
  Place place = PlaceAt(rank);
  for (Handle handle = place.leaf; count > 0;) {
    Leaf& leaf = LeafAt(handle);
    const Handle following = step > 0 ? leaf.next : leaf.previous;
    if (following != kNone) __builtin_prefetch(region_.At(following));
    const int available = step > 0 ? leaf.count - place.slot : place.slot + 1;
    const int here = count < static_cast<std::size_t>(available) ? static_cast<int>(count) : available;
    const double* scores = leaf.Scores() + place.slot;
    const Handle* members = leaf.Members() + place.slot;
    for (int i = 0; i < kAhead && i < here; ++i) __builtin_prefetch(region_.At(members[i * step]));
    for (int i = 0; i < here; ++i) {
      if (i + kAhead < here) __builtin_prefetch(region_.At(members[(i + kAhead) * step]));
      if (!visit(members[i * step], scores[i * step])) return;
    }
    count -= static_cast<std::size_t>(here);
    handle = following;
    place.slot = step > 0 || count == 0 ? 0 : LeafAt(handle).count - 1;
  }
}

template <class MoveMember>
bool ScoreTree::Sweep(MoveMember move) {
  if (sweep_ == kNone) return false;
  MoveIfOld(ParentOf(sweep_));
  if (region_.IsOld(sweep_)) MoveLeaf(sweep_, LeafAt(sweep_).capacity);
  Leaf& leaf = LeafAt(sweep_);
  Handle* members = leaf.Members();
  for (int i = 0; i < leaf.count; ++i) __builtin_prefetch(region_.At(members[i]));
  for (int i = 0; i < leaf.count; ++i) {
    if (region_.IsOld(members[i])) members[i] = move(members[i]);
  }
  AddToAncestors(sweep_, 0, true);
  sweep_ = leaf.next;
  return true;
}

}  // namespace zedis::types

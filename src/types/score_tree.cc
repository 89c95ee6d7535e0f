#include "types/score_tree.h"

#include <algorithm>

namespace zedis::types {
namespace {

constexpr int kMergedLeafMax = ScoreTree::kLeafMax * 3 / 4;
constexpr int kMergedInnerMax = ScoreTree::kInnerMax * 3 / 4;
constexpr int kRemovalsPerMergeTry = 8;

template <class T>
void OpenGap(T* values, int count, int at) {
  std::memmove(values + at + 1, values + at, static_cast<std::size_t>(count - at) * sizeof(T));
}
template <class T>
void CloseGap(T* values, int count, int at) {
  std::memmove(values + at, values + at + 1, static_cast<std::size_t>(count - at - 1) * sizeof(T));
}
template <class T>
void CopyTo(T* to, const T* from, int count) {
  std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(T));
}

}  // namespace

// --- finding ---

ScoreTree::Place ScoreTree::PlaceAt(std::size_t rank) const {
  DCHECK(rank < size_);
  Handle node = root_;
  std::size_t left = rank;
  for (int level = height_; level > 0; --level) {
    const Inner& inner = InnerAt(node);
    std::uint32_t i = 0;
    while (left >= inner.size[i]) left -= inner.size[i++];
    DCHECK(i < inner.count);
    node = inner.child[i];
  }
  return {node, static_cast<int>(left), rank};
}

ScoreTree::Entry ScoreTree::At(std::size_t rank) const {
  const Place place = PlaceAt(rank);
  Leaf& leaf = LeafAt(place.leaf);
  return {leaf.Members()[place.slot], leaf.Scores()[place.slot]};
}

int ScoreTree::SlotOf(Leaf& leaf, Handle member) const {
  const Handle* members = leaf.Members();
  int slot = 0;
  while (slot < leaf.count && members[slot] != member) ++slot;
  CHECK(slot < leaf.count);
  return slot;
}

int ScoreTree::IndexOf(const Inner& inner, Handle child) {
  std::uint32_t i = 0;
  while (i < inner.count && inner.child[i] != child) ++i;
  CHECK(i < inner.count);
  return static_cast<int>(i);
}

double ScoreTree::ScoreOf(Handle member) const {
  Leaf& leaf = LeafAt(LeafOf(member));
  return leaf.Scores()[SlotOf(leaf, member)];
}

std::size_t ScoreTree::RankOf(Handle member) const {
  Handle node = LeafOf(member);
  auto rank = static_cast<std::size_t>(SlotOf(LeafAt(node), member));
  for (Handle parent = ParentOf(node); parent != kNone; parent = ParentOf(node)) {
    const Inner& inner = InnerAt(parent);
    const int index = IndexOf(inner, node);
    for (int i = 0; i < index; ++i) rank += inner.size[i];
    node = parent;
  }
  return rank;
}

// --- what inner nodes know of their children; level 0 is that of leaves ---

std::uint32_t ScoreTree::SizeOf(Handle node, int level) const {
  if (level == 0) return LeafAt(node).count;
  const Inner& inner = InnerAt(node);
  std::uint32_t size = 0;
  for (std::uint32_t i = 0; i < inner.count; ++i) size += inner.size[i];
  return size;
}

ScoreTree::Entry ScoreTree::LeastOf(Handle node, int level) const {
  if (level == 0) {
    Leaf& leaf = LeafAt(node);
    return {leaf.Members()[0], leaf.Scores()[0]};
  }
  const Inner& inner = InnerAt(node);
  return {inner.member[0], inner.score[0]};
}

void ScoreTree::FillEntry(Inner& inner, int index, int level) const {
  const Entry least = LeastOf(inner.child[index], level);
  inner.score[index] = least.score;
  inner.member[index] = least.member;
  inner.size[index] = SizeOf(inner.child[index], level);
}

// After a change of the structure below `node`.
void ScoreTree::RefreshAncestors(Handle node, int level) const {
  for (Handle parent = ParentOf(node); parent != kNone; parent = ParentOf(node)) {
    Inner& inner = InnerAt(parent);
    FillEntry(inner, IndexOf(inner, node), level++);
    node = parent;
  }
}

// After a change of entries in a leaf.
void ScoreTree::AddToAncestors(Handle leaf_handle, int delta, bool least_changed) const {
  if (delta == 0 && !least_changed) return;
  Handle node = leaf_handle;
  const Entry least = LeastOf(node, 0);
  for (Handle parent = ParentOf(node); parent != kNone; parent = ParentOf(node)) {
    Inner& inner = InnerAt(parent);
    const int index = IndexOf(inner, node);
    inner.size[index] += static_cast<std::uint32_t>(delta);
    if (least_changed) {
      inner.score[index] = least.score;
      inner.member[index] = least.member;
      least_changed = index == 0;
    }
    node = parent;
  }
}

// --- adding ---

ScoreTree::Handle ScoreTree::NewLeaf(int capacity) {
  static_assert(LeafBytes(kLeafMax) <= base::Region::kMaxBlockBytes);
  const Handle handle = region_.Allocate(LeafBytes(capacity));
  LeafAt(handle) = {
      .parent = kNone, .previous = kNone, .next = kNone, .count = 0, .capacity = static_cast<std::uint16_t>(capacity)};
  return handle;
}

// The members from slot `first` on have come to this leaf.
void ScoreTree::AdoptMembers(Handle leaf_handle, int first) const {
  Leaf& leaf = LeafAt(leaf_handle);
  const Handle* members = leaf.Members();
  for (int i = first; i < leaf.count; ++i) __builtin_prefetch(region_.At(members[i]), 1);
  for (int i = first; i < leaf.count; ++i) SetLeafOf(members[i], leaf_handle);
}

// REQUIRES: the leaf has room.
void ScoreTree::PutAt(Handle leaf_handle, int slot, double score, Handle member) {
  Leaf& leaf = LeafAt(leaf_handle);
  DCHECK(leaf.count < leaf.capacity);
  OpenGap(leaf.Scores(), leaf.count, slot);
  OpenGap(leaf.Members(), leaf.count, slot);
  leaf.Scores()[slot] = score;
  leaf.Members()[slot] = member;
  ++leaf.count;
  SetLeafOf(member, leaf_handle);
}

void ScoreTree::InsertAt(Handle leaf_handle, int slot, double score, Handle member) {
  ++size_;
  if (const Leaf& leaf = LeafAt(leaf_handle); leaf.count == leaf.capacity) [[unlikely]] {
    if (leaf.capacity == kLeafMax) return InsertSplitting(leaf_handle, slot, score, member);
    leaf_handle = MoveLeaf(leaf_handle, std::min(leaf.capacity * 2, kLeafMax));
  }
  PutAt(leaf_handle, slot, score, member);
  AddToAncestors(leaf_handle, 1, slot == 0);
}

void ScoreTree::Insert(double score, Handle member) {
  if (root_ == kNone) root_ = first_leaf_ = last_leaf_ = NewLeaf(kFirstCapacity);
  const std::string_view text = TextOf(member);
  const Place place =
      PlaceAfter([&](double other, Handle other_member) { return IsLess(other, other_member, score, text); });
  InsertAt(place.leaf, place.slot, score, member);
}

void ScoreTree::Append(double score, Handle member) {
  if (root_ == kNone) root_ = first_leaf_ = last_leaf_ = NewLeaf(kFirstCapacity);
  InsertAt(last_leaf_, LeafAt(last_leaf_).count, score, member);
}

// Into a leaf that is full: it is cut in halves, or, at either end of the order, beside its entries.
void ScoreTree::InsertSplitting(Handle left_handle, int slot, double score, Handle member) {
  const Handle right_handle = NewLeaf(kLeafMax);
  Leaf& left = LeafAt(left_handle);
  Leaf& right = LeafAt(right_handle);
  const bool at_end = left.next == kNone && slot == left.count;
  const bool at_begin = left.previous == kNone && slot == 0;
  const int cut = at_end ? left.count : at_begin ? 0 : left.count / 2;
  right.count = static_cast<std::uint16_t>(left.count - cut);
  CopyTo(right.Scores(), left.Scores() + cut, right.count);
  CopyTo(right.Members(), left.Members() + cut, right.count);
  left.count = static_cast<std::uint16_t>(cut);
  AdoptMembers(right_handle, 0);
  right.previous = left_handle;
  right.next = left.next;
  (right.next != kNone ? LeafAt(right.next).previous : last_leaf_) = right_handle;
  left.next = right_handle;
  const bool goes_right = at_end || slot > cut;
  PutAt(goes_right ? right_handle : left_handle, goes_right ? slot - cut : slot, score, member);
  LinkAfter(left_handle, right_handle, 0, at_end);
}

// REQUIRES: the node has room. Its entry is to be filled.
void ScoreTree::InsertChild(Handle inner_handle, int index, Handle child) const {
  Inner& inner = InnerAt(inner_handle);
  const auto count = static_cast<int>(inner.count++);
  OpenGap(inner.score, count, index);
  OpenGap(inner.child, count, index);
  OpenGap(inner.size, count, index);
  OpenGap(inner.member, count, index);
  inner.child[index] = child;
  ParentOf(child) = inner_handle;
}

// `right` has been cut off `left`, both of this level: makes it a child beside it.
void ScoreTree::LinkAfter(Handle left, Handle right, int level, bool at_end) {
  Handle parent = ParentOf(left);
  if (parent == kNone) {
    parent = root_ = region_.Allocate(sizeof(Inner));
    InnerAt(parent) = {};
    ++height_;
    InsertChild(parent, 0, left);
  }
  Inner& inner = InnerAt(parent);
  const int index = IndexOf(inner, left) + 1;
  if (inner.count < kInnerMax) {
    InsertChild(parent, index, right);
    FillEntry(inner, index - 1, level);
    FillEntry(inner, index, level);
    return RefreshAncestors(parent, level + 1);
  }
  const Handle other_handle = region_.Allocate(sizeof(Inner));
  Inner& other = InnerAt(other_handle);
  other = {};
  const auto cut = static_cast<int>(at_end ? inner.count : inner.count / 2);
  other.count = inner.count - static_cast<std::uint32_t>(cut);
  const auto moved = static_cast<int>(other.count);
  CopyTo(other.score, inner.score + cut, moved);
  CopyTo(other.child, inner.child + cut, moved);
  CopyTo(other.size, inner.size + cut, moved);
  CopyTo(other.member, inner.member + cut, moved);
  for (int i = 0; i < moved; ++i) ParentOf(other.child[i]) = other_handle;
  inner.count = static_cast<std::uint32_t>(cut);
  const bool goes_right = at_end || index > cut;
  InsertChild(goes_right ? other_handle : parent, goes_right ? index - cut : index, right);
  for (const Handle node : {left, right}) {
    Inner& its_parent = InnerAt(ParentOf(node));
    FillEntry(its_parent, IndexOf(its_parent, node), level);
  }
  LinkAfter(parent, other_handle, level + 1, at_end);
}

// --- removing ---

void ScoreTree::Remove(Handle member) {
  const Handle handle = LeafOf(member);
  EraseAt(handle, SlotOf(LeafAt(handle), member));
}

void ScoreTree::EraseAt(Handle leaf_handle, int slot) {
  Leaf& leaf = LeafAt(leaf_handle);
  CloseGap(leaf.Scores(), leaf.count, slot);
  CloseGap(leaf.Members(), leaf.count, slot);
  --leaf.count;
  --size_;
  if (leaf.count == 0) return UnlinkLeaf(leaf_handle);
  AddToAncestors(leaf_handle, -1, slot == 0);
  if (leaf.count <= kLeafMax / 2 && leaf.count % kRemovalsPerMergeTry == 0) MergeLeaf(leaf_handle);
}

void ScoreTree::UnlinkLeaf(Handle handle) {
  const Leaf leaf = LeafAt(handle);
  (leaf.previous != kNone ? LeafAt(leaf.previous).next : first_leaf_) = leaf.next;
  (leaf.next != kNone ? LeafAt(leaf.next).previous : last_leaf_) = leaf.previous;
  if (sweep_ == handle) sweep_ = leaf.next;
  region_.Free(handle, LeafBytes(leaf.capacity));
  RemoveChild(leaf.parent, handle, 1);
}

void ScoreTree::EraseChild(Inner& inner, int index) {
  const auto count = static_cast<int>(inner.count--);
  CloseGap(inner.score, count, index);
  CloseGap(inner.child, count, index);
  CloseGap(inner.size, count, index);
  CloseGap(inner.member, count, index);
}

// An empty child goes, and what becomes empty by that.
void ScoreTree::RemoveChild(Handle inner_handle, Handle child, int level) {
  if (inner_handle == kNone) {
    root_ = kNone;
    height_ = 0;
    return;
  }
  Inner& inner = InnerAt(inner_handle);
  EraseChild(inner, IndexOf(inner, child));
  if (inner.count == 0) {
    const Handle parent = inner.parent;
    region_.Free(inner_handle, sizeof(Inner));
    return RemoveChild(parent, inner_handle, level + 1);
  }
  RefreshAncestors(inner_handle, level);
  MergeInner(inner_handle, level);
  CollapseRoot();
}

// Joins a leaf with a neighbour if both fit into one and leave room.
void ScoreTree::MergeLeaf(Handle handle) {
  const Handle parent = ParentOf(handle);
  if (parent == kNone) return;
  const Inner& inner = InnerAt(parent);
  const int index = IndexOf(inner, handle);
  for (const int left : {index, index - 1}) {
    if (left < 0 || left + 1 >= static_cast<int>(inner.count)) continue;
    if (inner.size[left] + inner.size[left + 1] > kMergedLeafMax) continue;
    AppendLeaf(inner.child[left], inner.child[left + 1]);
    return DropNode(parent, left + 1, 1);
  }
}

void ScoreTree::AppendLeaf(Handle left_handle, Handle right_handle) {
  Leaf& left = LeafAt(left_handle);
  Leaf& right = LeafAt(right_handle);
  const int first = left.count;
  DCHECK(first + right.count <= left.capacity);
  CopyTo(left.Scores() + first, right.Scores(), right.count);
  CopyTo(left.Members() + first, right.Members(), right.count);
  left.count = static_cast<std::uint16_t>(left.count + right.count);
  AdoptMembers(left_handle, first);
  left.next = right.next;
  (left.next != kNone ? LeafAt(left.next).previous : last_leaf_) = left_handle;
  if (sweep_ == right_handle) sweep_ = right.next;
  region_.Free(right_handle, LeafBytes(right.capacity));
}

// The child at `index` of this node, which is of `level`, has become part of the one before it.
void ScoreTree::DropNode(Handle parent, int index, int level) {
  Inner& inner = InnerAt(parent);
  EraseChild(inner, index);
  FillEntry(inner, index - 1, level - 1);
  MergeInner(parent, level);
  CollapseRoot();
}

void ScoreTree::MergeInner(Handle handle, int level) {
  const Inner& node = InnerAt(handle);
  const Handle parent = node.parent;
  if (parent == kNone || node.count > kInnerMax / 2) return;
  const Inner& inner = InnerAt(parent);
  const int index = IndexOf(inner, handle);
  for (const int left : {index, index - 1}) {
    if (left < 0 || left + 1 >= static_cast<int>(inner.count)) continue;
    if (InnerAt(inner.child[left]).count + InnerAt(inner.child[left + 1]).count > kMergedInnerMax) continue;
    AppendInner(inner.child[left], inner.child[left + 1]);
    return DropNode(parent, left + 1, level + 1);
  }
}

void ScoreTree::AppendInner(Handle left_handle, Handle right_handle) {
  Inner& left = InnerAt(left_handle);
  const Inner& right = InnerAt(right_handle);
  const auto count = static_cast<int>(right.count);
  CopyTo(left.score + left.count, right.score, count);
  CopyTo(left.child + left.count, right.child, count);
  CopyTo(left.size + left.count, right.size, count);
  CopyTo(left.member + left.count, right.member, count);
  for (int i = 0; i < count; ++i) ParentOf(right.child[i]) = left_handle;
  left.count += right.count;
  region_.Free(right_handle, sizeof(Inner));
}

void ScoreTree::CollapseRoot() {
  while (height_ > 0 && InnerAt(root_).count == 1) {
    const Handle child = InnerAt(root_).child[0];
    region_.Free(root_, sizeof(Inner));
    root_ = child;
    ParentOf(child) = kNone;
    --height_;
  }
}

// --- another score ---

void ScoreTree::SetScore(Handle member, double score) {
  const Handle handle = LeafOf(member);
  Leaf& leaf = LeafAt(handle);
  const int slot = SlotOf(leaf, member);
  const std::string_view text = TextOf(member);
  const double* scores = leaf.Scores();
  const Handle* members = leaf.Members();
  // Most changes are small: then it stays between its neighbours. Those of other leaves are not looked at.
  const bool fits_before = slot > 0 && IsLess(scores[slot - 1], members[slot - 1], score, text);
  const bool fits_behind = slot + 1 < leaf.count && !IsLess(scores[slot + 1], members[slot + 1], score, text);
  if (fits_before && fits_behind) {
    leaf.Scores()[slot] = score;
    return;
  }
  EraseAt(handle, slot);
  Insert(score, member);
}

// --- moving ---

void ScoreTree::ReplaceChild(Handle parent, Handle old, Handle fresh) {
  if (parent == kNone) {
    root_ = fresh;
  } else {
    Inner& inner = InnerAt(parent);
    inner.child[IndexOf(inner, old)] = fresh;
  }
}

ScoreTree::Handle ScoreTree::MoveLeaf(Handle old, int capacity) {
  const Handle fresh = NewLeaf(capacity);
  Leaf& from = LeafAt(old);
  Leaf& to = LeafAt(fresh);
  to.parent = from.parent;
  to.previous = from.previous;
  to.next = from.next;
  to.count = from.count;
  CopyTo(to.Scores(), from.Scores(), from.count);
  CopyTo(to.Members(), from.Members(), from.count);
  (to.previous != kNone ? LeafAt(to.previous).next : first_leaf_) = fresh;
  (to.next != kNone ? LeafAt(to.next).previous : last_leaf_) = fresh;
  ReplaceChild(to.parent, old, fresh);
  if (sweep_ == old) sweep_ = fresh;
  AdoptMembers(fresh, 0);
  region_.Free(old, LeafBytes(from.capacity));
  return fresh;
}

ScoreTree::Handle ScoreTree::MoveInner(Handle old) {
  const Handle fresh = region_.Allocate(sizeof(Inner));
  Inner& inner = InnerAt(fresh);
  inner = InnerAt(old);
  ReplaceChild(inner.parent, old, fresh);
  for (std::uint32_t i = 0; i < inner.count; ++i) ParentOf(inner.child[i]) = fresh;
  region_.Free(old, sizeof(Inner));
  return fresh;
}

// A node and its ancestors; they are few beside the leaves, so most calls find nothing to do.
void ScoreTree::MoveIfOld(Handle inner) {
  while (inner != kNone) {
    if (region_.IsOld(inner)) inner = MoveInner(inner);
    inner = ParentOf(inner);
  }
}

void ScoreTree::MemberMoved(Handle old, Handle fresh) {
  const Handle handle = LeafOf(fresh);
  Leaf& leaf = LeafAt(handle);
  const int slot = SlotOf(leaf, old);
  leaf.Members()[slot] = fresh;
  AddToAncestors(handle, 0, slot == 0);
}

}  // namespace zedis::types

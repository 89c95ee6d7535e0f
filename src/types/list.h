// A large list: a chain of nodes (list_node.h) in a directory (node_directory.h), both ends open.
//
// Why this shape: a linked list of elements costs 16 bytes and a cache miss for each. One packed block moves everything
// at each change. Blocks of 8 KiB hold some 730 elements of ten bytes at 11.2 bytes each, pushes and pops touch
// one block's end, and finding an index adds up a few hundred counts that lie beside each other.
//
// With `compress_depth` n, nodes farther than n from both ends are compressed; reading one works on a copy, changing
// one makes it plain for the moment. The first and the last node are never compressed.
//
// Not for several threads at once: the owner's lock protects it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "types/element.h"
#include "types/list_cursor.h"
#include "types/list_options.h"
#include "types/list_search.h"
#include "types/node_directory.h"
#include "types/packed_list.h"

namespace zedis::types {

class List {
 public:
  explicit List(const ListOptions& options) : options_(options) {}
  ~List();
  List(const List&) = delete;
  List& operator=(const List&) = delete;

  // A list with the elements of the packed one, and its name in OBJECT ENCODING.
  [[nodiscard]] static std::unique_ptr<List> FromPacked(PackedListView packed, const ListOptions& options);
  // Writes the list in packed form and returns its bytes; 0 if it needs more than `capacity`.
  [[nodiscard]] std::size_t TryPack(char* buffer, std::size_t capacity) const;
  [[nodiscard]] std::unique_ptr<List> Duplicate() const;

  // Nodes that are compressed or plain by an older setting change when they are next touched.
  void SetOptions(const ListOptions& options);

  [[nodiscard]] std::size_t Size() const { return nodes_.Elements(); }
  [[nodiscard]] bool Empty() const { return Size() == 0; }
  // What the list takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const { return sizeof(List) + nodes_.AllocatedBytes(); }
  [[nodiscard]] std::size_t NodeCount() const { return nodes_.Size(); }

  // --- The ends: amortised O(1).
  void PushFront(std::string_view text) { Push(Side::kFront, text); }
  void PushBack(std::string_view text) { Push(Side::kBack, text); }
  // Calls visit(Element), then removes the element. REQUIRES: !Empty()
  template <typename Visitor>
  void Pop(Side side, Visitor&& visit);
  // The same into a string; false if the list is empty.
  bool PopFront(std::string* text) { return PopText(Side::kFront, text); }
  bool PopBack(std::string* text) { return PopText(Side::kBack, text); }

  // --- By index, negative from the tail: a step of a fraction of a nanosecond per node, then 15 elements at most.
  // visit(Element); false if there is no such index.
  template <typename Visitor>
  bool Get(std::int64_t index, Visitor&& visit) const;
  [[nodiscard]] bool Set(std::int64_t index, std::string_view text);
  // Before the element at `index`; at the end if index == Size().
  void Insert(std::size_t index, std::string_view text);

  // --- By value: O(elements).
  // LINSERT: beside the first element equal to `pivot`; false if there is none.
  [[nodiscard]] bool InsertBefore(std::string_view pivot, std::string_view text) { return InsertAt(pivot, 0, text); }
  [[nodiscard]] bool InsertAfter(std::string_view pivot, std::string_view text) { return InsertAt(pivot, 1, text); }
  // LREM: removes up to |count| elements equal to `text`, from the tail if negative, all if 0. Returns how many.
  std::size_t Remove(std::string_view text, std::int64_t count);
  // LPOS: visit(index from the head) for each match that the options ask for.
  template <typename Visitor>
  void Find(std::string_view text, const FindOptions& options, Visitor&& visit) const;

  // --- Ranges.
  // visit(Element) for up to `count` elements from `start` on, in this direction.
  template <typename Visitor>
  void ForRange(std::size_t start, std::size_t count, Direction direction, Visitor&& visit) const;
  [[nodiscard]] ListCursor CursorAt(std::size_t start, Direction direction) const {
    return ListCursor(nodes_, start, direction);
  }
  // LTRIM: keeps `count` elements from `start` on. Whole nodes that go are handed to `removed`, if given, so that they
  // can be freed in slices. REQUIRES: start + count <= Size()
  void Keep(std::size_t start, std::size_t count, List* removed = nullptr);

  // Frees up to `nodes` nodes from the tail. True when the list is empty.
  bool FreeSlice(std::size_t nodes);

  // As PackedList has them: to be called before elements are added, and after some are removed or replaced.
  void NoteGrowth(std::size_t text_bytes, std::size_t count);
  void NoteShrink();
  [[nodiscard]] bool EncodingIsPacked() const { return !grown_; }

  // For tests: CHECKs all that holds between calls.
  void CheckConsistency() const;

 private:
  void Push(Side side, std::string_view text) {
    const EncodedElement element(text);
    if (nodes_.Size() > 0 && TryPush(side, element)) [[likely]]
      return;
    PushNewRoom(side, element);
  }
  [[nodiscard]] std::size_t End(Side side) const { return side == Side::kFront ? 0 : nodes_.Size() - 1; }
  bool TryPush(Side side, const EncodedElement& element) {
    const std::size_t i = End(side);
    const bool pushed = side == Side::kFront ? nodes_[i]->TryPushFront(element) : nodes_[i]->TryPushBack(element);
    if (pushed) nodes_.Recount(i);
    return pushed;
  }
  void PushNewRoom(Side side, const EncodedElement& element);
  void RemoveEnd(Side side);
  bool PopText(Side side, std::string* text);

  // False for an index that is not there.
  [[nodiscard]] bool Resolve(std::int64_t index, std::size_t* result) const;
  // The node at `i`, made plain.
  Node* PlainNode(std::size_t i);
  // The node `result`, which is in place of the one at `i`.
  void Replace(std::size_t i, Node* result);
  bool InsertAt(std::string_view pivot, std::size_t after, std::string_view text);
  void InsertInNode(NodeDirectory::Place place, const EncodedElement& element);
  void SplitForInsert(NodeDirectory::Place place, const EncodedElement& element);
  bool InsertInPrevious(std::size_t i, const EncodedElement& element);
  // Removes `count` elements from one end.
  void Cut(Side side, std::size_t count, List* removed);
  void JoinWithPrevious(std::size_t i);

  // Compresses the node at `i`, or makes it plain, as its distance from the ends asks.
  void Settle(std::size_t i);
  // The same for all nodes near the ends and the first beyond them, after nodes came or went.
  void SettleEnds();

  [[nodiscard]] ListpackSize EstimateListpack() const;
  [[nodiscard]] ListpackSize ExactListpack() const;

  NodeDirectory nodes_;
  ListOptions options_;
  bool grown_ = false;
};

template <typename Visitor>
void List::Pop(Side side, Visitor&& visit) {
  CHECK(!Empty());
  const Node* node = nodes_[End(side)];
  const std::size_t index = side == Side::kFront ? 0 : node->Count() - 1;
  visit(DecodeElement(node->At(node->Base(), index)));
  RemoveEnd(side);
}

template <typename Visitor>
bool List::Get(std::int64_t index, Visitor&& visit) const {
  std::size_t from_head = 0;
  if (!Resolve(index, &from_head)) return false;
  const NodeDirectory::Place place = nodes_.Locate(from_head);
  const Node* node = nodes_[place.node];
  NodeReader reader;
  visit(DecodeElement(node->At(reader.Base(node), place.index)));
  return true;
}

template <typename Visitor>
void List::ForRange(std::size_t start, std::size_t count, Direction direction, Visitor&& visit) const {
  ListCursor cursor = CursorAt(start, direction);
  Element element;
  for (; count > 0 && cursor.Next(&element); count--) visit(element);
}

template <typename Visitor>
void List::Find(std::string_view text, const FindOptions& options, Visitor&& visit) const {
  const Needle needle(text);
  MatchCounter counter(options);
  const bool forward = options.direction() == Direction::kForward;
  ListCursor cursor = CursorAt(forward || Empty() ? 0 : Size() - 1, options.direction());
  Element element;
  for (std::size_t seen = 0; !counter.Done() && cursor.Next(&element);) {
    if (needle.Matches(element) && counter.Report()) visit(forward ? seen : Size() - 1 - seen);
    if (++seen == options.max_seen) return;
  }
}

}  // namespace zedis::types

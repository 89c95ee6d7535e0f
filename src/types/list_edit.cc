// Changes in the middle of a list.
#include <algorithm>

#include "types/list.h"

namespace zedis::types {
namespace {

std::size_t CountMatches(std::string_view elements, const Needle& needle) {
  std::size_t matches = 0;
  const char* const end = elements.data() + elements.size();
  for (const char* at = elements.data(); at != end; at += ElementSize(at)) matches += needle.Matches(DecodeElement(at));
  return matches;
}

}  // namespace

bool List::Set(std::int64_t index, std::string_view text) {
  std::size_t from_head = 0;
  if (!Resolve(index, &from_head)) return false;
  const NodeDirectory::Place place = nodes_.Locate(from_head);
  const EncodedElement element(text);
  Node* node = PlainNode(place.node);
  Node* changed = Node::Replace(node, place.index, element);
  if (changed == nullptr) {
    // It has outgrown the node, which has other elements.
    node->Erase(place.index, 1);
    nodes_.Recount(place.node);
    InsertInNode(place, element);
    return true;
  }
  Replace(place.node, changed);
  Settle(place.node);
  return true;
}

void List::Insert(std::size_t index, std::string_view text) {
  CHECK(index <= Size());
  if (index == 0) return PushFront(text);
  if (index == Size()) return PushBack(text);
  InsertInNode(nodes_.Locate(index), EncodedElement(text));
}

bool List::InsertAt(std::string_view pivot, std::size_t after, std::string_view text) {
  const Needle needle(pivot);
  ListCursor cursor = CursorAt(0, Direction::kForward);
  Element element;
  for (std::size_t index = 0; cursor.Next(&element); index++) {
    if (!needle.Matches(element)) continue;
    Insert(index + after, text);
    return true;
  }
  return false;
}

// `place.index` may be the node's count: behind its last element.
void List::InsertInNode(NodeDirectory::Place place, const EncodedElement& element) {
  Node* node = PlainNode(place.node);
  Node* changed = Node::Insert(node, place.index, element);
  if (changed != nullptr) {
    Replace(place.node, changed);
  } else if (place.index > 0 || !InsertInPrevious(place.node, element)) {
    SplitForInsert(place, element);
    return;
  }
  Settle(place.node);
}

bool List::InsertInPrevious(std::size_t i, const EncodedElement& element) {
  if (i == 0) return false;
  Node* previous = PlainNode(i - 1);
  Node* changed = Node::Insert(previous, previous->Count(), element);
  if (changed != nullptr) Replace(i - 1, changed);
  Settle(i - 1);
  return changed != nullptr;
}

void List::SplitForInsert(NodeDirectory::Place place, const EncodedElement& element) {
  const std::size_t i = place.node;
  Node* node = nodes_[i];
  const std::size_t count = node->Count();
  const bool alone = count == 1 || element.size() > Node::kSharedElementBytesMax;
  // Alone: cut where it goes, and put it between. Else: cut in half, and try again.
  const std::size_t cut = alone ? place.index : count / 2;
  if (cut > 0 && cut < count) {
    Node* right = Node::SplitOff(node, cut);
    Replace(i, node);
    nodes_.Set(i, Node::Fit(node));
    nodes_.Insert(i + 1, right);
  }
  if (alone) {
    Node* fresh = Node::New(element.size(), 0, Side::kBack);
    const bool pushed = fresh->TryPushBack(element);
    CHECK(pushed);
    nodes_.Insert(cut == 0 ? i : i + 1, fresh);
  } else if (place.index <= cut) {
    InsertInNode(place, element);
  } else {
    InsertInNode({i + 1, place.index - cut}, element);
  }
  SettleEnds();
  for (std::size_t k = i; k < i + 3; k++) Settle(k);
}

std::size_t List::Remove(std::string_view text, std::int64_t count) {
  const Needle needle(text);
  const bool backward = count < 0;
  const auto wanted = static_cast<std::uint64_t>(count);
  const std::uint64_t limit = count == 0 ? UINT64_MAX : backward ? 0 - wanted : wanted;
  const std::size_t size = nodes_.Size();
  std::size_t removed = 0;
  NodeReader reader;
  for (std::size_t k = 0; k < size && removed < limit; k++) {
    const std::size_t i = backward ? size - 1 - k : k;
    const std::size_t matches = CountMatches(nodes_[i]->Elements(reader.Base(nodes_[i])), needle);
    if (matches == 0) continue;
    const std::size_t take = static_cast<std::size_t>(std::min<std::uint64_t>(matches, limit - removed));
    removed += PlainNode(i)->Remove(needle, backward ? matches - take : 0, take);
    nodes_.Recount(i);
    if (backward && i + 1 < size) {
      JoinWithPrevious(i + 1);
    } else if (!backward && i > 0) {
      JoinWithPrevious(i);
    }
    Settle(i);
  }
  if (removed == 0) return 0;
  nodes_.DeleteEmpty();
  SettleEnds();
  return removed;
}

// Of two neighbours that fit in one node makes one; the other stays behind, empty.
void List::JoinWithPrevious(std::size_t i) {
  Node* left = nodes_[i - 1];
  Node* right = nodes_[i];
  if (left->Count() == 0 || right->Count() == 0 || left->IsCompressed() || right->IsCompressed()) return;
  if (left->Bytes() + right->Bytes() > Node::kBlockBytesMax / 2) return;
  Node* joined = Node::Join(left, right);
  if (joined == nullptr) return;
  right->Erase(0, right->Count());
  nodes_.Set(i - 1, joined);
  nodes_.Recount(i);
}

void List::Keep(std::size_t start, std::size_t count, List* removed) {
  CHECK(start <= Size() && count <= Size() - start);
  Cut(Side::kBack, Size() - start - count, removed);
  Cut(Side::kFront, start, removed);
  SettleEnds();
}

void List::Cut(Side side, std::size_t count, List* removed) {
  while (count > 0) {
    const std::size_t end = End(side);
    const std::size_t in_node = nodes_.Count(end);
    if (in_node > count) break;
    count -= in_node;
    if (removed != nullptr) {
      nodes_.Give(side, &removed->nodes_);
    } else {
      Node::Delete(nodes_.Take(end));
    }
  }
  if (count == 0) return;
  const std::size_t end = End(side);
  Node* node = PlainNode(end);
  node->Erase(side == Side::kFront ? 0 : node->Count() - count, count);
  Replace(end, Node::FitAfterPop(node, side));
}

}  // namespace zedis::types

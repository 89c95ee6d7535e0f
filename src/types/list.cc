#include "types/list.h"

#include <algorithm>
#include <cstring>

namespace zedis::types {
namespace {

// A list of more nodes than this is no listpack, whatever the limit.
constexpr std::size_t kListpackNodesMax = 16;

}  // namespace

List::~List() { FreeSlice(SIZE_MAX); }

bool List::FreeSlice(std::size_t nodes) {
  for (; nodes > 0 && nodes_.Size() > 0; nodes--) Node::Delete(nodes_.Take(nodes_.Size() - 1));
  return nodes_.Size() == 0;
}

// --- Forms

std::unique_ptr<List> List::FromPacked(PackedListView packed, const ListOptions& options) {
  auto list = std::make_unique<List>(options);
  list->grown_ = packed.IsGrown();
  const std::string_view elements = packed.ElementBytes();
  if (elements.empty()) return list;
  if (elements.size() <= Node::kSharedElementBytesMax) {
    list->nodes_.Insert(0, Node::FromElements(elements, packed.Size()));
    return list;
  }
  IntegerText buffer;
  for (const Element element : packed) list->PushBack(element.Text(buffer));
  return list;
}

std::size_t List::TryPack(char* buffer, std::size_t capacity) const {
  if (Size() > kPackedCountMax || Size() + kPackedHeaderBytes > capacity) return 0;
  std::size_t bytes = kPackedHeaderBytes;
  for (std::size_t i = 0; i < nodes_.Size(); i++) {
    bytes += nodes_[i]->Bytes();
    if (bytes > capacity) return 0;
  }
  const PackedHeader header{.count = static_cast<std::uint16_t>(Size() & kPackedCountMax), .grown = grown_};
  std::memcpy(buffer, &header, sizeof(header));
  std::size_t at = sizeof(header);
  NodeReader reader;
  for (std::size_t i = 0; i < nodes_.Size(); i++) {
    const std::string_view elements = nodes_[i]->Elements(reader.Base(nodes_[i]));
    std::memcpy(buffer + at, elements.data(), elements.size());
    at += elements.size();
  }
  return bytes;
}

std::unique_ptr<List> List::Duplicate() const {
  auto copy = std::make_unique<List>(options_);
  copy->grown_ = grown_;
  for (std::size_t i = 0; i < nodes_.Size(); i++) copy->nodes_.Insert(i, Node::Copy(nodes_[i]));
  return copy;
}

// --- The ends

void List::PushNewRoom(Side side, const EncodedElement& element) {
  const std::size_t nodes = nodes_.Size();
  if (nodes > 0) {
    const std::size_t end = End(side);
    Node* roomy = Node::MakeRoom(nodes_[end], element.size(), side, nodes == 1);
    if (roomy != nullptr) {
      nodes_.Set(end, roomy);
      const bool pushed = TryPush(side, element);
      CHECK(pushed);
      return;
    }
    // It will be an inner node now: nothing is pushed to those.
    if (nodes > 1) nodes_.Set(end, Node::Fit(nodes_[end]));
  }
  // In a list of few nodes the room of a whole block would be a large part of it all.
  const std::size_t block = std::min(nodes_.AllocatedBytes() / 8, Node::kBlockBytesMax);
  Node* node = Node::New(element.size(), block, side);
  const bool pushed = side == Side::kFront ? node->TryPushFront(element) : node->TryPushBack(element);
  CHECK(pushed);
  nodes_.Insert(side == Side::kFront ? 0 : nodes, node);
  SettleEnds();
}

void List::RemoveEnd(Side side) {
  const std::size_t end = End(side);
  Node* node = nodes_[end];
  if (node->Count() == 1) {
    Node::Delete(nodes_.Take(end));
    SettleEnds();
    return;
  }
  if (side == Side::kFront) {
    node->PopFront();
  } else {
    node->PopBack();
  }
  Replace(end, Node::FitAfterPop(node, side));
}

bool List::PopText(Side side, std::string* text) {
  if (Empty()) return false;
  Pop(side, [&](const Element& element) {
    IntegerText buffer;
    text->assign(element.Text(buffer));
  });
  return true;
}

// --- Nodes

bool List::Resolve(std::int64_t index, std::size_t* result) const {
  const auto size = static_cast<std::int64_t>(Size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return false;
  *result = static_cast<std::size_t>(index);
  return true;
}

void List::Replace(std::size_t i, Node* result) {
  // The old node may be gone, so the directory compares with what it knows of it.
  if (nodes_[i] == result && nodes_.BlockBytes(i) == result->BlockBytes()) {
    nodes_.Recount(i);
  } else {
    nodes_.Set(i, result);
  }
}

Node* List::PlainNode(std::size_t i) {
  Node* node = nodes_[i];
  if (node->IsCompressed()) nodes_.Set(i, node = Node::Plain(node));
  return node;
}

void List::Settle(std::size_t i) {
  if (i >= nodes_.Size()) return;
  Node* node = nodes_[i];
  const auto depth = static_cast<std::size_t>(std::max(options_.compress_depth, 0));
  const bool inner = depth > 0 && i >= depth && i + depth < nodes_.Size();
  if (inner && !node->IsCompressed()) {
    nodes_.Set(i, Node::Compressed(node));
  } else if (!inner && node->IsCompressed()) {
    nodes_.Set(i, Node::Plain(node));
  }
}

void List::SettleEnds() {
  const std::size_t size = nodes_.Size();
  const auto depth = static_cast<std::size_t>(std::max(options_.compress_depth, 0));
  const std::size_t plain = std::min(std::max<std::size_t>(depth, 1), size);
  for (std::size_t i = 0; i < plain; i++) {
    PlainNode(i);
    PlainNode(size - 1 - i);
  }
  if (depth == 0 || size <= 2 * depth) return;
  Settle(depth);
  Settle(size - 1 - depth);
}

void List::SetOptions(const ListOptions& options) {
  const bool depth_changed = options.compress_depth != options_.compress_depth;
  options_ = options;
  if (depth_changed) SettleEnds();
}

// --- OBJECT ENCODING

ListpackSize List::EstimateListpack() const {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < nodes_.Size(); i++) bytes += nodes_[i]->Bytes();
  return ListpackSize::Estimate(bytes, Size());
}

ListpackSize List::ExactListpack() const {
  std::size_t bytes = kListpackFrameBytes;
  NodeReader reader;
  for (std::size_t i = 0; i < nodes_.Size(); i++) {
    const std::string_view elements = nodes_[i]->Elements(reader.Base(nodes_[i]));
    for (std::size_t at = 0; at < elements.size();) {
      const std::size_t size = ElementSize(elements.data() + at);
      bytes += ListpackElementBytes(size);
      at += size;
    }
  }
  return {.least = bytes, .most = bytes, .count = Size()};
}

void List::NoteGrowth(std::size_t text_bytes, std::size_t count) {
  if (grown_) return;
  ListpackSize size = EstimateListpack();
  LimitAnswer answer = ExceedsListpack(options_, size.Plus(text_bytes, count));
  if (answer == LimitAnswer::kLookCloser) {
    size = ExactListpack();
    answer = ExceedsListpack(options_, size.Plus(text_bytes, count));
  }
  grown_ = answer == LimitAnswer::kYes;
}

void List::NoteShrink() {
  if (!grown_ || nodes_.Size() > kListpackNodesMax) return;
  LimitAnswer answer = ShrinksToListpack(options_, EstimateListpack());
  if (answer == LimitAnswer::kLookCloser) answer = ShrinksToListpack(options_, ExactListpack());
  grown_ = answer != LimitAnswer::kYes;
}

void List::CheckConsistency() const {
  std::size_t elements = 0;
  NodeReader reader;
  for (std::size_t i = 0; i < nodes_.Size(); i++) {
    const Node* node = nodes_[i];
    CHECK(node->Count() > 0 && nodes_.BlockBytes(i) == node->BlockBytes());
    elements += node->Count();
    node->CheckConsistency(reader.Base(node));
  }
  CHECK(elements == Size());
  CHECK(nodes_.Size() == 0 || (!nodes_.Front()->IsCompressed() && !nodes_.Back()->IsCompressed()));
}

}  // namespace zedis::types

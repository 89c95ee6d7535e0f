// Changes in the middle of a node, and of a node as a whole.
#include <algorithm>
#include <cstring>

#include "types/allocate.h"
#include "types/list_node.h"

namespace zedis::types {

void Node::WalkTable(std::size_t group) {
  const std::size_t entries = Entries();
  const char* at = area() + GroupOffset(group);
  std::size_t steps = group == 0 ? kGroup - phase_ : kGroup;
  for (; group < entries; group++, steps = kGroup) {
    for (; steps > 0; steps--) at += ElementSize(at);
    table()[Slot(group)] = static_cast<std::uint16_t>(at - area());
  }
}

Node* Node::Insert(Node* node, std::size_t index, const EncodedElement& element) {
  const std::size_t size = element.size();
  const bool table_fits = node->TableFits(Side::kBack);
  if (!node->IsShared()) return nullptr;
  if (!table_fits || size > node->capacity_ - node->end_) {
    if (table_fits && size <= node->capacity_ - node->Bytes()) {
      node->SlideTo(0);
    } else {
      Node* roomy = MakeRoom(node, size, Side::kBack, true);
      if (roomy == nullptr) return nullptr;
      node = roomy;
    }
  }
  if (index == node->count_) {
    const bool pushed = node->TryPushBack(element);
    CHECK(pushed);
    return node;
  }
  char* at = node->area() + (node->At(node->area(), index) - node->area());
  std::memmove(at + size, at, static_cast<std::size_t>(node->area() + node->end_ - at));
  element.WriteTo(at);
  node->end_ += static_cast<std::uint32_t>(size);
  node->count_++;
  node->WalkTable((node->phase_ + index) / kGroup);
  return node;
}

Node* Node::Replace(Node* node, std::size_t index, const EncodedElement& element) {
  const std::size_t old_size = ElementSize(node->At(node->area(), index));
  const std::size_t size = element.size();
  const std::size_t used = node->Bytes() - old_size + size;
  if (used > node->capacity_ || (size > kSharedElementBytesMax && node->count_ > 1)) {
    if (node->count_ == 1) {
      Node* alone = New(size, 0, Side::kBack);
      const bool pushed = alone->TryPushBack(element);
      CHECK(pushed);
      Delete(node);
      return alone;
    }
    if (size > kSharedElementBytesMax) return nullptr;
    const Shape shape = ShapeFor(used, node->count_, node->block_bytes_);
    if (shape.block_bytes > kBlockBytesMax) return nullptr;
    node = Rebuild(node, shape, 0);
  }
  if (size > old_size && size - old_size > node->capacity_ - node->end_) node->SlideTo(0);
  char* area = node->area();
  char* at = area + (node->At(area, index) - area);
  if (size == old_size) {
    element.WriteTo(at);
    return node;
  }
  std::memmove(at + size, at + old_size, static_cast<std::size_t>(area + node->end_ - at) - old_size);
  element.WriteTo(at);
  const auto shift = static_cast<std::uint32_t>(size - old_size);
  node->end_ += shift;
  for (std::size_t i = (node->phase_ + index) / kGroup; i < node->Entries(); i++) {
    std::uint16_t& offset = node->table()[node->Slot(i)];
    offset = static_cast<std::uint16_t>(offset + shift);
  }
  return node;
}

void Node::Erase(std::size_t index, std::size_t count) {
  CHECK(index <= count_ && count <= count_ - index);
  if (count == 0) return;
  char* base = area();
  char* from = base + (At(base, index) - base);
  const char* to = index + count < count_ ? At(base, index + count) : base + end_;
  const std::size_t group = (phase_ + index) / kGroup;
  std::memmove(from, to, static_cast<std::size_t>(base + end_ - to));
  end_ -= static_cast<std::uint32_t>(to - from);
  count_ = static_cast<std::uint16_t>(count_ - count);
  if (group < Entries()) WalkTable(group);
}

std::size_t Node::Remove(const Needle& needle, std::size_t keep, std::size_t limit) {
  char* to = area() + begin_;
  const char* const end = area() + end_;
  std::size_t removed = 0;
  for (const char* at = to; at != end;) {
    const std::size_t size = ElementSize(at);
    bool drop = removed < limit && needle.Matches(DecodeElement(at));
    if (drop && keep > 0) {
      keep--;
      drop = false;
    }
    if (drop) {
      removed++;
    } else {
      if (removed > 0) std::memmove(to, at, size);
      to += size;
    }
    at += size;
  }
  if (removed == 0) return 0;
  end_ = static_cast<std::uint32_t>(to - area());
  count_ = static_cast<std::uint16_t>(count_ - removed);
  WalkTable(0);
  return removed;
}

Node* Node::SplitOff(Node* node, std::size_t index) {
  CHECK(index > 0 && index < node->count_);
  const char* base = node->area();
  const auto offset = static_cast<std::size_t>(node->At(base, index) - base);
  Node* right = FromElements({base + offset, node->end_ - offset}, node->count_ - index);
  node->end_ = static_cast<std::uint32_t>(offset);
  node->count_ = static_cast<std::uint16_t>(index);
  return right;
}

Node* Node::Join(Node* left, const Node* right) {
  if (!left->IsShared() || !right->IsShared()) return nullptr;
  const std::size_t bytes = left->Bytes() + right->Bytes();
  const std::size_t count = left->Count() + right->Count();
  const Shape shape = ShapeFor(bytes, count, 0);
  // A joined node must not be split again by the next insertion.
  if (shape.block_bytes > kBlockBytesMax / 4 * 3) return nullptr;
  const std::size_t groups = left->Entries();
  Node* joined = Rebuild(left, shape, 0);
  std::memcpy(joined->area() + joined->end_, right->area() + right->begin_, right->Bytes());
  joined->end_ += static_cast<std::uint32_t>(right->Bytes());
  joined->count_ = static_cast<std::uint16_t>(count);
  joined->WalkTable(groups);
  return joined;
}

Node* Node::Fit(Node* node) {
  const Shape shape = TightShape(node->Bytes(), node->Entries());
  if (shape.block_bytes >= node->block_bytes_ - node->block_bytes_ / 16) return node;
  return Rebuild(node, shape, 0);
}

Node* Node::FitAfterPop(Node* node, Side room) {
  if (node->Bytes() >= node->block_bytes_ / 4 || node->block_bytes_ <= 4 * kBlockBytesMin || node->count_ == 0) {
    return node;
  }
  const Shape shape = ShapeFor(node->Bytes(), node->count_, node->block_bytes_ / 2);
  if (shape.block_bytes >= node->block_bytes_) return node;
  return Rebuild(node, shape, room == Side::kBack ? 0 : shape.capacity - node->Bytes());
}

}  // namespace zedis::types

#include "types/list_node.h"

#include <algorithm>
#include <cstring>

#include "types/allocate.h"

namespace zedis::types {
// --- Blocks

Node::Shape Node::ShapeFor(std::size_t bytes, std::size_t count, std::size_t block_bytes) {
  const std::size_t entries = EntriesFor(count);
  const std::size_t needed = sizeof(Node) + 2 * entries + bytes;
  const std::size_t block = RoundToSizeClass(std::max({needed, block_bytes, kBlockBytesMin}));
  const std::size_t room = block - sizeof(Node);
  if (block > kBlockBytesMax) return {block, entries, room - 2 * entries};
  // As many entries as a block full of such elements has use for, and some in case they become smaller.
  const std::size_t mean = std::max<std::size_t>(bytes / count, 1);
  const std::size_t expected = room / (kGroup * mean + 2) + 1;
  const std::size_t wanted = std::max(expected, entries + entries / 4);
  const std::size_t table = std::clamp(wanted, entries, (room - bytes) / 2);
  return {block, table, room - 2 * table};
}

Node::Shape Node::TightShape(std::size_t bytes, std::size_t entries) {
  const std::size_t block = RoundToSizeClass(std::max(sizeof(Node) + 2 * entries + bytes, kBlockBytesMin));
  return {block, entries, block - sizeof(Node) - 2 * entries};
}

Node* Node::Allocate(const Shape& shape) {
  auto* node = static_cast<Node*>(types::Allocate(shape.block_bytes));
  *node = Node{};
  node->block_bytes_ = static_cast<std::uint32_t>(shape.block_bytes);
  node->table_capacity_ = static_cast<std::uint16_t>(shape.table_capacity);
  node->capacity_ = static_cast<std::uint32_t>(shape.capacity);
  return node;
}

Node* Node::New(std::size_t bytes, std::size_t block_bytes, Side room) {
  Node* node = Allocate(ShapeFor(bytes, 1, bytes > kSharedElementBytesMax ? 0 : block_bytes));
  if (room == Side::kFront) node->begin_ = node->end_ = node->capacity_;
  return node;
}

Node* Node::FromElements(std::string_view elements, std::size_t count) {
  Node* node = Allocate(ShapeFor(elements.size(), count, 0));
  std::memcpy(node->area(), elements.data(), elements.size());
  node->end_ = static_cast<std::uint32_t>(elements.size());
  node->count_ = static_cast<std::uint16_t>(count);
  node->WalkTable(0);
  return node;
}

Node* Node::Copy(const Node* node) {
  void* copy = types::Allocate(node->block_bytes_);
  std::memcpy(copy, node, node->block_bytes_);
  return static_cast<Node*>(copy);
}

void Node::Delete(Node* node) { types::Free(node); }

Node* Node::Rebuild(Node* node, const Shape& shape, std::size_t begin) {
  Node* copy = Allocate(shape);
  const std::size_t bytes = node->Bytes();
  const std::size_t entries = node->Entries();
  DCHECK(begin + bytes <= shape.capacity && entries <= shape.table_capacity);
  std::memcpy(copy->area() + begin, node->area() + node->begin_, bytes);
  for (std::size_t i = 0; i < entries; i++) {
    copy->table()[i] = static_cast<std::uint16_t>(node->table()[node->Slot(i)] - node->begin_ + begin);
  }
  copy->begin_ = static_cast<std::uint32_t>(begin);
  copy->end_ = static_cast<std::uint32_t>(begin + bytes);
  copy->count_ = node->count_;
  copy->phase_ = node->phase_;
  Delete(node);
  return copy;
}

// --- Reading

const char* Node::At(const char* base, std::size_t index) const {
  DCHECK(index < count_);
  const std::size_t group = (phase_ + index) / kGroup;
  const char* at = base + GroupOffset(group);
  for (std::size_t steps = index - GroupStart(index); steps > 0; steps--) at += ElementSize(at);
  return at;
}

// --- The ends

bool Node::TryPushBack(const EncodedElement& element) {
  if (element.size() > capacity_ - end_ || !MayShare()) return false;
  if (count_ == 0) {
    phase_ = 0;
    table_head_ = 0;
  } else if ((phase_ + count_) % kGroup == 0) {
    const std::size_t entries = Entries();
    if (entries >= table_capacity_) return false;
    table()[Slot(entries)] = static_cast<std::uint16_t>(end_);
  }
  element.WriteTo(area() + end_);
  end_ += static_cast<std::uint32_t>(element.size());
  count_++;
  return true;
}

bool Node::TryPushFront(const EncodedElement& element) {
  if (element.size() > begin_ || !MayShare()) return false;
  if (count_ == 0) {
    phase_ = kGroup - 1;
    table_head_ = 0;
  } else if (phase_ > 0) {
    phase_--;
  } else {
    // What was the first group is now the second: the table must know where it begins.
    if (Entries() >= table_capacity_) return false;
    table_head_ = static_cast<std::uint16_t>((table_head_ == 0 ? table_capacity_ : table_head_) - 1);
    table()[table_head_] = static_cast<std::uint16_t>(begin_);
    phase_ = kGroup - 1;
  }
  begin_ -= static_cast<std::uint32_t>(element.size());
  element.WriteTo(area() + begin_);
  count_++;
  return true;
}

void Node::PopFront() {
  DCHECK(count_ > 0);
  begin_ += static_cast<std::uint32_t>(ElementSize(area() + begin_));
  count_--;
  if (++phase_ < kGroup) return;
  phase_ = 0;
  // The second group, if there is one, becomes the first.
  if (count_ > 0) table_head_ = static_cast<std::uint16_t>(Slot(1));
}

void Node::PopBack() {
  DCHECK(count_ > 0);
  // The entry of a group that is now empty is not counted any more (Entries).
  end_ = static_cast<std::uint32_t>(At(area(), count_ - 1U) - area());
  count_--;
}

std::size_t Node::BeginFor(std::size_t free, std::size_t bytes, Side side, bool both_sides) const {
  const bool back = side == Side::kBack;
  const bool other_side_used = back ? begin_ > 0 : end_ < capacity_;
  const std::size_t other = both_sides && other_side_used ? (free - bytes) / 4 : 0;
  return back ? other : free - other;
}

Node* Node::MakeRoom(Node* node, std::size_t bytes, Side side, bool both_sides) {
  if (!node->IsShared() || bytes > kSharedElementBytesMax) return nullptr;
  const std::size_t used = node->Bytes();
  const std::size_t free = node->capacity_ - used;
  if (node->TableFits(side) && free >= bytes && free >= node->capacity_ / 4) {
    node->SlideTo(node->BeginFor(free, bytes, side, both_sides));
    return node;
  }
  const std::size_t side_room = side == Side::kBack ? node->capacity_ - node->end_ : node->begin_;
  std::size_t block = node->block_bytes_;
  if (side_room < bytes) block++;  // the next size class
  if (side_room < bytes && node->block_bytes_ >= kBlockBytesMax) return nullptr;
  const Shape shape = ShapeFor(used + bytes, node->count_ + 1U, std::min(block, kBlockBytesMax));
  if (shape.block_bytes > kBlockBytesMax) return nullptr;
  return Rebuild(node, shape, node->BeginFor(shape.capacity - used, bytes, side, both_sides));
}

void Node::SlideTo(std::size_t begin) {
  const auto shift = static_cast<std::uint32_t>(begin) - begin_;
  if (shift == 0) return;
  std::memmove(area() + begin, area() + begin_, Bytes());
  for (std::size_t i = Entries(); i-- > 0;) {
    std::uint16_t& offset = table()[Slot(i)];
    offset = static_cast<std::uint16_t>(offset + shift);
  }
  begin_ += shift;
  end_ += shift;
}

void Node::CheckConsistency(const char* base) const {
  CHECK(begin_ <= end_ && end_ <= capacity_ && phase_ < kGroup);
  CHECK(Entries() <= table_capacity_ && (table_head_ < table_capacity_ || Entries() == 0));
  std::size_t offset = begin_;
  for (std::size_t i = 0; i < count_; i++) {
    CHECK(offset < end_);
    if (i > 0 && (phase_ + i) % kGroup == 0) CHECK(GroupOffset((phase_ + i) / kGroup) == offset);
    const std::optional<std::size_t> size = CheckedElementSize({base + offset, end_ - offset});
    CHECK(size.has_value());
    offset += *size;
  }
  CHECK(offset == end_);
}

}  // namespace zedis::types

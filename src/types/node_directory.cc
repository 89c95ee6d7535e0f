#include "types/node_directory.h"

#include "types/allocate.h"

namespace zedis::types {
namespace {

constexpr std::size_t kStep = 16;

std::size_t Sum(const std::uint32_t* counts) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < kStep; i++) sum += counts[i];
  return sum;
}

}  // namespace

NodeDirectory::~NodeDirectory() {
  if (!IsInline()) Free(ring_.nodes);
}

void NodeDirectory::Write(std::size_t slot, Node* node) {
  nodes()[slot] = node;
  counts()[slot] = static_cast<std::uint32_t>(node->Count());
  block_bytes()[slot] = static_cast<std::uint32_t>(node->BlockBytes());
  elements_ += node->Count();
  node_bytes_ += node->BlockBytes();
}

void NodeDirectory::MoveSlot(std::size_t from, std::size_t to) {
  nodes()[to] = nodes()[from];
  counts()[to] = counts()[from];
  block_bytes()[to] = block_bytes()[from];
}

void NodeDirectory::Resize(std::size_t capacity) {
  const std::size_t per_node = sizeof(Node*) + 2 * sizeof(std::uint32_t);
  Ring ring{};
  Inline few{};
  if (capacity == kInline) {
    ring = {few.nodes, few.counts, few.block_bytes};
  } else {
    ring.nodes = static_cast<Node**>(Allocate(capacity * per_node));
    ring.counts = reinterpret_cast<std::uint32_t*>(ring.nodes + capacity);
    ring.block_bytes = ring.counts + capacity;
  }
  for (std::size_t i = 0; i < size_; i++) {
    const std::size_t slot = Slot(i);
    ring.nodes[i] = nodes()[slot];
    ring.counts[i] = counts()[slot];
    ring.block_bytes[i] = block_bytes()[slot];
  }
  if (!IsInline()) Free(ring_.nodes);
  if (capacity == kInline) {
    inline_ = few;
    ring_bytes_ = 0;
  } else {
    ring_ = ring;
    ring_bytes_ = types::AllocatedBytes(ring.nodes);
  }
  capacity_ = static_cast<std::uint32_t>(capacity);
  head_ = 0;
}

void NodeDirectory::Set(std::size_t i, Node* node) {
  const std::size_t slot = Slot(i);
  elements_ -= counts()[slot];
  node_bytes_ -= block_bytes()[slot];
  Write(slot, node);
}

std::size_t NodeDirectory::Open(std::size_t i) {
  CHECK(i <= size_);
  if (size_ == capacity_) Resize(capacity_ == kInline ? kStep : capacity_ * std::size_t{2});
  if (i < size_ - i) {
    head_ = static_cast<std::uint32_t>(Slot(capacity_ - 1U));
    for (std::size_t k = 0; k < i; k++) MoveSlot(Slot(k + 1), Slot(k));
  } else {
    for (std::size_t k = size_; k > i; k--) MoveSlot(Slot(k - 1), Slot(k));
  }
  size_++;
  return Slot(i);
}

void NodeDirectory::Close(std::size_t i) {
  if (i < size_ - 1 - i) {
    for (std::size_t k = i; k > 0; k--) MoveSlot(Slot(k - 1), Slot(k));
    head_ = static_cast<std::uint32_t>(Slot(1));
  } else {
    for (std::size_t k = i; k + 1 < size_; k++) MoveSlot(Slot(k + 1), Slot(k));
  }
  size_--;
  ShrinkRing();
}

void NodeDirectory::ShrinkRing() {
  if (capacity_ > kStep && size_ < capacity_ / 4) Resize(capacity_ / 2);
  if (capacity_ == kStep && size_ < kInline) Resize(kInline);
}

void NodeDirectory::Insert(std::size_t i, Node* node) { Write(Open(i), node); }

Node* NodeDirectory::Take(std::size_t i) {
  CHECK(i < size_);
  const std::size_t slot = Slot(i);
  Node* node = nodes()[slot];
  elements_ -= counts()[slot];
  node_bytes_ -= block_bytes()[slot];
  Close(i);
  return node;
}

void NodeDirectory::Give(Side side, NodeDirectory* other) {
  CHECK(size_ > 0);
  const std::size_t i = side == Side::kFront ? 0 : size_ - 1;
  const std::size_t from = Slot(i);
  const std::size_t to = other->Open(other->size_);
  other->nodes()[to] = nodes()[from];
  other->counts()[to] = counts()[from];
  other->block_bytes()[to] = block_bytes()[from];
  other->elements_ += counts()[from];
  other->node_bytes_ += block_bytes()[from];
  Take(i);
}

void NodeDirectory::DeleteEmpty() {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < size_; i++) {
    const std::size_t slot = Slot(i);
    if (counts()[slot] == 0) {
      node_bytes_ -= block_bytes()[slot];
      Node::Delete(nodes()[slot]);
    } else {
      if (kept != i) MoveSlot(slot, Slot(kept));
      kept++;
    }
  }
  size_ = static_cast<std::uint32_t>(kept);
  ShrinkRing();
}

NodeDirectory::Place NodeDirectory::Locate(std::size_t index) const {
  DCHECK(index < elements_);
  return index <= elements_ / 2 ? LocateForward(index) : LocateBackward(elements_ - 1 - index);
}

NodeDirectory::Place NodeDirectory::LocateForward(std::size_t index) const {
  std::size_t i = 0;
  if (size_ > 2 * kStep) {
    // Whole aligned steps; a step never wraps, since the capacity is a multiple of it.
    for (; Slot(i) % kStep != 0; i++) {
      const std::size_t count = counts()[Slot(i)];
      if (index < count) return {i, index};
      index -= count;
    }
    for (; i + kStep <= size_; i += kStep) {
      const std::size_t sum = Sum(counts() + Slot(i));
      if (index < sum) break;
      index -= sum;
    }
  }
  for (;; i++) {
    const std::size_t count = counts()[Slot(i)];
    if (index < count) return {i, index};
    index -= count;
  }
}

NodeDirectory::Place NodeDirectory::LocateBackward(std::size_t from_end) const {
  std::size_t end = size_;
  if (size_ > 2 * kStep) {
    for (; Slot(end) % kStep != 0; end--) {
      const std::size_t count = counts()[Slot(end - 1)];
      if (from_end < count) return {end - 1, count - 1 - from_end};
      from_end -= count;
    }
    for (; end >= kStep; end -= kStep) {
      const std::size_t sum = Sum(counts() + Slot(end - kStep));
      if (from_end < sum) break;
      from_end -= sum;
    }
  }
  for (;; end--) {
    const std::size_t count = counts()[Slot(end - 1)];
    if (from_end < count) return {end - 1, count - 1 - from_end};
    from_end -= count;
  }
}

}  // namespace zedis::types

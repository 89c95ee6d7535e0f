#include "types/list_cursor.h"

namespace zedis::types {

ListCursor::ListCursor(const NodeDirectory& nodes, std::size_t start, Direction direction)
    : nodes_(nodes), direction_(direction) {
  const bool forward = direction == Direction::kForward;
  if (start >= nodes.Elements()) {
    node_ = forward ? nodes.Size() : 0;
    return;
  }
  const NodeDirectory::Place place = nodes.Locate(start);
  const Node* node = nodes[place.node];
  node_ = place.node;
  base_ = reader_.Base(node);
  if (forward) {
    at_ = node->At(base_, place.index);
    left_ = node->Count() - place.index;
  } else {
    left_ = place.index + 1;
  }
}

bool ListCursor::NextNode() {
  if (node_ + 1 >= nodes_.Size()) return false;
  const Node* node = nodes_[++node_];
  base_ = reader_.Base(node);
  at_ = node->Elements(base_).data();
  left_ = node->Count();
  return true;
}

bool ListCursor::PreviousGroup() {
  if (left_ == 0) {
    if (node_ == 0) return false;
    const Node* node = nodes_[--node_];
    base_ = reader_.Base(node);
    left_ = node->Count();
  }
  const Node* node = nodes_[node_];
  const std::size_t first = node->GroupStart(left_ - 1);
  const char* at = node->At(base_, first);
  while (first + group_left_ < left_) {
    group_[group_left_++] = at;
    if (first + group_left_ < left_) at += ElementSize(at);
  }
  left_ = first;
  return true;
}

}  // namespace zedis::types

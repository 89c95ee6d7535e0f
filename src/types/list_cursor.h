// Goes through a list's elements in either direction. Any change of the list ends its use.
#pragma once

#include <cstddef>
#include <cstdint>

#include "types/element.h"
#include "types/list_node.h"
#include "types/list_search.h"
#include "types/node_directory.h"

namespace zedis::types {

class ListCursor {
 public:
  // Begins with the element at `start`; past the end if there is none.
  ListCursor(const NodeDirectory& nodes, std::size_t start, Direction direction);

  // Gives the next element; false at the end. A text lives until the cursor leaves its node.
  bool Next(Element* element) {
    if (direction_ == Direction::kForward) {
      if (left_ == 0 && !NextNode()) return false;
      left_--;
      *element = DecodeElement(at_);
      at_ += ElementSize(at_);
      return true;
    }
    if (group_left_ == 0 && !PreviousGroup()) return false;
    *element = DecodeElement(group_[--group_left_]);
    return true;
  }

 private:
  bool NextNode();
  bool PreviousGroup();

  const NodeDirectory& nodes_;
  Direction direction_;
  std::size_t node_ = 0;  // index of the node the cursor is in
  std::size_t left_ = 0;  // elements of it not yet given
  const char* base_ = nullptr;
  const char* at_ = nullptr;  // forward: the next element
  std::size_t group_left_ = 0;
  const char* group_[Node::kGroup];  // backward: where the elements of the current group begin
  NodeReader reader_;
};

}  // namespace zedis::types

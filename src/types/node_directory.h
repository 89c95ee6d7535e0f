// The nodes of a list in order, as a ring of pointers that grows at both ends.
//
// Finding the node that holds an index adds up the counts of the nodes before it, or after it if that is nearer. The
// counts lie beside each other (a linked list would miss the cache at every node): of a million elements of
// ten bytes they take 5.5 KiB. Inserting a node in the middle moves the shorter side.
#pragma once

#include <cstddef>
#include <cstdint>

#include "types/list_node.h"

namespace zedis::types {

class NodeDirectory {
 public:
  NodeDirectory() = default;
  NodeDirectory(const NodeDirectory&) = delete;
  NodeDirectory& operator=(const NodeDirectory&) = delete;
  // Does not delete nodes.
  ~NodeDirectory();

  [[nodiscard]] std::size_t Size() const { return size_; }
  [[nodiscard]] std::size_t Elements() const { return elements_; }
  // Bytes of all blocks and of the ring itself.
  [[nodiscard]] std::size_t AllocatedBytes() const { return node_bytes_ + ring_bytes_; }
  [[nodiscard]] Node* operator[](std::size_t i) const { return nodes()[Slot(i)]; }
  // What the directory knows of the node at `i`, without touching it.
  [[nodiscard]] std::size_t Count(std::size_t i) const { return counts()[Slot(i)]; }
  [[nodiscard]] std::size_t BlockBytes(std::size_t i) const { return block_bytes()[Slot(i)]; }
  [[nodiscard]] Node* Front() const { return (*this)[0]; }
  [[nodiscard]] Node* Back() const { return (*this)[size_ - 1]; }

  // Puts `node` at `i`: in place of what is there, or between that and the one before it.
  void Set(std::size_t i, Node* node);
  void Insert(std::size_t i, Node* node);
  // Forgets the node at `i` and returns it.
  Node* Take(std::size_t i);
  // Hands the first or last node over to the back of `other`, without touching the node itself.
  void Give(Side side, NodeDirectory* other);
  // Deletes the nodes that have no elements, in one pass.
  void DeleteEmpty();
  // After the elements of the node at `i` have changed in number, but not its block.
  void Recount(std::size_t i) {
    const std::size_t slot = Slot(i);
    const auto count = static_cast<std::uint32_t>(nodes()[slot]->Count());
    elements_ += std::size_t{count} - counts()[slot];
    counts()[slot] = count;
  }

  struct Place {
    std::size_t node;
    std::size_t index;  // within the node
  };
  // REQUIRES: index < Elements(). O(Size()), a fraction of a nanosecond each.
  [[nodiscard]] Place Locate(std::size_t index) const;

 private:
  // Most lists have one or two nodes, which need no ring.
  static constexpr std::size_t kInline = 2;

  struct Ring {
    Node** nodes;
    std::uint32_t* counts;
    std::uint32_t* block_bytes;
  };
  struct Inline {
    Node* nodes[kInline];
    std::uint32_t counts[kInline];
    std::uint32_t block_bytes[kInline];
  };

  [[nodiscard]] bool IsInline() const { return capacity_ == kInline; }
  [[nodiscard]] Node** nodes() { return IsInline() ? inline_.nodes : ring_.nodes; }
  [[nodiscard]] Node* const* nodes() const { return IsInline() ? inline_.nodes : ring_.nodes; }
  [[nodiscard]] std::uint32_t* counts() { return IsInline() ? inline_.counts : ring_.counts; }
  [[nodiscard]] const std::uint32_t* counts() const { return IsInline() ? inline_.counts : ring_.counts; }
  [[nodiscard]] std::uint32_t* block_bytes() { return IsInline() ? inline_.block_bytes : ring_.block_bytes; }
  [[nodiscard]] const std::uint32_t* block_bytes() const {
    return IsInline() ? inline_.block_bytes : ring_.block_bytes;
  }
  [[nodiscard]] std::size_t Slot(std::size_t i) const { return (head_ + i) & (capacity_ - 1U); }

  void Write(std::size_t slot, Node* node);
  // Opens the slot of a new node at `i`; closes that of a node that is gone.
  std::size_t Open(std::size_t i);
  void Close(std::size_t i);
  void ShrinkRing();
  void MoveSlot(std::size_t from, std::size_t to);
  void Resize(std::size_t capacity);
  [[nodiscard]] Place LocateForward(std::size_t index) const;
  [[nodiscard]] Place LocateBackward(std::size_t from_end) const;

  // clang-tidy takes the members of a nameless union for public ones.
  union {
    Inline inline_ = {};  // NOLINT(readability-identifier-naming)
    Ring ring_;           // NOLINT(readability-identifier-naming)
  };
  std::size_t elements_ = 0;
  std::size_t node_bytes_ = 0;
  std::size_t ring_bytes_ = 0;
  std::uint32_t capacity_ = kInline;  // a power of two
  std::uint32_t head_ = 0;
  std::uint32_t size_ = 0;
};

}  // namespace zedis::types

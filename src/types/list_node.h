// A node of a list: up to a few hundred elements in one block.
//
//   +------+------------------+------------+-----------------+------------+
//   | Node | u16 table[]      | free space | elements ...    | free space |
//   +------+------------------+------------+-----------------+------------+
//                             0          begin             end      capacity
//
// Free space on either side makes pushing and popping cheap at both ends: nothing moves.
//
// The table tells where every 16th element begins, so that reaching one means walking past 15 at most; it costs an
// eighth of a byte per element, where a length behind each element (as in Redis) costs a whole one. Elements
// are cut into groups of 16, of which the first may be the tail of a group whose beginning was popped:
//
//   phase = 13:     . . . . . . . . . . . . . a b c | d e f g ... | ...        a is the 14th of its group
//
// The first group begins at `begin`; the table holds the beginnings of the others. It is a ring, so that a pop or
// a push at the front drops or adds an entry without moving the others.
//
// An element of more than kSharedElementBytesMax begins a node of its own size; above kBlockBytesMax it stays alone.
// A compressed node keeps its table beside the compressed elements; reading it needs a copy of the elements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "types/element.h"

namespace zedis::types {

enum class Side : std::uint8_t { kFront, kBack };

class Node {
 public:
  // Bytes of a block that is shared by elements, at most: the larger, the fewer blocks, but inserting in the
  // middle moves half of one. Offsets in the table have 16 bits.
  static constexpr std::size_t kBlockBytesMax = 8192;
  static constexpr std::size_t kBlockBytesMin = 128;
  static constexpr std::size_t kSharedElementBytesMax = 4000;
  static constexpr std::size_t kGroup = 16;

  // An empty node for elements like `bytes`; a block of about `block_bytes`, all of its room on this side.
  static Node* New(std::size_t bytes, std::size_t block_bytes, Side room);
  // A node of these elements. REQUIRES: they fit in one node, or are one element
  static Node* FromElements(std::string_view elements, std::size_t count);
  static Node* Copy(const Node* node);
  static void Delete(Node* node);

  [[nodiscard]] std::size_t Count() const { return count_; }
  [[nodiscard]] std::size_t Bytes() const { return end_ - begin_; }
  [[nodiscard]] std::size_t BlockBytes() const { return block_bytes_; }
  [[nodiscard]] bool IsCompressed() const { return compressed_bytes_ != 0; }
  [[nodiscard]] bool IsShared() const { return block_bytes_ <= kBlockBytesMax; }

  // --- Reading. `base` is Base(), or for a compressed node a buffer of Bytes() that Decompress has filled.
  [[nodiscard]] const char* Base() const {
    DCHECK(!IsCompressed());
    return area();
  }
  void Decompress(char* to) const;
  [[nodiscard]] std::string_view Elements(const char* base) const { return {base + begin_, Bytes()}; }
  // Where the element at `index` begins. Walks past 15 elements at most. REQUIRES: index < Count()
  [[nodiscard]] const char* At(const char* base, std::size_t index) const;
  // The index of the first element of the group that holds `index`.
  [[nodiscard]] std::size_t GroupStart(std::size_t index) const {
    const std::size_t group = (phase_ + index) / kGroup;
    return group == 0 ? 0 : group * kGroup - phase_;
  }

  // --- Changing a node that is not compressed. A Node* returned replaces the one given, which may be gone; null
  // means that the node is full and has not changed.
  [[nodiscard]] bool TryPushBack(const EncodedElement& element);
  [[nodiscard]] bool TryPushFront(const EncodedElement& element);
  void PopFront();
  void PopBack();
  // Makes room for a push of `bytes` at this side, leaving some at the other if `both_sides`. Amortised: moves
  // or copies the node only after a quarter of it was pushed or popped.
  [[nodiscard]] static Node* MakeRoom(Node* node, std::size_t bytes, Side side, bool both_sides);
  [[nodiscard]] static Node* Insert(Node* node, std::size_t index, const EncodedElement& element);
  [[nodiscard]] static Node* Replace(Node* node, std::size_t index, const EncodedElement& element);
  void Erase(std::size_t index, std::size_t count);
  // Removes up to `limit` elements equal to the needle after passing over the first `keep` of them.
  std::size_t Remove(const Needle& needle, std::size_t keep, std::size_t limit);
  // Moves the elements from `index` on to a new node. REQUIRES: 0 < index < Count()
  [[nodiscard]] static Node* SplitOff(Node* node, std::size_t index);
  // Appends the elements of `right`; neither is compressed. Null if they do not fit well.
  [[nodiscard]] static Node* Join(Node* left, const Node* right);
  // Gives back unused room if that is worth a copy.
  [[nodiscard]] static Node* Fit(Node* node);
  // After pops: a smaller block if three quarters are unused.
  [[nodiscard]] static Node* FitAfterPop(Node* node, Side room);

  // Both return the node itself if there is nothing to do or to win.
  [[nodiscard]] static Node* Compressed(Node* node);
  [[nodiscard]] static Node* Plain(Node* node);

  // For tests: CHECKs the table and the bounds.
  void CheckConsistency(const char* base) const;

 private:
  struct Shape {
    std::size_t block_bytes;
    std::size_t table_capacity;
    std::size_t capacity;
  };
  // Entries that `count` elements may need, whatever the phase, and one to spare for a group begun at the front.
  static constexpr std::size_t EntriesFor(std::size_t count) { return (count + 2 * kGroup - 2) / kGroup; }
  static Shape ShapeFor(std::size_t bytes, std::size_t count, std::size_t block_bytes);
  static Shape TightShape(std::size_t bytes, std::size_t entries);
  static Node* Allocate(const Shape& shape);
  // A copy of `node` in a block of this shape, its elements at `begin`; deletes `node`.
  static Node* Rebuild(Node* node, const Shape& shape, std::size_t begin);

  [[nodiscard]] std::uint16_t* table() { return reinterpret_cast<std::uint16_t*>(this + 1); }
  [[nodiscard]] const std::uint16_t* table() const { return reinterpret_cast<const std::uint16_t*>(this + 1); }
  [[nodiscard]] char* area() { return reinterpret_cast<char*>(table() + table_capacity_); }
  [[nodiscard]] const char* area() const { return reinterpret_cast<const char*>(table() + table_capacity_); }

  [[nodiscard]] std::size_t Entries() const { return count_ == 0 ? 0 : (phase_ + count_ - 1U) / kGroup; }
  [[nodiscard]] std::size_t Slot(std::size_t entry) const {
    const std::size_t slot = table_head_ + entry;
    return slot < table_capacity_ ? slot : slot - table_capacity_;
  }
  // Where group `group` begins.
  [[nodiscard]] std::size_t GroupOffset(std::size_t group) const {
    return group == 0 ? begin_ : table()[Slot(group - 1)];
  }
  [[nodiscard]] bool MayShare() const { return IsShared() || count_ == 0; }
  // Has the table an entry for a push at this side, should it need one?
  [[nodiscard]] bool TableFits(Side side) const {
    if (count_ == 0 || (side == Side::kFront && phase_ > 0)) return true;
    if (side == Side::kBack) return (phase_ + count_) / kGroup <= table_capacity_;
    return Entries() < table_capacity_;
  }
  // Writes the entries of the groups after `group` anew, from where that one begins.
  void WalkTable(std::size_t group);
  // Moves the elements so that they begin at `begin`.
  void SlideTo(std::size_t begin);
  [[nodiscard]] std::size_t BeginFor(std::size_t free, std::size_t bytes, Side side, bool both_sides) const;

  std::uint32_t block_bytes_;
  std::uint32_t capacity_;
  std::uint32_t begin_;
  std::uint32_t end_;
  std::uint32_t compressed_bytes_;  // 0: plain
  std::uint16_t count_;
  std::uint16_t table_capacity_;
  std::uint16_t table_head_;
  std::uint16_t phase_;
};

static_assert(sizeof(Node) == 28, "28 bytes for some 730 elements of ten bytes");
static_assert(Node::kBlockBytesMax <= UINT16_MAX, "the table's offsets have 16 bits");

// Access to a node's elements wherever it is compressed or not; keeps the copy of one compressed node.
class NodeReader {
 public:
  // The base for Node::At and Node::Elements; lives until the next call.
  const char* Base(const Node* node) {
    if (!node->IsCompressed()) return node->Base();
    if (buffer_bytes_ < node->Bytes()) {
      buffer_bytes_ = node->Bytes();
      buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes_);
    }
    node->Decompress(buffer_.get());
    return buffer_.get();
  }

 private:
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_bytes_ = 0;
};

}  // namespace zedis::types

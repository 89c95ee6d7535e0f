// The block of a packed collection that does not fit into its key's entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "types/allocate.h"

namespace zedis::types {

class PackedBlock {
 public:
  // With a copy of `bytes`, and some room.
  explicit PackedBlock(std::string_view bytes) : size_(static_cast<std::uint32_t>(bytes.size())) {
    MoveTo(bytes.size() + bytes.size() / 4);
    std::memcpy(block_, bytes.data(), bytes.size());
  }
  ~PackedBlock() { Release(); }
  PackedBlock(const PackedBlock&) = delete;
  PackedBlock& operator=(const PackedBlock&) = delete;

  // REQUIRES, for these: not released.
  [[nodiscard]] std::string_view Bytes() const { return {block_, size_}; }
  [[nodiscard]] char* data() { return block_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  // After an edit in place.
  void SetSize(std::size_t size) { size_ = static_cast<std::uint32_t>(size); }
  // Room for so many bytes more, and for what comes after them.
  void Grow(std::size_t bytes) { MoveTo(std::size_t{capacity_} * 5 / 4 + bytes + kRoomBytes); }

  // Gives the block back: the collection has an index now.
  void Release() {
    if (block_ != nullptr) Free(block_);
    block_ = nullptr;
  }
  [[nodiscard]] std::size_t MemoryBytes() const { return AllocatedBytes(block_); }

 private:
  static constexpr std::size_t kRoomBytes = 16;

  void MoveTo(std::size_t capacity) {
    char* old = block_;
    block_ = static_cast<char*>(Allocate(RoundToSizeClass(capacity)));
    capacity_ = static_cast<std::uint32_t>(AllocatedBytes(block_));
    if (old == nullptr) return;
    std::memcpy(block_, old, size_);
    Free(old);
  }

  char* block_ = nullptr;
  std::uint32_t size_;
  std::uint32_t capacity_ = 0;
};

}  // namespace zedis::types

// A string that is too long for its entry: counted references over one block with room to grow.
//
// References are counted because a reply may still be on its way to a client (sent from where the bytes lie) when the
// next command changes the value. The store's reference is the only one that writes, and only while it is alone:
// otherwise it works on a copy.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace zedis::types {

class LongString {
 public:
  // With the same bytes; room for `capacity` bytes at least.
  static LongString* Create(std::string_view bytes, std::size_t capacity);

  // `size` bytes of zero. Of a large one only the pages that are written take memory, so that a sparse bitmap of 512 MB
  // is there at once.
  static LongString* CreateZeroed(std::size_t size);

  LongString(const LongString&) = delete;
  LongString& operator=(const LongString&) = delete;

  std::string_view View() const { return {data_, size_}; }
  char* Data() { return data_; }
  std::size_t size() const { return size_; }
  std::size_t MemoryBytes() const;

  // Returns this string, or the one that replaces it, with `size` bytes that nobody else reads; bytes beyond the old
  // size are zero. Growing doubles up to a step of 1 MiB, so that appending is amortised O(bytes appended). Takes the
  // caller's reference and returns one.
  [[nodiscard]] LongString* Resize(std::size_t size);

  // Any thread may call these two.
  void Retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void Release();

 private:
  LongString() = default;

  std::atomic<std::uint32_t> references_{1};
  bool mapped_ = false;  // by MapZeroed
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  char data_[8];  // and more
};

}  // namespace zedis::types

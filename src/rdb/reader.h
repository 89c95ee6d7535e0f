// Reads the primitives of the RDB format out of bytes that nobody vouches for: a payload that a client sent, a mapped
// file.
//
// A read beyond the end, or of what is not well formed, makes the reader fail: from then on everything reads as zero or
// empty, so that a caller asks ok() once, at the end of a loop or of a value. No length is believed before it was
// compared with what is there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace zedis::rdb {

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  // False, for callers that find fault with what was read.
  bool Fail() {
    rest_ = {};
    return ok_ = false;
  }
  [[nodiscard]] std::size_t left() const { return rest_.size(); }

  std::uint8_t Byte() { return static_cast<std::uint8_t>(Fixed(1)); }
  std::string_view Bytes(std::size_t size);
  std::uint64_t Length();
  // The number of things of which each takes `bytes_each` bytes at least: one for which there are too few bytes fails.
  std::uint64_t Count(std::size_t bytes_each);
  // Borrows from the bytes or from `scratch`, whose old contents go; it lives until either is gone.
  std::string_view String(std::string& scratch);
  std::uint64_t Uint64() { return Fixed(8); }
  std::int64_t Int64() { return static_cast<std::int64_t>(Fixed(8)); }
  std::uint64_t BigEndian() { return __builtin_bswap64(Fixed(8)); }
  double Double();

 private:
  std::uint64_t Fixed(std::size_t bytes);
  std::uint64_t LengthAfter(std::uint8_t first);
  std::string_view Integer(std::size_t bytes, std::string& scratch);
  std::string_view Decompressed(std::string& scratch);

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace zedis::rdb

// Writes the primitives of the RDB format: lengths, strings, numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "types/element.h"

namespace zedis::rdb {

class Writer {
 public:
  // Appends to `out`, which must outlive this. `compress`: long strings, as the directive `rdbcompression` says.
  Writer(std::string& out, bool compress) : out_(out), compress_(compress) {}

  void Byte(std::uint8_t byte) { out_.push_back(static_cast<char>(byte)); }
  void Bytes(std::string_view bytes) { out_.append(bytes); }
  void Length(std::uint64_t length);
  // In the smallest form: an integer, compressed, or as it is.
  void String(std::string_view text);
  void String(const types::Element& element);
  void Uint64(std::uint64_t value) { Fixed(value, 8); }
  void Int64(std::int64_t value) { Fixed(static_cast<std::uint64_t>(value), 8); }
  void BigEndian(std::uint64_t value) { Fixed(__builtin_bswap64(value), 8); }
  void Double(double value);

 private:
  void Fixed(std::uint64_t value, unsigned bytes);
  [[nodiscard]] bool Integer(std::int64_t value);
  [[nodiscard]] bool Compressed(std::string_view text);

  std::string& out_;
  bool compress_;
};

}  // namespace zedis::rdb

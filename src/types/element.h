// One element of a list as bytes: a tag, and what the tag says follows. All list forms share it.
//
//   0vvvvvvv                    the integer 0..127
//   10nnnnnn  text              text of n = 0..63 bytes
//   110vvvvv  v                 an integer of 13 bits, two's complement, high bits first
//   1110nnnn  n  text           text of n = 64..4095 bytes, high bits of n first
//   11110000  n:u32  text       longer text (numbers of several bytes are little-endian)
//   11110001  v:i16             integers of 2, 3, 4 and 8 bytes
//   11110010  v:i24
//   11110011  v:i32
//   11110100  v:i64
//
// The tags are those of Redis' listpack (its specification, by S. Sanfilippo), without the length
// that it appends to each element for walking backward: that costs a byte an element, and a jump table of two
// bytes per 16 elements (list_node.h) does the same job. Writing an RDB file means adding those lengths.
//
// Only canonical decimal text becomes an integer: "007", "+1" and "-0" come back as they went in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace zedis::types {

// Room for any int64 as text.
using IntegerText = char[21];

// What a list hands out. A text borrows the list's bytes: it lives until the list changes.
struct Element {
  std::string_view text;  // if !is_integer
  std::int64_t integer = 0;
  bool is_integer = false;

  // The element as text; an integer is written into `buffer`, which must outlive the result.
  [[nodiscard]] std::string_view Text(IntegerText& buffer) const;
  [[nodiscard]] bool Equals(std::string_view other) const;
};

// The largest text an element can hold, far above what the protocol allows (512 MB).
inline constexpr std::size_t kElementTextMax = 0xFFFF'FFFFU - 64;

// An element about to be written: its head, and the text that follows it (borrowed).
class EncodedElement {
 public:
  // REQUIRES: text.size() <= kElementTextMax
  explicit EncodedElement(std::string_view text);
  explicit EncodedElement(std::int64_t value) { EncodeInteger(value); }

  [[nodiscard]] std::size_t size() const { return head_size_ + tail_.size(); }
  void WriteTo(char* to) const {
    std::memcpy(to, head_, head_size_);
    if (!tail_.empty()) std::memcpy(to + head_size_, tail_.data(), tail_.size());
  }

 private:
  void EncodeInteger(std::int64_t value);
  void Fixed(unsigned char tag, std::int64_t value, unsigned bytes);

  std::string_view tail_;
  unsigned char head_[9];
  std::uint8_t head_size_ = 0;
};

namespace element_internal {
std::size_t LongSize(const char* at);
Element DecodeLong(const char* at);
inline unsigned Byte(const char* at) { return static_cast<unsigned char>(*at); }
}  // namespace element_internal

// Bytes of the valid element at `at`.
inline std::size_t ElementSize(const char* at) {
  const unsigned tag = element_internal::Byte(at);
  if (tag < 0xC0) return tag < 0x80 ? 1 : 1 + (tag & 0x3F);
  if (tag < 0xE0) return 2;
  if (tag < 0xF0) return 2 + ((tag & 0x0F) << 8 | element_internal::Byte(at + 1));
  return element_internal::LongSize(at);
}

// The valid element at `at`.
inline Element DecodeElement(const char* at) {
  const unsigned tag = element_internal::Byte(at);
  if (tag >= 0xC0) return element_internal::DecodeLong(at);
  if (tag < 0x80) return {.text = {}, .integer = tag, .is_integer = true};
  return {.text = {at + 1, tag & 0x3F}};
}

// Bytes of the element that `bytes` begins with, or nothing if the tag is unknown or it does not fit in them.
std::optional<std::size_t> CheckedElementSize(std::string_view bytes);

// What LREM, LINSERT and LPOS look for: parsed once, compared with many.
class Needle {
 public:
  explicit Needle(std::string_view text);
  [[nodiscard]] bool Matches(const Element& element) const {
    if (element.is_integer) return is_integer_ && element.integer == integer_;
    return element.text == text_;
  }

 private:
  std::string_view text_;
  std::int64_t integer_ = 0;
  bool is_integer_ = false;
};

}  // namespace zedis::types

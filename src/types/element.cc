#include "types/element.h"

#include <bit>

#include "base/check.h"
#include "base/numbers.h"

namespace zedis::types {
namespace {

static_assert(std::endian::native == std::endian::little, "multi-byte fields are copied as they are");

constexpr unsigned char kLongText = 0xF0;
constexpr unsigned char kInt16 = 0xF1;
constexpr unsigned char kInt24 = 0xF2;
constexpr unsigned char kInt32 = 0xF3;
constexpr unsigned char kInt64 = 0xF4;

constexpr std::int64_t SignExtend(std::uint64_t value, unsigned bits) {
  return static_cast<std::int64_t>(value << (64 - bits)) >> (64 - bits);
}

// Most texts are rejected by their length or first byte.
bool ParseCanonical(std::string_view text, std::int64_t* value) {
  if (text.empty() || text.size() > base::kInt64CharsMax) return false;
  if (text[0] > '9' || (text[0] < '0' && text[0] != '-')) return false;
  const std::optional<std::int64_t> parsed = base::ParseInt64(text);
  if (!parsed) return false;
  *value = *parsed;
  return true;
}

}  // namespace

std::string_view Element::Text(IntegerText& buffer) const {
  if (!is_integer) return text;
  return {buffer, base::FormatInt64(buffer, integer)};
}

bool Element::Equals(std::string_view other) const {
  if (!is_integer) return text == other;
  std::int64_t value = 0;
  return ParseCanonical(other, &value) && value == integer;
}

EncodedElement::EncodedElement(std::string_view text) {
  std::int64_t value = 0;
  if (ParseCanonical(text, &value)) {
    EncodeInteger(value);
    return;
  }
  tail_ = text;
  const std::size_t length = text.size();
  if (length < 64) {
    head_[0] = static_cast<unsigned char>(0x80 | length);
    head_size_ = 1;
  } else if (length < 4096) {
    head_[0] = static_cast<unsigned char>(0xE0 | length >> 8);
    head_[1] = static_cast<unsigned char>(length);
    head_size_ = 2;
  } else {
    CHECK(length <= kElementTextMax);
    Fixed(kLongText, static_cast<std::int64_t>(length), 4);
  }
}

void EncodedElement::EncodeInteger(std::int64_t value) {
  if (value >= 0 && value < 128) {
    head_[0] = static_cast<unsigned char>(value);
    head_size_ = 1;
  } else if (value >= -4096 && value < 4096) {
    head_[0] = static_cast<unsigned char>(0xC0 | (value >> 8 & 0x1F));
    head_[1] = static_cast<unsigned char>(value);
    head_size_ = 2;
  } else if (value == SignExtend(static_cast<std::uint64_t>(value), 16)) {
    Fixed(kInt16, value, 2);
  } else if (value == SignExtend(static_cast<std::uint64_t>(value), 24)) {
    Fixed(kInt24, value, 3);
  } else if (value == SignExtend(static_cast<std::uint64_t>(value), 32)) {
    Fixed(kInt32, value, 4);
  } else {
    Fixed(kInt64, value, 8);
  }
}

void EncodedElement::Fixed(unsigned char tag, std::int64_t value, unsigned bytes) {
  head_[0] = tag;
  std::memcpy(head_ + 1, &value, bytes);
  head_size_ = static_cast<std::uint8_t>(1 + bytes);
}

namespace element_internal {

std::size_t LongSize(const char* at) {
  const unsigned tag = Byte(at);
  if (tag == kLongText) {
    std::uint32_t length = 0;
    std::memcpy(&length, at + 1, 4);
    return 5 + std::size_t{length};
  }
  DCHECK(tag >= kInt16 && tag <= kInt64);
  return tag == kInt64 ? 9 : 2 + (tag - kLongText);
}

Element DecodeLong(const char* at) {
  const unsigned tag = Byte(at);
  if (tag < 0xE0) return {.text = {}, .integer = SignExtend((tag & 0x1F) << 8 | Byte(at + 1), 13), .is_integer = true};
  if (tag < 0xF0) return {.text = {at + 2, (tag & 0x0F) << 8 | Byte(at + 1)}};
  const std::size_t size = LongSize(at);
  if (tag == kLongText) return {.text = {at + 5, size - 5}};
  std::uint64_t value = 0;
  std::memcpy(&value, at + 1, size - 1);
  return {.text = {}, .integer = SignExtend(value, static_cast<unsigned>(size - 1) * 8), .is_integer = true};
}

}  // namespace element_internal

std::optional<std::size_t> CheckedElementSize(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const unsigned tag = element_internal::Byte(bytes.data());
  if (tag > kInt64) return std::nullopt;
  // The bytes that ElementSize reads must be there before it may read them.
  const std::size_t read = tag < 0xE0 ? 1 : tag < 0xF0 ? 2 : tag == kLongText ? 5 : 1;
  if (bytes.size() < read) return std::nullopt;
  const std::size_t size = ElementSize(bytes.data());
  if (bytes.size() < size) return std::nullopt;
  return size;
}

Needle::Needle(std::string_view text) : text_(text), is_integer_(ParseCanonical(text, &integer_)) {}

}  // namespace zedis::types

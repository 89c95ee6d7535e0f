#include "rdb/writer.h"

#include <lzf.h>

#include <bit>
#include <memory>

#include "base/numbers.h"
#include "rdb/format.h"

namespace zedis::rdb {
namespace {

// As Redis decides: below, nothing can be gained.
constexpr std::size_t kIntegerCharsMax = 11;
constexpr std::size_t kCompressAbove = 20;
constexpr std::size_t kCompressionSavesMin = 4;

}  // namespace

void Writer::Fixed(std::uint64_t value, unsigned bytes) { out_.append(reinterpret_cast<const char*>(&value), bytes); }

void Writer::Double(double value) { Uint64(std::bit_cast<std::uint64_t>(value)); }

void Writer::Length(std::uint64_t length) {
  if (length < 1u << 6) {
    Byte(static_cast<std::uint8_t>(length));
  } else if (length < 1u << 14) {
    Byte(static_cast<std::uint8_t>(kLengthOf14Bits << 6 | length >> 8));
    Byte(static_cast<std::uint8_t>(length));
  } else if (length <= UINT32_MAX) {
    Byte(kLengthOf32Bits);
    Fixed(__builtin_bswap32(static_cast<std::uint32_t>(length)), 4);
  } else {
    Byte(kLengthOf64Bits);
    BigEndian(length);
  }
}

bool Writer::Integer(std::int64_t value) {
  const auto special = [&](SpecialString what, unsigned bytes) {
    Byte(static_cast<std::uint8_t>(kSpecialString << 6 | what));
    Fixed(static_cast<std::uint64_t>(value), bytes);
    return true;
  };
  if (value == static_cast<std::int8_t>(value)) return special(kInt8, 1);
  if (value == static_cast<std::int16_t>(value)) return special(kInt16, 2);
  if (value == static_cast<std::int32_t>(value)) return special(kInt32, 4);
  return false;
}

bool Writer::Compressed(std::string_view text) {
  if (!compress_ || text.size() <= kCompressAbove || text.size() > UINT32_MAX) return false;
  const std::size_t most = text.size() - kCompressionSavesMin;
  const auto buffer = std::make_unique_for_overwrite<char[]>(most);
  const unsigned size =
      lzf_compress(text.data(), static_cast<unsigned>(text.size()), buffer.get(), static_cast<unsigned>(most));
  if (size == 0) return false;
  Byte(static_cast<std::uint8_t>(kSpecialString << 6 | kLzf));
  Length(size);
  Length(text.size());
  Bytes({buffer.get(), size});
  return true;
}

void Writer::String(std::string_view text) {
  if (text.size() <= kIntegerCharsMax) {
    const auto integer = base::ParseInt64(text);
    if (integer && Integer(*integer)) return;
  }
  if (Compressed(text)) return;
  Length(text.size());
  Bytes(text);
}

void Writer::String(const types::Element& element) {
  if (element.is_integer && Integer(element.integer)) return;
  types::IntegerText digits;
  String(element.Text(digits));
}

}  // namespace zedis::rdb

#include "rdb/reader.h"

#include <lzf.h>

#include <bit>
#include <cstring>

#include "base/numbers.h"
#include "rdb/format.h"

namespace zedis::rdb {
namespace {

// A back reference of LZF is three bytes for 264 at most: what claims to become more is wrong, and no memory is taken
// for it.
constexpr std::uint64_t kLzfGrowthMax = 264 / 3;

}  // namespace

std::string_view Reader::Bytes(std::size_t size) {
  if (size > rest_.size()) {
    Fail();
    return {};
  }
  const std::string_view bytes = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return bytes;
}

std::uint64_t Reader::Fixed(std::size_t bytes) {
  const std::string_view read = Bytes(bytes);
  std::uint64_t value = 0;
  if (!read.empty()) std::memcpy(&value, read.data(), read.size());
  return value;
}

double Reader::Double() { return std::bit_cast<double>(Fixed(8)); }

std::uint64_t Reader::LengthAfter(std::uint8_t first) {
  switch (first >> 6) {
    case kLengthOf6Bits:
      return first & 0x3f;
    case kLengthOf14Bits:
      return static_cast<std::uint64_t>(first & 0x3f) << 8 | Byte();
    default:
      break;
  }
  if (first == kLengthOf32Bits) return __builtin_bswap32(static_cast<std::uint32_t>(Fixed(4)));
  if (first == kLengthOf64Bits) return BigEndian();
  Fail();
  return 0;
}

std::uint64_t Reader::Length() { return LengthAfter(Byte()); }

std::uint64_t Reader::Count(std::size_t bytes_each) {
  const std::uint64_t count = Length();
  if (count <= rest_.size() / bytes_each) return count;
  Fail();
  return 0;
}

std::string_view Reader::Integer(std::size_t bytes, std::string& scratch) {
  const unsigned shift = static_cast<unsigned>(64 - 8 * bytes);
  const std::int64_t value = static_cast<std::int64_t>(Fixed(bytes) << shift) >> shift;
  if (!ok_) return {};
  char digits[base::kInt64CharsMax];
  scratch.assign(digits, base::FormatInt64(digits, value));
  return scratch;
}

std::string_view Reader::Decompressed(std::string& scratch) {
  const std::uint64_t compressed_size = Length();
  const std::uint64_t size = Length();
  const std::string_view compressed = Bytes(compressed_size);
  const bool possible = size > 0 && size <= compressed.size() * kLzfGrowthMax && size <= UINT32_MAX;
  if (!possible) {
    Fail();
    return {};
  }
  scratch.resize_and_overwrite(size, [&](char* to, std::size_t) {
    return lzf_decompress(compressed.data(), static_cast<unsigned>(compressed.size()), to, static_cast<unsigned>(size));
  });
  if (scratch.size() == size) return scratch;
  Fail();
  return {};
}

std::string_view Reader::String(std::string& scratch) {
  const std::uint8_t first = Byte();
  if (first >> 6 != kSpecialString) return Bytes(LengthAfter(first));
  switch (first & 0x3f) {
    case kInt8:
      return Integer(1, scratch);
    case kInt16:
      return Integer(2, scratch);
    case kInt32:
      return Integer(4, scratch);
    case kLzf:
      return Decompressed(scratch);
    default:
      Fail();
      return {};
  }
}

}  // namespace zedis::rdb

#include "rdb/old_forms.h"

#include <cstring>

namespace zedis::rdb {
namespace {

constexpr char kEnd = '\xff';
constexpr std::size_t kLongMark = 254;

std::size_t ByteOf(std::string_view bytes) { return static_cast<unsigned char>(bytes.front()); }

std::uint64_t LittleEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  if (!bytes.empty()) std::memcpy(&value, bytes.data(), bytes.size());
  return value;
}

std::int64_t Signed(std::string_view bytes) {
  const unsigned shift = static_cast<unsigned>(64 - 8 * bytes.size());
  return static_cast<std::int64_t>(LittleEndian(bytes) << shift) >> shift;
}

}  // namespace

// --- Ziplist

namespace {

constexpr std::size_t kZiplistHeaderBytes = 10;
constexpr std::size_t kZiplistCountUnknown = 0xffff;

enum ZiplistTag : std::uint8_t {
  kText14 = 0x40,
  kText32 = 0x80,
  kInteger16 = 0xC0,
  kInteger32 = 0xD0,
  kInteger64 = 0xE0,
  kInteger24 = 0xF0,
  kSmallest = 0xF1,  // 0, and so on
  kLargest = 0xFD,   // 12
  kInteger8 = 0xFE,
};

}  // namespace

ZiplistReader::ZiplistReader(std::string_view ziplist) : all_(ziplist) {
  if (ziplist.size() <= kZiplistHeaderBytes || ziplist.back() != kEnd ||
      LittleEndian(ziplist.substr(0, 4)) != ziplist.size()) {
    Fail();
    return;
  }
  last_offset_ = LittleEndian(ziplist.substr(4, 4));
  announced_ = LittleEndian(ziplist.substr(8, 2));
  rest_ = ziplist.substr(kZiplistHeaderBytes, ziplist.size() - kZiplistHeaderBytes - 1);
}

bool ZiplistReader::Fail() {
  rest_ = {};
  return ok_ = false;
}

bool ZiplistReader::End() {
  const std::size_t last = seen_ == 0 ? kZiplistHeaderBytes : all_.size() - 1 - previous_size_;
  if (last_offset_ != last || (announced_ != kZiplistCountUnknown && announced_ != seen_)) Fail();
  return false;
}

std::string_view ZiplistReader::Take(std::size_t size) {
  const std::string_view taken = rest_.substr(0, size);
  rest_.remove_prefix(taken.size());
  if (taken.size() < size) Fail();
  return taken;
}

bool ZiplistReader::ReadSizeOfPrevious() {
  std::size_t size = ByteOf(Take(1));
  if (size > kLongMark) return false;
  if (size == kLongMark) size = LittleEndian(Take(4));
  return ok_ && size == previous_size_;
}

bool ZiplistReader::ReadBody(types::Element* element) {
  const auto text = [&](std::size_t size) {
    *element = {.text = Take(size)};
    return ok_;
  };
  const auto integer = [&](std::size_t bytes) {
    *element = {.text = {}, .integer = Signed(Take(bytes)), .is_integer = true};
    return ok_;
  };
  if (rest_.empty()) return false;
  const std::size_t tag = ByteOf(Take(1));
  if (tag < kText14) return text(tag);
  if (tag < kText32) {
    const std::string_view low = Take(1);
    return ok_ && text((tag & 0x3f) << 8 | ByteOf(low));
  }
  if (tag == kText32) {
    const auto size = static_cast<std::uint32_t>(LittleEndian(Take(4)));
    return ok_ && text(__builtin_bswap32(size));
  }
  switch (tag) {
    case kInteger8:
      return integer(1);
    case kInteger16:
      return integer(2);
    case kInteger24:
      return integer(3);
    case kInteger32:
      return integer(4);
    case kInteger64:
      return integer(8);
    default:
      break;
  }
  if (tag < kSmallest || tag > kLargest) return false;
  *element = {.text = {}, .integer = static_cast<std::int64_t>(tag - kSmallest), .is_integer = true};
  return true;
}

bool ZiplistReader::Next(types::Element* element) {
  if (!ok_) return false;
  if (rest_.empty()) return End();
  const std::size_t before = rest_.size();
  if (!ReadSizeOfPrevious() || !ReadBody(element)) return Fail();
  previous_size_ = before - rest_.size();
  ++seen_;
  return true;
}

// --- Zipmap

ZipmapReader::ZipmapReader(std::string_view zipmap) {
  if (zipmap.size() < 2 || zipmap.back() != kEnd) {
    Fail();
    return;
  }
  announced_ = ByteOf(zipmap);
  rest_ = zipmap.substr(1, zipmap.size() - 2);
}

bool ZipmapReader::Fail() {
  rest_ = {};
  return ok_ = false;
}

bool ZipmapReader::Next(types::Element* element) {
  if (!ok_) return false;
  const bool is_value = seen_ % 2 == 1;
  if (rest_.empty()) {
    if (is_value || (announced_ < kLongMark && announced_ != seen_ / 2)) Fail();
    return false;
  }
  std::size_t size = ByteOf(rest_);
  rest_.remove_prefix(1);
  if (size > kLongMark) return Fail();
  if (size == kLongMark) {
    if (rest_.size() < 4) return Fail();
    size = LittleEndian(rest_.substr(0, 4));
    rest_.remove_prefix(4);
  }
  std::size_t unused = 0;
  if (is_value) {
    if (rest_.empty()) return Fail();
    unused = ByteOf(rest_);
    rest_.remove_prefix(1);
  }
  if (size + unused > rest_.size()) return Fail();
  *element = {.text = rest_.substr(0, size)};
  rest_.remove_prefix(size + unused);
  ++seen_;
  return true;
}

}  // namespace zedis::rdb

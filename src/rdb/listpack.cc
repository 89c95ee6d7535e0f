#include "rdb/listpack.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/numbers.h"

namespace zedis::rdb {
namespace {

constexpr std::size_t kHeaderBytes = 6;
constexpr std::size_t kCountUnknown = 0xffff;
constexpr char kEnd = '\xff';
constexpr std::size_t kSizeBytesMax = 5;

// What follows an entry of `size` bytes. The borders are Redis's, off by one included.
std::size_t WriteSize(char (&to)[kSizeBytesMax], std::size_t size) {
  constexpr std::size_t kBelow[] = {128, 16'383, 2'097'151, 268'435'455};
  std::size_t bytes = 1;
  for (const std::size_t limit : kBelow) bytes += size >= limit ? 1 : 0;
  for (std::size_t i = bytes; i > 0; --i, size >>= 7) to[i - 1] = static_cast<char>((size & 0x7f) | (i > 1 ? 0x80 : 0));
  return bytes;
}

}  // namespace

void ListpackWriter::Clear() {
  bytes_.assign(kHeaderBytes, '\0');
  count_ = 0;
}

void ListpackWriter::Append(const types::EncodedElement& element) {
  const std::size_t before = bytes_.size();
  char size[kSizeBytesMax];
  const std::size_t size_bytes = WriteSize(size, element.size());
  bytes_.resize(before + element.size() + size_bytes);
  element.WriteTo(bytes_.data() + before);
  std::memcpy(bytes_.data() + before + element.size(), size, size_bytes);
  ++count_;
}

void ListpackWriter::Append(const types::Element& element) {
  types::IntegerText digits;
  Append(element.Text(digits));
}

void ListpackWriter::Append(std::int64_t integer) {
  char digits[base::kInt64CharsMax];
  Append(std::string_view(digits, base::FormatInt64(digits, integer)));
}

std::string_view ListpackWriter::Finish() {
  bytes_.push_back(kEnd);
  CHECK(bytes_.size() <= UINT32_MAX);
  const auto total = static_cast<std::uint32_t>(bytes_.size());
  const auto count = static_cast<std::uint16_t>(std::min(count_, kCountUnknown));
  std::memcpy(bytes_.data(), &total, sizeof total);
  std::memcpy(bytes_.data() + sizeof total, &count, sizeof count);
  return bytes_;
}

ListpackReader::ListpackReader(std::string_view listpack) {
  std::uint32_t total = 0;
  std::uint16_t count = 0;
  if (listpack.size() <= kHeaderBytes || listpack.back() != kEnd) {
    Fail();
    return;
  }
  std::memcpy(&total, listpack.data(), sizeof total);
  std::memcpy(&count, listpack.data() + sizeof total, sizeof count);
  if (total != listpack.size()) {
    Fail();
    return;
  }
  announced_ = count;
  rest_ = listpack.substr(kHeaderBytes, listpack.size() - kHeaderBytes - 1);
}

bool ListpackReader::Fail() {
  rest_ = {};
  return ok_ = false;
}

bool ListpackReader::Next(types::Element* element) {
  if (!ok_) return false;
  if (rest_.empty()) {
    if (announced_ != kCountUnknown && announced_ != seen_) Fail();
    return false;
  }
  const std::optional<std::size_t> size = types::CheckedElementSize(rest_);
  if (!size) return Fail();
  *element = types::DecodeElement(rest_.data());
  rest_.remove_prefix(*size);
  char expected[kSizeBytesMax];
  const std::size_t size_bytes = WriteSize(expected, *size);
  if (!rest_.starts_with(std::string_view(expected, size_bytes))) return Fail();
  rest_.remove_prefix(size_bytes);
  ++seen_;
  return true;
}

}  // namespace zedis::rdb

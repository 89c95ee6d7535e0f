#include "rdb/crc64.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace zedis::rdb {
namespace {

constexpr std::uint64_t kReflectedPolynomial = 0x95ac9329ac4bc9b5;
constexpr std::size_t kStride = 8;

// Eight bytes at a time: table k has what a byte does to the sum when k more bytes follow it (M. Kounavis and F. Berry,
// "Novel table lookup-based algorithms for high-performance CRC generation", 2008). 16 KiB.
using Tables = std::array<std::array<std::uint64_t, 256>, kStride>;

constexpr Tables kTables = [] {
  Tables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ kReflectedPolynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < kStride; ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xff];
    }
  }
  return tables;
}();

}  // namespace

std::uint64_t Crc64(std::uint64_t crc, std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kStride; left -= kStride, at += kStride) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    crc ^= word;
    std::uint64_t next = 0;
    for (std::size_t k = 0; k < kStride; ++k) next ^= kTables[kStride - 1 - k][crc >> 8 * k & 0xff];
    crc = next;
  }
  for (; left > 0; --left, ++at) crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<unsigned char>(*at)) & 0xff];
  return crc;
}

}  // namespace zedis::rdb

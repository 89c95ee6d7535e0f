#include "rdb/crc64.h"

#include <gtest/gtest.h>

#include <string>

namespace zedis::rdb {
namespace {

TEST(Crc64Test, SumsTheDigitsAsTheAlgorithmsCheckValue) { EXPECT_EQ(Crc64(0, "123456789"), 0xe9c6d914c4b8d9caULL); }

TEST(Crc64Test, SumsPartsAsTheWhole) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes.push_back(static_cast<char>(i * 37));
  const std::uint64_t whole = Crc64(0, bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(Crc64(Crc64(0, bytes.substr(0, cut)), bytes.substr(cut)), whole);
  }
}

// Bit by bit, as the definition says.
TEST(Crc64Test, SumsLikeTheDefinition) {
  std::string bytes = "The quick brown fox jumps over the lazy dog, and back.";
  std::uint64_t expected = 0;
  for (const char c : bytes) {
    expected ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) expected = (expected >> 1) ^ ((expected & 1) != 0 ? 0x95ac9329ac4bc9b5ULL : 0);
  }
  EXPECT_EQ(Crc64(0, bytes), expected);
}

}  // namespace
}  // namespace zedis::rdb

#include "types/bitmap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace zedis::types {
namespace {

// The naive twin: a bitmap as a vector of bits.
std::vector<bool> BitsOf(std::string_view bytes) {
  std::vector<bool> bits;
  for (const char c : bytes) {
    for (int i = 7; i >= 0; --i) bits.push_back((static_cast<unsigned char>(c) >> i & 1) != 0);
  }
  return bits;
}

class Bitmaps : public ::testing::Test {
 protected:
  std::size_t Below(std::size_t limit) { return random_() % limit; }

  // Sparse, dense, or anything between; at any alignment, in a block of exactly that size so that sanitizers see a read
  // beyond either end.
  std::vector<char> Bytes(std::size_t size) {
    std::vector<char> bytes(size);
    const std::size_t style = Below(4);
    for (char& c : bytes) {
      c = static_cast<char>(style == 0 ? 0 : style == 1 ? 0xff : random_());
      if (Below(200) == 0) c = static_cast<char>(c ^ (1 << Below(8)));
    }
    return bytes;
  }
  BitRange Range(std::size_t bytes) {
    std::uint64_t a = Below(bytes * 8);
    std::uint64_t b = Below(bytes * 8);
    if (a > b) std::swap(a, b);
    return {a, b};
  }

  std::mt19937 random_{7};
};

std::string_view View(const std::vector<char>& bytes, std::size_t from = 0) {
  return std::string_view(bytes.data(), bytes.size()).substr(from);
}

TEST_F(Bitmaps, CountAsTheTwinDoes) {
  for (int round = 0; round < 3000; ++round) {
    const std::vector<char> block = Bytes(1 + Below(round % 10 == 0 ? 1000 : 100));
    const std::string_view bytes = View(block, Below(std::min<std::size_t>(block.size(), 9)));
    const std::vector<bool> bits = BitsOf(bytes);
    ASSERT_EQ(CountOnes(bytes), static_cast<std::uint64_t>(std::count(bits.begin(), bits.end(), true)));
    const BitRange range = Range(bytes.size());
    const auto begin = bits.begin() + static_cast<std::ptrdiff_t>(range.first);
    const auto end = bits.begin() + static_cast<std::ptrdiff_t>(range.last) + 1;
    ASSERT_EQ(CountOnes(bytes, range), static_cast<std::uint64_t>(std::count(begin, end, true)));
  }
  EXPECT_EQ(CountOnes(""), 0u);
}

TEST_F(Bitmaps, FindAsTheTwinDoes) {
  for (int round = 0; round < 5000; ++round) {
    const std::vector<char> block = Bytes(1 + Below(round % 10 == 0 ? 1000 : 100));
    const std::string_view bytes = View(block, Below(std::min<std::size_t>(block.size(), 9)));
    const std::vector<bool> bits = BitsOf(bytes);
    const BitRange range = Range(bytes.size());
    for (const bool bit : {false, true}) {
      std::optional<std::uint64_t> expected;
      for (std::uint64_t i = range.first; i <= range.last && !expected; ++i) {
        if (bits[i] == bit) expected = i;
      }
      ASSERT_EQ(FindBit(bytes, bit, range), expected) << range.first << " to " << range.last << " bit " << bit;
    }
  }
}

TEST_F(Bitmaps, SingleBits) {
  std::vector<char> bytes(5);
  for (const std::uint64_t offset : {0, 7, 8, 23, 39}) {
    EXPECT_FALSE(SetBit(bytes.data(), offset, true));
    EXPECT_TRUE(GetBit(View(bytes), offset));
  }
  EXPECT_EQ(std::string(View(bytes)), std::string("\x81\x80\x01\x00\x01", 5));
  EXPECT_TRUE(SetBit(bytes.data(), 7, false));
  EXPECT_FALSE(SetBit(bytes.data(), 7, false));
  EXPECT_EQ(bytes[0], '\x80');
  EXPECT_FALSE(GetBit(View(bytes), 40));
  EXPECT_FALSE(GetBit("", 0));
  EXPECT_FALSE(GetBit(View(bytes), ~std::uint64_t{0}));
}

TEST_F(Bitmaps, CombineAsTheTwinDoes) {
  for (int round = 0; round < 1500; ++round) {
    const auto operation = static_cast<BitOperation>(Below(4));
    const std::size_t count = operation == BitOperation::kNot ? 1 : 1 + Below(5);
    std::vector<std::vector<char>> blocks;
    std::vector<std::string_view> sources;
    std::size_t size = 0;
    for (std::size_t i = 0; i < count; ++i) {
      blocks.push_back(Bytes(Below(round % 20 == 0 ? 20000 : 70)));
      if (Below(8) == 0) blocks.back().clear();
    }
    for (const auto& block : blocks) {
      sources.push_back(block.empty() ? std::string_view()
                                      : View(block, Below(std::min<std::size_t>(block.size(), 9))));
      size = std::max(size, sources.back().size());
    }
    std::vector<char> out(size + 1, 'x');
    CombineBits(operation, sources, out.data(), size);
    ASSERT_EQ(out[size], 'x');
    const auto at = [&](std::size_t source, std::size_t i) {
      return i < sources[source].size() ? static_cast<unsigned>(static_cast<unsigned char>(sources[source][i])) : 0;
    };
    for (std::size_t i = 0; i < size; ++i) {
      unsigned expected = at(0, i);
      for (std::size_t s = 1; s < count; ++s) {
        if (operation == BitOperation::kAnd) expected &= at(s, i);
        if (operation == BitOperation::kOr) expected |= at(s, i);
        if (operation == BitOperation::kXor) expected ^= at(s, i);
      }
      if (operation == BitOperation::kNot) expected = ~expected & 0xff;
      ASSERT_EQ(static_cast<unsigned char>(out[i]), expected) << "byte " << i << " of " << size;
    }
  }
}

TEST_F(Bitmaps, FieldsAsTheTwinDoes) {
  for (int round = 0; round < 20000; ++round) {
    std::vector<char> bytes = Bytes(9 + Below(12));
    std::vector<bool> bits = BitsOf(View(bytes));
    const int width = 1 + static_cast<int>(Below(64));
    const std::uint64_t offset = Below(bytes.size() * 8 - static_cast<std::size_t>(width) + 1);
    const std::uint64_t value = std::uint64_t{random_()} << 32 | random_();
    SetBits(bytes.data(), offset, width, value);
    for (int i = 0; i < width; ++i) bits[offset + static_cast<std::uint64_t>(i)] = (value >> (width - 1 - i) & 1) != 0;
    ASSERT_EQ(BitsOf(View(bytes)), bits);
    ASSERT_EQ(GetBits(View(bytes), offset, width), width == 64 ? value : value & ((std::uint64_t{1} << width) - 1));
    // What is read beyond the end is zero.
    const std::uint64_t anywhere = Below(bytes.size() * 8 + 80);
    std::uint64_t expected = 0;
    for (int i = 0; i < width; ++i) {
      const std::uint64_t at = anywhere + static_cast<std::uint64_t>(i);
      expected = expected << 1 | (at < bits.size() && bits[at] ? 1 : 0);
    }
    ASSERT_EQ(GetBits(View(bytes), anywhere, width), expected);
  }
}

}  // namespace
}  // namespace zedis::types

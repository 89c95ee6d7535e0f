#include "types/bit_field.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

namespace zedis::types {
namespace {

BitFieldType Of(std::string_view text) { return *BitFieldType::Parse(text); }

TEST(BitField, ParsesTypes) {
  for (const char* bad :
       {"", "u", "i", "u0", "i0", "u64", "i65", "x8", "u08", "u-1", "8", "U8", "u8 ", "u+1", "u99999999999999999999"}) {
    EXPECT_FALSE(BitFieldType::Parse(bad)) << bad;
  }
  EXPECT_TRUE(Of("i64").is_signed);
  EXPECT_EQ(Of("i64").bits, 64);
  EXPECT_FALSE(Of("u63").is_signed);
  EXPECT_EQ(Of("u1").bits, 1);
}

TEST(BitField, ReadsSigns) {
  EXPECT_EQ(Of("i8").FromBits(0xff), -1);
  EXPECT_EQ(Of("i8").FromBits(0x7f), 127);
  EXPECT_EQ(Of("u8").FromBits(0xff), 255);
  EXPECT_EQ(Of("i1").FromBits(1), -1);
  EXPECT_EQ(Of("i64").FromBits(~std::uint64_t{0}), -1);
}

// Every sum of a small type, against arithmetic in the open.
TEST(BitField, FitsSmallTypesExactly) {
  for (const char* text : {"u1", "u3", "i1", "i3", "i4"}) {
    const BitFieldType type = Of(text);
    const int count = 1 << type.bits;
    const int least = type.is_signed ? -count / 2 : 0;
    const int greatest = least + count - 1;
    for (int value = least; value <= greatest; ++value) {
      for (int delta = -40; delta <= 40; ++delta) {
        const int sum = value + delta;
        const bool fits = sum >= least && sum <= greatest;
        const int wrapped = ((sum - least) % count + count) % count + least;
        EXPECT_EQ(type.Fit(value, delta, OverflowMode::kWrap), wrapped) << text << ' ' << value << ' ' << delta;
        EXPECT_EQ(type.Fit(value, delta, OverflowMode::kSaturate), std::min(std::max(sum, least), greatest));
        EXPECT_EQ(type.Fit(value, delta, OverflowMode::kFail).has_value(), fits);
      }
    }
  }
}

TEST(BitField, FitsTheWidestTypes) {
  EXPECT_EQ(Of("i64").Fit(INT64_MAX, 1, OverflowMode::kWrap), INT64_MIN);
  EXPECT_EQ(Of("i64").Fit(INT64_MAX, 1, OverflowMode::kSaturate), INT64_MAX);
  EXPECT_EQ(Of("i64").Fit(INT64_MIN, -1, OverflowMode::kWrap), INT64_MAX);
  EXPECT_EQ(Of("i64").Fit(INT64_MIN, -1, OverflowMode::kSaturate), INT64_MIN);
  EXPECT_FALSE(Of("i64").Fit(INT64_MIN, -1, OverflowMode::kFail));
  EXPECT_EQ(Of("u63").Fit(INT64_MAX, 1, OverflowMode::kWrap), 0);
  EXPECT_EQ(Of("u63").Fit(INT64_MAX, 1, OverflowMode::kSaturate), INT64_MAX);
  EXPECT_EQ(Of("u63").Fit(0, INT64_MIN, OverflowMode::kSaturate), 0);
}

// Setting a negative number in an unsigned field overflows upwards.
TEST(BitField, NegativeNumbersOfUnsignedTypes) {
  EXPECT_EQ(Of("u8").Fit(-1, 0, OverflowMode::kWrap), 255);
  EXPECT_EQ(Of("u8").Fit(-1, 0, OverflowMode::kSaturate), 255);
  EXPECT_FALSE(Of("u8").Fit(-1, 0, OverflowMode::kFail));
  EXPECT_EQ(Of("i8").Fit(-200, 0, OverflowMode::kSaturate), -128);
  EXPECT_EQ(Of("i8").Fit(-200, 0, OverflowMode::kWrap), 56);
}

TEST(BitField, SaturatesFarBelowUpwardsAsRedisDoes) {
  EXPECT_EQ(Of("i2").Fit(INT64_MIN + 2, 0, OverflowMode::kSaturate), -2);
  EXPECT_EQ(Of("i2").Fit(INT64_MIN + 1, 0, OverflowMode::kSaturate), 1);
  EXPECT_EQ(Of("i64").Fit(INT64_MIN, 0, OverflowMode::kSaturate), INT64_MIN);
  EXPECT_FALSE(Of("i2").Fit(INT64_MIN, 0, OverflowMode::kFail));
}

}  // namespace
}  // namespace zedis::types

#include "base/numbers.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <string>

namespace zedis::base {
namespace {

using namespace std::string_view_literals;

std::string Format(std::int64_t value) {
  char text[kInt64CharsMax];
  return {text, FormatInt64(text, value)};
}
std::string FormatU(std::uint64_t value) {
  char text[kInt64CharsMax];
  return {text, FormatUint64(text, value)};
}
std::string FormatD(double value) {
  char text[kDoubleCharsMax];
  return {text, FormatDouble(text, value)};
}
std::string FormatS(double value) {
  char text[kDoubleCharsMax];
  return {text, FormatDoubleShortest(text, value)};
}
std::string FormatL(long double value) {
  static char text[kLongDoubleCharsMax];
  return {text, FormatLongDoubleHuman(text, value)};
}

TEST(Numbers, OnlyCanonicalTextIsAnInteger) {
  for (const std::string_view text : {""sv,
                                      "+1"sv,
                                      "-0"sv,
                                      "007"sv,
                                      "00"sv,
                                      " 1"sv,
                                      "1 "sv,
                                      "-"sv,
                                      "--1"sv,
                                      "-01"sv,
                                      "1_000"sv,
                                      "1\0"sv,
                                      "\0"sv,
                                      "0x1"sv,
                                      "1.0"sv,
                                      "a"sv,
                                      "9223372036854775808"sv,
                                      "-9223372036854775809"sv,
                                      "18446744073709551616"sv,
                                      "99999999999999999999"sv,
                                      "-99999999999999999999"sv,
                                      "100000000000000000000000"sv,
                                      "123456789/"sv,
                                      "12345678:"sv}) {
    EXPECT_EQ(ParseInt64(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseInt64("9223372036854775807"), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ParseInt64("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(ParseInt64("0"), 0);
  EXPECT_EQ(ParseInt64("-1"), -1);
  EXPECT_EQ(ParseUint64("18446744073709551615"), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(ParseUint64("18446744073709551616"), std::nullopt);
  EXPECT_EQ(ParseUint64("28446744073709551615"), std::nullopt);
  EXPECT_EQ(ParseUint64("-1"), std::nullopt);
  EXPECT_EQ(ParseUint64("01"), std::nullopt);
  EXPECT_EQ(ParseUint64("0"), 0U);
}

TEST(Numbers, IntegersOfEveryLengthComeBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200000; ++i) {
    const std::uint64_t bits = random() >> (random() % 64);
    const auto value = static_cast<std::int64_t>(random() % 2 == 0 ? bits : 0 - bits);
    ASSERT_EQ(Format(value), std::to_string(value));
    ASSERT_EQ(ParseInt64(Format(value)), value);
    ASSERT_EQ(FormatU(bits), std::to_string(bits));
    ASSERT_EQ(ParseUint64(FormatU(bits)), bits);
  }
  std::uint64_t power = 1;
  for (int digits = 1; digits <= 20; ++digits, power *= 10) {
    EXPECT_EQ(DigitCount(power), digits);
    EXPECT_EQ(DigitCount(power - 1), digits == 1 ? 1 : digits - 1);
    EXPECT_EQ(FormatU(power), std::to_string(power));
    EXPECT_EQ(FormatU(power - 1), std::to_string(power - 1));
  }
  EXPECT_EQ(DigitCount(std::numeric_limits<std::uint64_t>::max()), 20);
  EXPECT_EQ(Format(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
}

TEST(Numbers, DoublesAreReadAsRedisServerReadsScores) {
  for (const std::string_view text :
       {""sv,  " 1"sv, "1 "sv,  "\t1"sv,  "nan"sv, "-nan"sv, "nan(1)"sv, "1e400"sv,    "-1e400"sv, "1e-400"sv,
        "."sv, "1e"sv, "1_0"sv, "infi"sv, "0x"sv,  "+-1"sv,  "1\0"sv,    "0x1p2000"sv, "++1"sv,    "e5"sv}) {
    EXPECT_EQ(ParseDouble(text), std::nullopt) << text;
  }
  EXPECT_EQ(ParseDouble("3.1"), 3.1);
  EXPECT_EQ(ParseDouble("+5"), 5.0);
  EXPECT_EQ(ParseDouble("1."), 1.0);
  EXPECT_EQ(ParseDouble(".5"), 0.5);
  EXPECT_EQ(ParseDouble("0x10"), 16.0);
  EXPECT_EQ(ParseDouble("0X1P3"), 8.0);
  EXPECT_EQ(ParseDouble("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(ParseDouble("0e9999"), 0.0);
  EXPECT_EQ(ParseDouble("00.5"), 0.5);
  for (const std::string_view text : {"inf"sv, "+inf"sv, "INF"sv, "Infinity"sv, "+infinity"sv}) {
    EXPECT_EQ(ParseDouble(text), std::numeric_limits<double>::infinity()) << text;
  }
  EXPECT_EQ(ParseDouble("-infinity"), -std::numeric_limits<double>::infinity());
  ASSERT_TRUE(ParseDouble("-0").has_value());
  EXPECT_TRUE(std::signbit(*ParseDouble("-0")));
  EXPECT_EQ(ParseDouble(std::string(400, '0') + "1"), 1.0);
  EXPECT_EQ(ParseDouble("0." + std::string(1000, '3')), std::strtod("0.33333333333333333333333333", nullptr));
}

TEST(Numbers, LongDoublesHaveTheirOwnRange) {
  EXPECT_EQ(ParseLongDouble("3.0"), 3.0L);
  EXPECT_EQ(ParseLongDouble("1e400"), 1e400L);
  EXPECT_EQ(ParseLongDouble("1e5000"), std::nullopt);
  EXPECT_EQ(ParseLongDouble("1e-5000"), std::nullopt);
  EXPECT_EQ(ParseLongDouble("nan"), std::nullopt);
  EXPECT_EQ(ParseLongDouble(" 1"), std::nullopt);
  EXPECT_EQ(ParseLongDouble(""), std::nullopt);
  EXPECT_EQ(ParseLongDouble("1\0"sv), std::nullopt);
  EXPECT_EQ(ParseLongDouble(std::string(kLongDoubleCharsMax, '0')), std::nullopt);
  EXPECT_EQ(ParseLongDouble("inf"), std::numeric_limits<long double>::infinity());
}

TEST(Numbers, DoublesPrintAsRedisServerPrintsScores) {
  EXPECT_EQ(FormatD(3.1), "3.1000000000000001");
  EXPECT_EQ(FormatD(1e22), "1e+22");
  EXPECT_EQ(FormatD(1e17), "1e+17");
  EXPECT_EQ(FormatD(1e16), "10000000000000000");
  EXPECT_EQ(FormatD(123456789012345678.0), "1.2345678901234568e+17");
  EXPECT_EQ(FormatD(-0.0), "-0");
  EXPECT_EQ(FormatD(0.0), "0");
  EXPECT_EQ(FormatD(std::numeric_limits<double>::infinity()), "inf");
  EXPECT_EQ(FormatD(-std::numeric_limits<double>::infinity()), "-inf");
  EXPECT_EQ(FormatD(std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(FormatD(-std::numeric_limits<double>::quiet_NaN()), "nan");
  EXPECT_EQ(FormatD(-std::numeric_limits<double>::denorm_min()), "-4.9406564584124654e-324");
  EXPECT_EQ(FormatS(3.1), "3.1");
  EXPECT_EQ(FormatS(-5e-324), "-5e-324");
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    const double value = i % 2 == 0 ? std::bit_cast<double>(random())
                                    : static_cast<double>(static_cast<std::int64_t>(random()) >> (random() % 64));
    if (std::isnan(value)) continue;
    char expected[64];
    std::snprintf(expected, sizeof(expected), "%.17g", value);
    ASSERT_EQ(FormatD(value), expected);
    ASSERT_EQ(ParseDouble(expected), value);
    ASSERT_EQ(ParseDouble(FormatS(value)), value);
  }
}

TEST(Numbers, LongDoublesPrintAsIncrByFloatDoes) {
  EXPECT_EQ(FormatL(3.1L), "3.1");
  EXPECT_EQ(FormatL(100.0L), "100");
  EXPECT_EQ(FormatL(0.0L), "0");
  EXPECT_EQ(FormatL(-0.0L), "0");
  EXPECT_EQ(FormatL(-1e-30L), "0");
  EXPECT_EQ(FormatL(1e-7L), "0.0000001");
  EXPECT_EQ(FormatL(1e22L), "10000000000000000000000");
  EXPECT_EQ(FormatL(-5.5L), "-5.5");
  EXPECT_EQ(FormatL(std::numeric_limits<long double>::infinity()), "inf");
  EXPECT_EQ(FormatL(-std::numeric_limits<long double>::infinity()), "-inf");
  EXPECT_EQ(FormatL(std::numeric_limits<long double>::max()).size(), 4933U);
}

}  // namespace
}  // namespace zedis::base

#include "server/config_line.h"

#include <gtest/gtest.h>

namespace zedis::server {
namespace {

using Lines = std::vector<std::string>;

TEST(SplitConfigLine, SplitsAtWhiteSpace) {
  EXPECT_EQ(SplitConfigLine("  save\t60  1\r"), (Lines{"save", "60", "1"}));
  EXPECT_EQ(SplitConfigLine(" \t"), Lines{});
}

TEST(SplitConfigLine, ReadsDoubleQuotesWithEscapes) {
  EXPECT_EQ(SplitConfigLine(R"(a "b c" "")"), (Lines{"a", "b c", ""}));
  EXPECT_EQ(SplitConfigLine(R"("\x41\xfF\n\r\t\a\b\q\"\\")"), (Lines{"A\xff\n\r\t\a\bq\"\\"}));
  EXPECT_EQ(SplitConfigLine(R"("\xg1\x4")"), (Lines{"xg1x4"}));
}

TEST(SplitConfigLine, ReadsSingleQuotesWithoutEscapes) {
  EXPECT_EQ(SplitConfigLine(R"('a\n"\'b')"), (Lines{"a\\n\"'b"}));
}

TEST(SplitConfigLine, RefusesUnbalancedQuotes) {
  for (const char* line : {R"("abc)", R"('abc)", R"("abc"d)", R"('abc'd)", R"("abc\)", R"(x "abc\")"}) {
    EXPECT_EQ(SplitConfigLine(line), std::nullopt) << line;
  }
}

TEST(QuoteConfigWord, RoundTripsEveryByte) {
  std::string all;
  for (int c = 1; c < 256; ++c) all += static_cast<char>(c);
  all += '\0';
  EXPECT_EQ(SplitConfigLine(QuoteConfigWord(all)), Lines{all});
  EXPECT_EQ(QuoteConfigWord("a\"\\\x01"), R"("a\"\\\x01")");
}

}  // namespace
}  // namespace zedis::server

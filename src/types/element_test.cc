#include "types/element.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zedis::types {
namespace {

std::string Encode(std::string_view text) {
  const EncodedElement element(text);
  std::string bytes(element.size(), '\0');
  element.WriteTo(bytes.data());
  return bytes;
}

TEST(Element, TextsAndIntegersComeBackAsTheyWentIn) {
  std::vector<std::string> texts = {"",
                                    "0",
                                    "007",
                                    "+1",
                                    "-0",
                                    " 1",
                                    "1 ",
                                    "-",
                                    "m000000001",
                                    "9223372036854775808",
                                    "-9223372036854775809",
                                    std::string("a\0b", 3)};
  for (int bits = 0; bits < 63; bits++) {
    const std::int64_t power = std::int64_t{1} << bits;
    for (const std::int64_t value : {power - 1, power, power + 1, -power - 1, -power, -power + 1}) {
      texts.push_back(std::to_string(value));
    }
  }
  texts.push_back(std::to_string(INT64_MIN));
  texts.push_back(std::to_string(INT64_MAX));
  for (const std::size_t size : {1U, 62U, 63U, 64U, 65U, 127U, 128U, 255U, 256U, 4095U, 4096U, 4097U, 70000U}) {
    texts.emplace_back(size, 'x');
  }
  for (const std::string& text : texts) {
    const std::string bytes = Encode(text);
    ASSERT_EQ(ElementSize(bytes.data()), bytes.size()) << text;
    ASSERT_EQ(CheckedElementSize(bytes), bytes.size()) << text;
    const Element element = DecodeElement(bytes.data());
    IntegerText buffer;
    EXPECT_EQ(element.Text(buffer), text);
    EXPECT_TRUE(element.Equals(text));
    EXPECT_FALSE(element.Equals(text + "0"));
    EXPECT_TRUE(Needle(text).Matches(element));
    EXPECT_FALSE(Needle(text + "0").Matches(element));
    for (std::size_t size = 0; size < bytes.size(); size += 1 + size / 7) {
      EXPECT_EQ(CheckedElementSize(std::string_view(bytes).substr(0, size)), std::nullopt)
          << text << " cut at " << size;
    }
  }
}

TEST(Element, SizesAreThoseOfTheHeader) {
  EXPECT_EQ(Encode("127").size(), 1U);
  EXPECT_EQ(Encode("128").size(), 2U);
  EXPECT_EQ(Encode("-4096").size(), 2U);
  EXPECT_EQ(Encode("4096").size(), 3U);
  EXPECT_EQ(Encode("-32769").size(), 4U);
  EXPECT_EQ(Encode("8388608").size(), 5U);
  EXPECT_EQ(Encode("2147483648").size(), 9U);
  EXPECT_EQ(Encode("m000000001").size(), 11U);
  EXPECT_EQ(Encode("007").size(), 4U);
  EXPECT_EQ(Encode(std::string(64, 'x')).size(), 66U);
  EXPECT_EQ(Encode(std::string(4096, 'x')).size(), 4101U);
}

}  // namespace
}  // namespace zedis::types

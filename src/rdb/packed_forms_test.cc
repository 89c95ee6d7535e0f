// Listpacks, ziplists and zipmaps, as texts between blanks.
#include <gtest/gtest.h>

#include <string>

#include "rdb/hex_harness.h"
#include "rdb/listpack.h"
#include "rdb/old_forms.h"

namespace zedis::rdb {
namespace {

using types::Element;

constexpr std::string_view kRefused = "(refused)";

template <class Form>
std::string TextOf(std::string_view bytes) {
  Form reader(bytes);
  std::string text;
  types::IntegerText digits;
  for (Element element; reader.Next(&element);) {
    if (!text.empty()) text += ' ';
    text += element.Text(digits);
  }
  Element element;
  EXPECT_FALSE(reader.Next(&element));
  return reader.ok() ? text : std::string(kRefused);
}

// No part of the bytes and no change of a single byte may be read beyond the end; the sanitizers watch.
template <class Form>
void DamageEverywhere(const std::string& bytes) {
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string part(bytes, 0, size);
    EXPECT_EQ(TextOf<Form>(part), kRefused) << size;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x40, 0x80, 0xff}) {
      std::string damaged(bytes);
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      TextOf<Form>(damaged);
    }
  }
}

// --- Listpack

constexpr std::string_view kAllIntegers =
    "4d000000 0f00 01 01 dfff 02 7f 01 c080 02 cfff 02 d000 02 f10010 03 f1ff7f 03 f10080 03 f2008000 04 f2ffff7f 04"
    "f300008000 05 f3ffffff7f 05 f40000008000000000 09 f40000000000000080 09 ff";
constexpr std::string_view kAllIntegersText =
    "1 -1 127 128 4095 -4096 4096 32767 -32768 32768 8388607 8388608 2147483647 2147483648 -9223372036854775808";

TEST(ListpackTest, HasIntegersOfAllSizes) {
  const std::string bytes = Bytes(kAllIntegers);
  EXPECT_EQ(TextOf<ListpackReader>(bytes), kAllIntegersText);
  ListpackWriter writer;
  std::string_view left = kAllIntegersText;
  while (!left.empty()) {
    const std::string_view word = left.substr(0, left.find(' '));
    writer.Append(word);
    left.remove_prefix(std::min(word.size() + 1, left.size()));
  }
  EXPECT_EQ(Hex(writer.Finish()), Hex(bytes));
}

TEST(ListpackTest, HasTextsOfAllSizes) {
  for (const std::size_t size :
       {0, 1, 63, 64, 125, 126, 127, 4095, 4096, 16'379, 16'380, 20'000, 2'097'140, 2'097'147}) {
    ListpackWriter writer;
    const std::string text(size, 'x');
    writer.Append(text);
    writer.Append(std::int64_t{7});
    const std::string bytes(writer.Finish());
    EXPECT_EQ(TextOf<ListpackReader>(bytes), size == 0 ? "7" : text + " 7") << size;
  }
  ListpackWriter writer;
  writer.Append(std::string(64, 'x'));
  EXPECT_EQ(Hex(writer.Finish()).substr(12, 4), "e040");
  writer.Clear();
  writer.Append(std::string(130, 'x'));
  EXPECT_TRUE(Hex(writer.Finish()).ends_with("0184ff"));
}

TEST(ListpackTest, OfMoreThan65534EntriesHasNoCount) {
  ListpackWriter writer;
  for (int i = 0; i < 70'000; ++i) writer.Append(std::int64_t{i % 100});
  const std::string bytes(writer.Finish());
  EXPECT_EQ(Hex(bytes.substr(4, 2)), "ffff");
  ListpackReader reader(bytes);
  std::size_t count = 0;
  for (Element element; reader.Next(&element);) ++count;
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(count, 70'000u);
}

TEST(ListpackTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("07000000 0000 ff")), "");
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0100 8161 02 ff")), "a");
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0b000000 0100 8161 02 ff")), kRefused) << "too few bytes";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0200 8161 02 ff")), kRefused) << "too few entries";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0000 8161 02 ff")), kRefused) << "too many entries";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0100 8161 03 ff")), kRefused) << "wrong size behind the entry";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0100 8261 02 ff")), kRefused) << "text up to the end mark";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0100 f561 02 ff")), kRefused) << "unknown tag";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0a000000 0100 8161 02 fe")), kRefused) << "no end mark";
  EXPECT_EQ(TextOf<ListpackReader>(Bytes("0d000000 0100 f0ffffffff 05 ff")), kRefused) << "a text of 4 GiB";
  DamageEverywhere<ListpackReader>(Bytes(kAllIntegers));
}

// --- Ziplist

constexpr std::string_view kZiplist =
    "4d000000 42000000 0e00 00f1 02fd 02fe0d 03feff 03fe7f 03fe80 03c08000 04c00080 04f0008000 05f0000080 05d000008000"
    "06d0ffffff7f 06e00000008000000000 0ae00000000000000080 ff";

TEST(ZiplistTest, HasIntegersOfAllSizes) {
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes(kZiplist)),
            "0 12 13 -1 127 -128 128 -32768 32768 -8388608 8388608 2147483647 2147483648 -9223372036854775808");
}

// The size of the entry before is one byte, or from 254 on five.
TEST(ZiplistTest, HasTextsOfAllSizes) {
  for (const std::size_t size : {0, 1, 63, 64, 250, 251, 252, 300, 16'383, 16'384, 70'000}) {
    std::string entry("\0", 1);
    if (size < 64) {
      entry += static_cast<char>(size);
    } else if (size < 16'384) {
      entry += static_cast<char>(0x40 | size >> 8);
      entry += static_cast<char>(size);
    } else {
      entry += Bytes("80");
      for (const int shift : {24, 16, 8, 0}) entry += static_cast<char>(size >> shift);
    }
    entry += std::string(size, 'x');
    std::string next;
    if (entry.size() < 254) {
      next += static_cast<char>(entry.size());
    } else {
      next += '\xfe';
      for (const int shift : {0, 8, 16, 24}) next += static_cast<char>(entry.size() >> shift);
    }
    next += Bytes("f8");
    const std::size_t total = 10 + entry.size() + next.size() + 1;
    std::string bytes;
    for (const std::size_t number : {total, 10 + entry.size()}) {
      for (const int shift : {0, 8, 16, 24}) bytes += static_cast<char>(number >> shift);
    }
    bytes += Bytes("0200") + entry + next + Bytes("ff");
    EXPECT_EQ(TextOf<ZiplistReader>(bytes), size == 0 ? "7" : std::string(size, 'x') + " 7") << size;
  }
}

TEST(ZiplistTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0b000000 0a000000 0000 ff")), "");
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 0100 000161 ff")), "a");
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("12000000 0a000000 0100 fe00000000 0161 ff")), "a")
      << "long form of a small size";
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0b000000 0100 000161 ff")), kRefused)
      << "the last entry is elsewhere";
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 0200 000161 ff")), kRefused) << "too few entries";
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 ffff 000161 ff")), "a") << "no count";
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 0100 010161 ff")), kRefused)
      << "nothing is before the first";
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 0100 000261 ff")), kRefused) << "text up to the end mark";
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 0100 00fd00 ff")), kRefused);
  EXPECT_EQ(TextOf<ZiplistReader>(Bytes("0e000000 0a000000 0100 00c161 ff")), kRefused) << "unknown tag";
  DamageEverywhere<ZiplistReader>(Bytes(kZiplist));
}

// --- Zipmap

TEST(ZipmapTest, HasFieldsAndValues) {
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("02 0166 010076 0568656c6c6f 0500776f726c64 ff")), "f v hello world");
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("01 0166 02026869 0000 ff")), "f hi") << "two unused bytes";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("01 fe0100000066 fe010000000076 ff")), "f v") << "long lengths";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("fe 0166 010076 ff")), "f v") << "no count";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("00 ff")), "");
}

TEST(ZipmapTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("02 0166 010076 ff")), kRefused) << "too few pairs";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("01 0166 ff")), kRefused) << "no value";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("01 0166 020076 ff")), kRefused) << "value up to the end mark";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("01 0166 010176 ff")), kRefused) << "an unused byte too many";
  EXPECT_EQ(TextOf<ZipmapReader>(Bytes("01 0166 feffffffff0076 ff")), kRefused) << "a value of 4 GiB";
  DamageEverywhere<ZipmapReader>(Bytes("02 0166 010076 0568656c6c6f 0500776f726c64 ff"));
}

}  // namespace
}  // namespace zedis::rdb

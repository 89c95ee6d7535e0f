// Lengths, strings and numbers, written and read.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "rdb/hex_harness.h"
#include "rdb/reader.h"
#include "rdb/writer.h"

namespace zedis::rdb {
namespace {

std::string WrittenString(std::string_view text, bool compress = true) {
  std::string bytes;
  Writer(bytes, compress).String(text);
  return bytes;
}
std::string WrittenLength(std::uint64_t length) {
  std::string bytes;
  Writer(bytes, true).Length(length);
  return bytes;
}

TEST(RdbLengthTest, IsWrittenInItsShortestFormAndReadBack) {
  EXPECT_EQ(Hex(WrittenLength(0)), "00");
  EXPECT_EQ(Hex(WrittenLength(63)), "3f");
  EXPECT_EQ(Hex(WrittenLength(64)), "4040");
  EXPECT_EQ(Hex(WrittenLength(16383)), "7fff");
  EXPECT_EQ(Hex(WrittenLength(16384)), "8000004000");
  EXPECT_EQ(Hex(WrittenLength(0xffffffff)), "80ffffffff");
  EXPECT_EQ(Hex(WrittenLength(0x100000000)), "810000000100000000");
  for (unsigned bit = 0; bit < 64; ++bit) {
    for (const std::uint64_t length : {(std::uint64_t{1} << bit) - 1, std::uint64_t{1} << bit}) {
      const std::string bytes = WrittenLength(length);
      Reader reader(bytes);
      EXPECT_EQ(reader.Length(), length);
      EXPECT_TRUE(reader.ok() && reader.left() == 0);
    }
  }
}

TEST(RdbLengthTest, ThatIsNoneFails) {
  for (const std::string_view bytes : {"", "\x82", "\xc0", "\x40", "\x80\1\1\1", "\x81\1\1\1\1\1\1\1"}) {
    Reader reader(bytes);
    reader.Length();
    EXPECT_FALSE(reader.ok()) << Hex(bytes);
  }
}

TEST(RdbCountTest, ForWhichThereAreTooFewBytesFails) {
  Reader enough(std::string_view("\3abcdef"));
  EXPECT_EQ(enough.Count(2), 3u);
  EXPECT_TRUE(enough.ok());
  Reader few(std::string_view("\4abcdef"));
  EXPECT_EQ(few.Count(2), 0u);
  EXPECT_FALSE(few.ok());
}

TEST(RdbStringTest, IsWrittenAsRedisWritesIt) {
  EXPECT_EQ(Hex(WrittenString("")), "00");
  EXPECT_EQ(Hex(WrittenString("hello")), "0568656c6c6f");
  EXPECT_EQ(Hex(WrittenString("0")), "c000");
  EXPECT_EQ(Hex(WrittenString("127")), "c07f");
  EXPECT_EQ(Hex(WrittenString("-128")), "c080");
  EXPECT_EQ(Hex(WrittenString("128")), "c18000");
  EXPECT_EQ(Hex(WrittenString("-32768")), "c10080");
  EXPECT_EQ(Hex(WrittenString("32768")), "c200800000");
  EXPECT_EQ(Hex(WrittenString("2147483647")), "c2ffffff7f");
  EXPECT_EQ(Hex(WrittenString("2147483648")), "0a32313437343833363438");
  EXPECT_EQ(Hex(WrittenString("007")), "03303037");
  EXPECT_EQ(Hex(WrittenString("-0")), "022d30");
  EXPECT_EQ(WrittenString(std::string(20, 'a')), '\x14' + std::string(20, 'a'));
  EXPECT_EQ(Hex(WrittenString(std::string(21, 'a'))), "c30615016161e00a00");
  EXPECT_EQ(WrittenString(std::string(21, 'a'), false), '\x15' + std::string(21, 'a'));
}

TEST(RdbStringTest, OfAnyKindIsReadBack) {
  std::string noise;
  for (unsigned i = 0; i < 5000; ++i) noise.push_back(static_cast<char>(i * 2654435761u >> 13));
  for (const std::string& text : {std::string(), std::string("-1"), std::string("12345678901"),
                                  std::string(100000, 'x'), noise, std::string("abc").append(70, '\0')}) {
    for (const bool compress : {false, true}) {
      const std::string bytes = WrittenString(text, compress);
      std::string scratch;
      Reader reader(bytes);
      EXPECT_EQ(reader.String(scratch), text);
      EXPECT_TRUE(reader.ok() && reader.left() == 0);
    }
  }
}

TEST(RdbStringTest, ThatEndsTooEarlyFails) {
  for (const std::string& text : {std::string("hello"), std::string("70000"), std::string(300, 'x')}) {
    const std::string bytes = WrittenString(text);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      std::string scratch;
      Reader reader(std::string_view(bytes).substr(0, size));
      EXPECT_EQ(reader.String(scratch), "");
      EXPECT_FALSE(reader.ok()) << size;
    }
  }
}

TEST(RdbStringTest, ThatClaimsToDecompressToMoreThanItCanFails) {
  std::string bytes;
  Writer writer(bytes, false);
  writer.Byte(0xc3);
  writer.Length(3);
  writer.Length(std::uint64_t{1} << 31);
  writer.Bytes(std::string_view("\0a\0", 3));
  std::string scratch;
  Reader reader(bytes);
  reader.String(scratch);
  EXPECT_FALSE(reader.ok());
  EXPECT_LT(scratch.capacity(), 1000u);
}

TEST(RdbStringTest, OfWrongLzfFails) {
  // A reference before the beginning; literals beyond the end; a result shorter and one longer than announced.
  for (const std::string_view body :
       {std::string_view("\xc3\2\3\x20\0", 5), std::string_view("\xc3\2\5\4a", 5), std::string_view("\xc3\2\2\0a", 5),
        std::string_view("\xc3\3\1\1ab", 6), std::string_view("\xc3\0\0", 3)}) {
    std::string scratch;
    Reader reader(body);
    reader.String(scratch);
    EXPECT_FALSE(reader.ok()) << Hex(body);
  }
}

TEST(RdbNumberTest, IsReadBack) {
  std::string bytes;
  Writer writer(bytes, true);
  writer.Int64(std::numeric_limits<std::int64_t>::min());
  writer.BigEndian(1);
  writer.Double(-1.5);
  Reader reader(bytes);
  EXPECT_EQ(reader.Int64(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(bytes.substr(8, 8), std::string("\0\0\0\0\0\0\0\1", 8));
  EXPECT_EQ(reader.BigEndian(), 1u);
  EXPECT_EQ(reader.Double(), -1.5);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.Byte(), 0);
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace zedis::rdb

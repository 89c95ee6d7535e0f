// Values of every layout, loaded, looked at, and saved again.
#include <gtest/gtest.h>

#include <string>

#include "rdb/crc64.h"
#include "rdb/hex_harness.h"
#include "rdb/payload.h"
#include "rdb/value_harness.h"

namespace zedis::rdb {
namespace {

constexpr std::string_view kRefused = "(refused)";

std::string Loaded(ValueHarness& harness, std::string_view hex, int version = kVersionOf74) {
  const store::Entry* entry = harness.Load(Bytes(hex), version);
  if (entry == nullptr) return std::string(kRefused);
  return std::string(store::EncodingName(*entry, harness.tunables())) + ": " + ValueHarness::TextOf(*entry);
}
std::string Loaded(std::string_view hex, int version = kVersionOf74) {
  ValueHarness harness;
  return Loaded(harness, hex, version);
}
std::string SavedAgain(std::string_view hex, int version = kVersionOf70) {
  ValueHarness harness;
  const store::Entry* entry = harness.Load(Bytes(hex));
  return entry == nullptr ? std::string(kRefused) : Hex(harness.Save(*entry, version));
}

// A part of a value is refused, and one with a changed byte does no harm.
void DamageEverywhere(std::string_view hex) {
  const std::string body = Bytes(hex);
  ValueHarness harness;
  for (std::size_t size = 0; size < body.size(); ++size) {
    const std::string part(body, 0, size);
    EXPECT_EQ(harness.Load(part), nullptr) << hex << " cut to " << size;
  }
  for (std::size_t i = 0; i < body.size(); ++i) {
    for (const int flip : {0x01, 0x04, 0x40, 0x80, 0xff}) {
      std::string damaged(body);
      damaged[i] = static_cast<char>(damaged[i] ^ flip);
      const store::Entry* entry = harness.Load(damaged);
      if (entry != nullptr) harness.Save(*entry);
    }
  }
}

TEST(RdbStringValueTest, IsLoadedAndSavedInItsSmallestForm) {
  EXPECT_EQ(Loaded("00 05 68656c6c6f"), "embstr: hello");
  EXPECT_EQ(Loaded("00 00"), "embstr: ");
  EXPECT_EQ(Loaded("00 c1 0080"), "int: -32768");
  EXPECT_EQ(Loaded("00 02 3132"), "int: 12") << "digits as they are";
  EXPECT_EQ(Loaded("00 81 0000000000000005 68656c6c6f"), "embstr: hello") << "a long form of a short length";
  EXPECT_EQ(Loaded("00 80 00000005 68656c6c6f"), "embstr: hello");
  EXPECT_EQ(Loaded("00 c3 06 15 01 6161 e00a00"), "embstr: aaaaaaaaaaaaaaaaaaaaa");
  EXPECT_EQ(SavedAgain("00 80 00000005 68656c6c6f"), "000568656c6c6f");
  EXPECT_EQ(SavedAgain("00 02 3132"), "00c00c");
  DamageEverywhere("00 c3 06 15 01 6161 e00a00");
}

TEST(RdbStringValueTest, ThatIsLongIsSavedCompressedAndLoadedAgain) {
  ValueHarness harness;
  std::string body(1, '\0');
  Writer(body, false).String(std::string(100'000, 'z'));
  const store::Entry* entry = harness.Load(body);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->storage(), store::Storage::kFar);
  const std::string saved = harness.Save(*entry);
  EXPECT_LT(saved.size(), 2000u);
  EXPECT_EQ(harness.Load(saved)->storage(), store::Storage::kFar);
  harness.tunables().rdbcompression.Set(0);
  EXPECT_EQ(Hex(harness.Save(*harness.Load(saved))), Hex(body));
}

TEST(RdbListTest, OfEveryLayoutIsLoaded) {
  EXPECT_EQ(Loaded("01 02 0161 c00c"), "listpack: a 12") << "of strings";
  EXPECT_EQ(Loaded("0a 10 10000000 0d000000 0200 000161 03f6 ff"), "listpack: a 5") << "a ziplist";
  EXPECT_EQ(Loaded("0e 02 10 10000000 0d000000 0200 000161 03f6 ff 0e 0e000000 0a000000 0100 00017a ff"),
            "listpack: a 5 z")
      << "ziplists";
  EXPECT_EQ(Loaded("12 01 02 10 10000000 0300 816102 816202 816302 ff"), "listpack: a b c") << "a listpack";
  EXPECT_EQ(Loaded("12 03 02 0a 0a000000 0100 816102 ff 01 0150 02 0a 0a000000 0100 816202 ff"), "listpack: a P b")
      << "with an element on its own";
}

TEST(RdbListTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(Loaded("01 00"), kRefused) << "empty";
  EXPECT_EQ(Loaded("0a 0b 0b000000 0a000000 0000 ff"), kRefused) << "an empty ziplist";
  EXPECT_EQ(Loaded("12 01 02 07 07000000 0000 ff"), kRefused) << "an empty listpack";
  EXPECT_EQ(Loaded("12 01 03 0a 0a000000 0100 816102 ff"), kRefused) << "an unknown container";
  EXPECT_EQ(Loaded("12 01 02 00"), kRefused) << "no listpack";
  EXPECT_EQ(Loaded("12 01 01 00"), kRefused) << "an empty element on its own";
  DamageEverywhere("12 02 02 10 10000000 0300 816102 816202 816302 ff 02 0a 0a000000 0100 816102 ff");
  DamageEverywhere("0e 02 10 10000000 0d000000 0200 000161 03f6 ff 0e 0e000000 0a000000 0100 00017a ff");
  DamageEverywhere("01 02 0161 c00c");
}

TEST(RdbListTest, IsCutIntoNodesAsTheDirectiveSays) {
  ValueHarness harness;
  harness.tunables().list_max_listpack_size.Set(2);
  const std::string nodes =
      "12 03 02 0d 0d000000 0200 816102 816202 ff 02 0d 0d000000 0200 816302 816402 ff 02 0a 0a000000 0100 816502 ff";
  const store::Entry* entry = harness.Load(Bytes(nodes));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(Hex(harness.Save(*entry)), Hex(Bytes(nodes)));
  EXPECT_EQ(store::EncodingName(*entry, harness.tunables()), "quicklist");
  harness.tunables().list_max_listpack_size.Set(-2);
  EXPECT_EQ(Hex(harness.Save(*entry)).substr(0, 4), "1201");
}

TEST(RdbListTest, OfManyElementsIsSavedAndLoadedAgain) {
  for (const int size : {-1, -5, 1, 100}) {
    ValueHarness harness;
    harness.tunables().list_max_listpack_size.Set(size);
    std::string body = Bytes("01 800000c350");  // 50,000 elements
    Writer writer(body, true);
    for (int i = 0; i < 50'000; ++i) {
      const int bytes = i % 1000 == 7 ? 9000 : i % 30;
      writer.String(std::to_string(i) + std::string(static_cast<std::size_t>(i % 3 == 0 ? 0 : bytes), 'x'));
    }
    const store::Entry* entry = harness.Load(body);
    ASSERT_NE(entry, nullptr);
    const std::string text = ValueHarness::TextOf(*entry);
    const store::Entry* again = harness.Load(harness.Save(*entry));
    ASSERT_NE(again, nullptr);
    EXPECT_TRUE(ValueHarness::TextOf(*again) == text) << size;
  }
}

TEST(RdbSetTest, OfEveryLayoutIsLoaded) {
  EXPECT_EQ(Loaded("02 03 c003 0161 0162"), "listpack: 3 a b");
  EXPECT_EQ(Loaded("02 02 c003 c005"), "intset: 3 5");
  EXPECT_EQ(Loaded("0b 0e 02000000 03000000 0100 0200 0300"), "intset: 1 2 3");
  EXPECT_EQ(Loaded("0b 10 04000000 02000000 ffffffff 00800000"), "intset: -1 32768");
  EXPECT_EQ(Loaded("0b 18 08000000 02000000 0500000000000000 0000008000000000"), "intset: 2147483648 5");
  EXPECT_EQ(Loaded("14 0f 0f000000 0300 816102 816202 0301 ff"), "listpack: 3 a b");
}

TEST(RdbSetTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(Loaded("02 00"), kRefused) << "empty";
  EXPECT_EQ(Loaded("02 02 0161 0161"), kRefused) << "a member twice";
  EXPECT_EQ(Loaded("02 02 c003 0133"), kRefused) << "twice, once as a text";
  EXPECT_EQ(Loaded("0b 08 02000000 00000000"), kRefused) << "no integers";
  EXPECT_EQ(Loaded("0b 0c 02000000 02000000 0200 0100"), kRefused) << "descending";
  EXPECT_EQ(Loaded("0b 0c 02000000 02000000 0200 0200"), kRefused) << "an integer twice";
  EXPECT_EQ(Loaded("0b 0c 03000000 02000000 0200 0300"), kRefused) << "of three bytes";
  EXPECT_EQ(Loaded("0b 0c 02000000 03000000 0200 0300"), kRefused) << "too few";
  EXPECT_EQ(Loaded("14 0d 0d000000 0200 816102 816102 ff"), kRefused) << "a member twice";
  EXPECT_EQ(Loaded("14 07 07000000 0000 ff"), kRefused) << "empty";
  DamageEverywhere("02 03 c003 0161 0162");
  DamageEverywhere("0b 0e 02000000 03000000 0100 0200 0300");
  DamageEverywhere("14 0f 0f000000 0300 816102 816202 0301 ff");
}

TEST(RdbSetTest, IsSavedInTheFormOfTheVersion) {
  constexpr std::string_view kIntegers = "0b10040000000200000001000000ffffff7f";
  EXPECT_EQ(SavedAgain(kIntegers), kIntegers);
  EXPECT_EQ(SavedAgain("02 02 c003 0161"), "0202c0030161");
  EXPECT_EQ(SavedAgain("02 02 c003 0161", kVersionOf72),
            "140c0c0000000200030181"
            "6102ff");
}

TEST(RdbSetTest, OfManyMembersIsSavedAndLoadedAgain) {
  for (const bool integers : {false, true}) {
    ValueHarness harness;
    std::string body = Bytes("02 800000c350");
    Writer writer(body, true);
    for (int i = 0; i < 50'000; ++i) writer.String((integers ? "" : "x") + std::to_string(i * 7));
    const store::Entry* entry = harness.Load(body);
    ASSERT_NE(entry, nullptr);
    EXPECT_EQ(store::EncodingName(*entry, harness.tunables()), "hashtable");
    const std::string text = ValueHarness::TextOf(*entry);
    EXPECT_TRUE(ValueHarness::TextOf(*harness.Load(harness.Save(*entry))) == text);
  }
}

TEST(RdbSetTest, TakesTheFormThatTheDirectivesSay) {
  ValueHarness harness;
  harness.tunables().set_max_intset_entries.Set(2);
  EXPECT_EQ(Loaded(harness, "0b 0e 02000000 03000000 0100 0200 0300"), "hashtable: 1 2 3");
  EXPECT_EQ(Loaded(harness, "14 0f 0f000000 0300 816102 816202 0301 ff"), "listpack: 3 a b");
  harness.tunables().set_max_listpack_entries.Set(2);
  EXPECT_EQ(Loaded(harness, "14 0f 0f000000 0300 816102 816202 0301 ff"), "hashtable: 3 a b");
}

TEST(RdbSortedSetTest, OfEveryLayoutIsLoaded) {
  EXPECT_EQ(Loaded("03 04 0161 03 312e35 0162 fe 0163 ff 0164 02 3137"), "listpack: a=1.5 b=inf c=-inf d=17");
  EXPECT_EQ(Loaded("05 02 0162 0000000000000040 0161 000000000000f83f"), "listpack: a=1.5 b=2");
  EXPECT_EQ(Loaded("0c 18 18000000 12000000 0400 000161 03f2 020162 0303322e35 ff"), "listpack: a=1 b=2.5");
  EXPECT_EQ(Loaded("11 0c 0c000000 0200 816102 0101 ff"), "listpack: a=1");
  EXPECT_EQ(Loaded("11 11 11000000 0400 816102 0201 816202 0101 ff"), "listpack: a=2 b=1") << "not in order";
  EXPECT_EQ(SavedAgain("11 11 11000000 0400 816102 0201 816202 0101 ff"),
            Hex(Bytes("11 11 11000000 0400 816202 0101 816102 0201 ff")));
}

TEST(RdbSortedSetTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(Loaded("03 01 0161 fd"), kRefused) << "no number";
  EXPECT_EQ(Loaded("05 01 0161 000000000000f87f"), kRefused) << "no number";
  EXPECT_EQ(Loaded("03 01 0161 01 78"), kRefused) << "a text that is no number";
  EXPECT_EQ(Loaded("05 00"), kRefused) << "empty";
  EXPECT_EQ(Loaded("05 02 0161 0000000000000040 0161 000000000000f83f"), kRefused) << "a member twice";
  EXPECT_EQ(Loaded("11 0a 0a000000 0100 816102 ff"), kRefused) << "no score";
  EXPECT_EQ(Loaded("11 0d 0d000000 0200 816102 816202 ff"), kRefused) << "a score that is no number";
  EXPECT_EQ(Loaded("11 11 11000000 0400 816102 0201 816102 0101 ff"), kRefused) << "a member twice";
  DamageEverywhere("05 02 0162 0000000000000040 0161 000000000000f83f");
  DamageEverywhere("11 11 11000000 0400 816102 0201 816202 0101 ff");
}

TEST(RdbSortedSetTest, OfManyMembersIsSavedAndLoadedAgain) {
  ValueHarness harness;
  std::string body = Bytes("05 800000c350");
  Writer writer(body, true);
  for (int i = 0; i < 50'000; ++i) {
    writer.String("x" + std::to_string(i * 7));
    writer.Double(i % 100 * 0.1 - i % 7);
  }
  const store::Entry* entry = harness.Load(body);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(store::EncodingName(*entry, harness.tunables()), "skiplist");
  const std::string text = ValueHarness::TextOf(*entry);
  EXPECT_TRUE(ValueHarness::TextOf(*harness.Load(harness.Save(*entry))) == text);
}

TEST(RdbHashTest, OfEveryLayoutIsLoaded) {
  EXPECT_EQ(Loaded("04 01 0166 0176"), "listpack: f=v");
  EXPECT_EQ(Loaded("09 14 02 0166 010076 0568656c6c6f 0500776f726c64 ff"), "listpack: f=v hello=world");
  EXPECT_EQ(Loaded("0d 17 17000000 13000000 0400 000166 030176 03016e 03fe64 ff"), "listpack: f=v n=100");
  EXPECT_EQ(Loaded("10 0d 0d000000 0200 816602 817602 ff"), "listpack: f=v");
}

// The time of field g is in the year 2100.
TEST(RdbHashTest, WithTimesOfEveryLayoutIsLoaded) {
  constexpr std::string_view kExpected = "listpackex: f=v g=w!!hexpire!!";
  constexpr std::string_view kPairs = "1f 1f000000 0600 816702 817702 f400d8c32cbb030000 09 816602 817602 0001 ff";
  const std::string listpack = "19 00d8c32cbb030000 " + std::string(kPairs);
  for (const std::string& hex :
       {std::string("16 02 00 0166 0176 81000003bb2cc3d800 0167 0177"), "17" + std::string(kPairs),
        std::string("18 00d8c32cbb030000 02 00 0166 0176 01 0167 0177"), listpack}) {
    ValueHarness harness;
    EXPECT_EQ(Loaded(harness, hex), kExpected) << hex;
    const store::Entry* entry = harness.Load(Bytes(hex));
    EXPECT_EQ(store::HashOf(*entry, 0).Earliest(), 4102444800000) << hex;
    EXPECT_EQ(VersionFor(*entry), kVersionOf74);
    EXPECT_EQ(Hex(harness.Save(*entry, kVersionOf74)), Hex(Bytes(listpack)));
    EXPECT_EQ(SavedType(*entry, SaveOptions(harness.tunables(), kVersionOf70)), ValueType::kHashListpack);
  }
  EXPECT_EQ(Loaded("16 02 0166 0176 ffffffffffffffff 0167 0177 00d8c32cbb030000", kVersionOfValkey9), kExpected);
}

TEST(RdbHashTest, ThatIsIndexedKeepsItsTimes) {
  ValueHarness harness;
  harness.tunables().hash_max_listpack_entries.Set(0);
  constexpr std::string_view kPairs = "18 00d8c32cbb030000 03 00 0166 0176 01 0167 0177 407c 0168 0178";
  EXPECT_EQ(Loaded(harness, kPairs), "hashtable: f=v g=w!!hexpire!! h=x!!hexpire!!");
  const store::Entry* entry = harness.Load(Bytes(kPairs));
  const std::string saved = harness.Save(*entry, kVersionOf74);
  EXPECT_EQ(Hex(saved).substr(0, 20), Hex(Bytes(kPairs)).substr(0, 20));
  std::vector<std::int64_t> times;
  for (const auto* loaded : {harness.Load(saved)}) {
    store::HashOf(*loaded, 0).ForEach([&](const types::HashItem& item) {
      times.push_back(item.expire_at_ms);
      return true;
    });
  }
  std::ranges::sort(times);
  EXPECT_EQ(times, (std::vector<std::int64_t>{4102444800000, 4102444800123, types::kNoFieldExpiry}));
}

TEST(RdbHashTest, ThatIsWrongIsRefused) {
  EXPECT_EQ(Loaded("04 00"), kRefused) << "empty";
  EXPECT_EQ(Loaded("04 02 0166 0176 0166 0177"), kRefused) << "a field twice";
  EXPECT_EQ(Loaded("10 13 13000000 0400 816602 817602 816602 817702 ff"), kRefused) << "a field twice";
  EXPECT_EQ(Loaded("10 10 10000000 0300 816602 817602 816702 ff"), kRefused) << "a field without a value";
  EXPECT_EQ(Loaded("17 0d 0d000000 0200 816602 817602 ff"), kRefused) << "no time";
  EXPECT_EQ(Loaded("17 10 10000000 0300 816602 817602 817802 ff"), kRefused) << "a time that is no number";
  EXPECT_EQ(Loaded("16 01 81ffffffffffffffff 0166 0176"), kRefused) << "a time beyond the end";
  EXPECT_EQ(Loaded("18 00d8c32cbb030000 01 81ffffffffffffffff 0166 0176"), kRefused) << "a time beyond the end";
  EXPECT_EQ(Loaded("18 ffffffffffffff7f 01 01 0166 0176"), kRefused) << "a time, where the earliest is none";
  EXPECT_EQ(Loaded("16 01 0166 0176 feffffffffffffff", kVersionOfValkey9), kRefused) << "a negative time";
  DamageEverywhere("04 02 0166 0176 0167 0177");
  DamageEverywhere("10 13 13000000 0400 816602 817602 816702 817702 ff");
  DamageEverywhere("18 00d8c32cbb030000 02 00 0166 0176 01 0167 0177");
  DamageEverywhere("19 00d8c32cbb030000 1f 1f000000 0600 816702 817702 f400d8c32cbb030000 09 816602 817602 0001 ff");
}

TEST(RdbHashTest, OfManyFieldsIsSavedAndLoadedAgain) {
  ValueHarness harness;
  std::string body = Bytes("04 800000c350");
  Writer writer(body, true);
  for (int i = 0; i < 50'000; ++i) {
    writer.String("field " + std::to_string(i));
    writer.String(std::to_string(std::int64_t{i} * i));
  }
  const store::Entry* entry = harness.Load(body);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(store::EncodingName(*entry, harness.tunables()), "hashtable");
  const std::string text = ValueHarness::TextOf(*entry);
  EXPECT_TRUE(ValueHarness::TextOf(*harness.Load(harness.Save(*entry))) == text);
}

TEST(RdbValueTest, OfNoLayoutIsRefused) {
  for (const std::string_view hex : {"", "06 00", "07 00", "08 00", "1a 00", "ff", "fa 00", "7f 00"}) {
    EXPECT_EQ(Loaded(hex), kRefused) << hex;
  }
}

TEST(RdbValueTest, BytesBehindItStayUnread) {
  ValueHarness harness;
  ASSERT_NE(harness.Load(Bytes("00 02 6869 7a7a7a")), nullptr);
  EXPECT_EQ(harness.left(), 3u);
}

// --- Payloads

TEST(PayloadTest, HasTheChecksumThatRedisComputes) {
  ValueHarness harness;
  const store::Entry* entry = harness.Load(Bytes("00 05 68656c6c6f"));
  EXPECT_EQ(Hex(MakePayload(*entry, harness.tunables())), "000568656c6c6f0a006372df766534200a");
}

TEST(PayloadTest, IsCheckedBeforeItIsRead) {
  const std::string payload = Bytes("000568656c6c6f0a006372df766534200a");
  const auto checked = CheckPayload(payload);
  ASSERT_TRUE(checked);
  EXPECT_EQ(Hex(checked->body), "000568656c6c6f");
  EXPECT_EQ(checked->version, 10);
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT_FALSE(CheckPayload(std::string_view(payload).substr(0, size)));
  }
  for (std::size_t i = 0; i < payload.size(); ++i) {
    std::string damaged(payload);
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(CheckPayload(damaged));
  }
}

TEST(PayloadTest, OfAnUnknownVersionIsRefused) {
  for (const int version : {0, 1, 6, 12, 13, 79, 80, 81, 256, 0x0a0a}) {
    std::string payload = Bytes("00 05 68656c6c6f");
    payload += static_cast<char>(version);
    payload += static_cast<char>(version >> 8);
    Writer(payload, false).Uint64(Crc64(0, payload));
    EXPECT_EQ(CheckPayload(payload).has_value(), version <= 12 || version == 80) << version;
  }
}

}  // namespace
}  // namespace zedis::rdb

// Streams of every layout, loaded, looked at, and saved again.
#include <gtest/gtest.h>

#include <string>

#include "rdb/hex_harness.h"
#include "rdb/listpack.h"
#include "rdb/value_harness.h"

namespace zedis::rdb {
namespace {

using types::Stream;
using types::StreamGroup;

const Stream* StreamOf(const store::Entry* entry) {
  return entry == nullptr ? nullptr : static_cast<const Stream*>(entry->far());
}
bool IsRefused(std::string_view hex) {
  ValueHarness harness;
  return harness.Load(Bytes(hex)) == nullptr;
}

// One entry, 1-1 f=v.
#define NODE \
  "10 0000000000000001 0000000000000001 1d 1d000000 0a00 0101 0001 0101 816602 0001 0201 0001 0001 817602 0401 ff"
#define ID_1_1 "0000000000000001 0000000000000001"
#define TIME "0068e5cf8b010000"

constexpr std::string_view kVersion1 = "0f 01" NODE "01 0101 01 0167 0101 01" ID_1_1 TIME "01 01 0163" TIME "01" ID_1_1;
constexpr std::string_view kVersion2 =
    "13 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 01" ID_1_1 TIME "01 01 0163" TIME "01" ID_1_1;
constexpr std::string_view kVersion3 =
    "15 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 01" ID_1_1 TIME "01 01 0163" TIME "0268e5cf8b010000 01" ID_1_1;

TEST(RdbStreamTest, OfEveryLayoutIsLoaded) {
  for (const std::string_view hex : {kVersion1, kVersion2, kVersion3}) {
    ValueHarness harness;
    const store::Entry* entry = harness.Load(Bytes(hex));
    const Stream* stream = StreamOf(entry);
    ASSERT_NE(stream, nullptr) << hex.substr(0, 2);
    EXPECT_EQ(ValueHarness::TextOf(*entry), "1.1 f v");
    EXPECT_EQ(stream->entries_added, 1u);
    ASSERT_EQ(stream->Groups().size(), 1u);
    StreamGroup& group = *stream->Groups()[0];
    EXPECT_EQ(group.entries_read, 1);
    ASSERT_EQ(group.Consumers().size(), 1u);
    const types::StreamConsumer& consumer = *group.Consumers()[0];
    EXPECT_EQ(consumer.Name(), "c");
    EXPECT_EQ(consumer.seen_at_ms, 1'700'000'000'000);
    EXPECT_EQ(consumer.active_at_ms, hex == kVersion3 ? 1'700'000'000'002 : consumer.seen_at_ms);
    const types::PendingEntry* pending = group.FindPending({1, 1});
    ASSERT_NE(pending, nullptr);
    EXPECT_EQ(pending->consumer, &consumer);
    EXPECT_EQ(pending->deliveries, 1u);
    EXPECT_EQ(pending->delivered_at_ms, 1'700'000'000'000);
  }
}

TEST(RdbStreamTest, IsSavedInTheLayoutOfTheVersion) {
  ValueHarness harness;
  const store::Entry* entry = harness.Load(Bytes(kVersion3));
  EXPECT_EQ(Hex(harness.Save(*entry, kVersionOf72)), Hex(Bytes(kVersion3)));
  EXPECT_EQ(Hex(harness.Save(*entry, kVersionOf70)), Hex(Bytes(kVersion2)));
}

// 1-1 f=v, 2-0 f=w deleted, 2-5 other=9.
constexpr std::string_view kWithDeleted =
    "13 01 10 0000000000000001 0000000000000001 3c 3c000000 1600 0201 0101 0101 816602 0001"
    "0201 0001 0001 817602 0401 0301 0101 dfff02 817702 0401 0001 0101 0401 0101 856f7468657206 0901 0601 ff"
    "02 0205 0101 0200 03 00";

TEST(RdbStreamTest, HasNoDeletedEntries) {
  ValueHarness harness;
  const store::Entry* entry = harness.Load(Bytes(kWithDeleted));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(ValueHarness::TextOf(*entry), "1.1 f v 2.5 other 9");
  const Stream& stream = *StreamOf(entry);
  EXPECT_EQ(stream.entries_added, 3u);
  EXPECT_EQ(stream.max_deleted_id, (types::StreamId{2, 0}));
  EXPECT_EQ(stream.LastId(), (types::StreamId{2, 5}));
  const std::string saved = harness.Save(*entry);
  EXPECT_EQ(ValueHarness::TextOf(*harness.Load(saved)), "1.1 f v 2.5 other 9");
}

TEST(RdbStreamTest, MayBeEmpty) {
  ValueHarness harness;
  constexpr std::string_view kEmpty =
      "130000050000000000010"
      "1016700008"
      "1ffffffffffffffff0000";
  const store::Entry* entry = harness.Load(Bytes(kEmpty));
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(StreamOf(entry)->LastId(), (types::StreamId{5, 0}));
  EXPECT_FALSE(StreamOf(entry)->Groups()[0]->entries_read);
  EXPECT_EQ(Hex(harness.Save(*entry)), kEmpty);
}

TEST(RdbStreamTest, OfManyEntriesIsSavedAndLoadedAgain) {
  ValueHarness harness;
  auto* stream = new Stream;
  for (std::uint64_t i = 1; i <= 5000; ++i) {
    const std::string number = std::to_string(i);
    const std::string_view same[] = {"name", number, "7", "x"};
    const std::string_view other[] = {number, "value"};
    const std::string_view large[] = {"name", std::string_view(number)};
    const types::StreamPairs pairs = i % 10 == 3 ? types::StreamPairs(other) : types::StreamPairs(same);
    stream->Append({i / 7 + 1, i}, i == 4000 ? types::StreamPairs(large) : pairs,
                   {.bytes = 4096, .entries = i > 2500 ? 0 : 100});
    if (i % 13 == 0) EXPECT_TRUE(stream->Delete({i / 7 + 1, i}));
  }
  StreamGroup* group = stream->CreateGroup("group", {300, 2000}, 2000);
  for (const char* name : {"anne", "bert", "carl"}) group->CreateConsumer(name, 1);
  for (std::uint64_t i = 1; i <= 1000; ++i)
    group->Deliver({i / 7 + 1, i}, group->Consumers()[i % 2], static_cast<std::int64_t>(i));
  LoadedValue value;
  value.SetFar(store::Type::kStream, stream);
  const store::Entry* entry = harness.Put(value);
  const std::string text = ValueHarness::TextOf(*entry);
  const std::string saved = harness.Save(*entry, kVersionOf72);
  const store::Entry* again = harness.Load(saved);
  ASSERT_NE(again, nullptr);
  EXPECT_TRUE(ValueHarness::TextOf(*again) == text);
  EXPECT_EQ(StreamOf(again)->Groups()[0]->Pending().Size(), 1000u);
  EXPECT_EQ(Hex(harness.Save(*again, kVersionOf72)) == Hex(saved), true);
}

TEST(RdbStreamTest, ThatIsWrongIsRefused) {
  EXPECT_TRUE(IsRefused("13 00 01 0101 0101 0000 01 00")) << "an entry without a block";
  EXPECT_TRUE(IsRefused("13 01" NODE "02 0101 0101 0000 01 00")) << "one entry more than there is";
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0100 0101 0000 01 00")) << "a last id before the last entry";
  EXPECT_TRUE(IsRefused("13 02" NODE NODE "02 0101 0101 0000 01 00")) << "a block twice";
  EXPECT_FALSE(IsRefused("13 01" NODE "01 0101 0101 0000 01 00"));
  // In the order of the layout: a group, its pending entries, its consumers, what they have.
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0101 0101 0000 01 02 0167 0101 01 00 00 0167 0101 01 00 00"))
      << "a group twice";
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 01" ID_1_1 TIME "01 00"))
      << "pending for nobody";
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 00 01 0163" TIME "01" ID_1_1))
      << "not pending for the group";
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 02" ID_1_1 TIME "01" ID_1_1 TIME
                        "01 01 0163" TIME "01" ID_1_1))
      << "pending twice";
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 01" ID_1_1 TIME "01 02 0163" TIME "01" ID_1_1
                        "0164" TIME "01" ID_1_1))
      << "pending for two";
  EXPECT_TRUE(IsRefused("13 01" NODE "01 0101 0101 0000 01 01 0167 0101 01 01" ID_1_1 TIME "01 02 0163" TIME "01" ID_1_1
                        "0163" TIME "00"))
      << "a consumer twice";
}

TEST(RdbStreamTest, WithADamagedBlockIsRefused) {
  constexpr std::string_view kHead = "13 01 10 0000000000000001 0000000000000001";
  constexpr std::string_view kTail = "01 0101 0101 0000 01 00";
  const auto with = [&](std::string_view listpack) {
    return std::string(kHead) + std::string(listpack) + std::string(kTail);
  };
  EXPECT_FALSE(IsRefused(with("1d 1d000000 0a00 0101 0001 0101 816602 0001 0201 0001 0001 817602 0401 ff")));
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0201 0001 0101 816602 0001 0201 0001 0001 817602 0401 ff"))) << "count";
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0101 0101 0101 816602 0001 0201 0001 0001 817602 0401 ff")))
      << "deleted";
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0101 0001 0201 816602 0001 0201 0001 0001 817602 0401 ff"))) << "fields";
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0101 0001 0101 816602 0101 0201 0001 0001 817602 0401 ff")))
      << "terminator";
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0101 0001 0101 816602 0001 0401 0001 0001 817602 0401 ff"))) << "flags";
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0101 0001 0101 816602 0001 0201 0001 0001 817602 0501 ff")))
      << "lp-count";
  EXPECT_TRUE(IsRefused(with("1d 1d000000 0a00 0101 0001 0101 816602 0001 0201 816102 0001 0401 0401 ff")))
      << "no integer";
  EXPECT_TRUE(IsRefused(with("07 07000000 0000 ff"))) << "nothing";
  EXPECT_TRUE(
      IsRefused("13 01 0f 0000000000000001 00000000000000 1d 1d000000 0a00 0101 0001 0101 816602 0001 0201 0001 0001"
                "817602 0401 ff 01 0101 0101 0000 01 00"))
      << "an id of 15 bytes";
}

// A listpack in which a few entries stand for very long names must not become as many copies of them.
TEST(RdbStreamTest, DoesNotRepeatLongNamesWithoutEnd) {
  ListpackWriter node;
  constexpr std::int64_t kEntries = 200'000;
  node.Append(kEntries);
  node.Append(std::int64_t{0});
  node.Append(std::int64_t{1});
  node.Append(std::string(4 << 20, 'n'));
  node.Append(std::int64_t{0});
  for (std::int64_t i = 0; i < kEntries; ++i) {
    for (const std::int64_t number : {std::int64_t{2}, i, std::int64_t{0}, std::int64_t{7}, std::int64_t{4}})
      node.Append(number);
  }
  std::string body = Bytes("13 01 10" ID_1_1);
  Writer writer(body, true);
  writer.String(node.Finish());
  writer.Length(kEntries);
  writer.Bytes(Bytes("80000f4240 00 0101 0000"));
  writer.Length(kEntries);
  writer.Length(0);
  ValueHarness harness;
  EXPECT_EQ(harness.Load(body), nullptr);  // it would be a block of 4 MiB for each 64 KiB of entries
}

TEST(RdbStreamTest, DoesNoHarmDamagedAnywhere) {
  for (const std::string_view hex : {kVersion1, kVersion2, kVersion3, kWithDeleted}) {
    const std::string body = Bytes(hex);
    ValueHarness harness;
    for (std::size_t size = 0; size < body.size(); ++size)
      EXPECT_EQ(harness.Load(body.substr(0, size)), nullptr) << size;
    for (std::size_t i = 0; i < body.size(); ++i) {
      for (const int flip : {0x01, 0x02, 0x40, 0x80, 0xff}) {
        std::string damaged(body);
        damaged[i] = static_cast<char>(damaged[i] ^ flip);
        const store::Entry* entry = harness.Load(damaged);
        if (entry != nullptr) harness.Save(*entry);
      }
    }
  }
}

}  // namespace
}  // namespace zedis::rdb

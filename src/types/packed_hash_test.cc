#include "types/packed_hash.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "types/hash_model.h"

namespace zedis::types {
namespace {

constexpr std::size_t kCapacity = 4096;
constexpr HashLimits kNoLimits{.listpack_entries = SIZE_MAX, .listpack_value_bytes = SIZE_MAX};

TEST(PackedHash, HoldsNothingButItsPairsUntilAFieldGetsATime) {
  char buffer[kCapacity];
  PackedHash hash(buffer, kCapacity);
  EXPECT_TRUE(hash.View().IsEmpty());
  EXPECT_EQ(hash.Put(HashField("name"), {.value = "value"}, {}), HashPut::kAdded);
  EXPECT_EQ(hash.Put(HashField("number"), {.value = "100"}, {}), HashPut::kAdded);
  EXPECT_EQ(hash.Bytes(), "\x84name\x85value\x86number\x64");
  EXPECT_FALSE(hash.View().HasTimes());
  EXPECT_EQ(hash.View().Earliest(), kNoFieldExpiry);
  ASSERT_TRUE(hash.SetExpiry(HashField("name"), 5000));
  // 9 bytes for the hash and 7 for the field.
  EXPECT_EQ(hash.Bytes().size(), 19u + 9 + 7);
  EXPECT_EQ(hash.View().Earliest(), 5000);
  EXPECT_EQ(hash.View().Find(HashField("name"))->expire_at_ms, 5000);
  EXPECT_FALSE(hash.View().Find(HashField("number"))->HasExpiry());
  ASSERT_TRUE(hash.SetExpiry(HashField("name"), kNoFieldExpiry));
  EXPECT_TRUE(hash.View().HasTimes());
  EXPECT_EQ(hash.View().Earliest(), kNoFieldExpiry);
  EXPECT_EQ(hash.Bytes().size(), 19u + 9);
}

TEST(PackedHash, WritingTakesTheTimeOfAFieldUnlessItIsKept) {
  char buffer[kCapacity];
  PackedHash hash(buffer, kCapacity);
  const HashField field("f");
  ASSERT_EQ(hash.Put(field, {.value = "a", .expire_at_ms = 2000, .now_ms = 1000}, {}), HashPut::kAdded);
  ASSERT_EQ(hash.Put(field, {.value = "b", .keep_expiry = true, .now_ms = 1000}, {}), HashPut::kReplaced);
  EXPECT_EQ(hash.View().Find(field)->expire_at_ms, 2000);
  // It is due by then, so that there is no time to keep.
  ASSERT_EQ(hash.Put(field, {.value = "c", .keep_expiry = true, .now_ms = 2000}, {}), HashPut::kAdded);
  EXPECT_FALSE(hash.View().Find(field)->HasExpiry());
  ASSERT_EQ(hash.Put(field, {.value = "d", .expire_at_ms = 2500, .now_ms = 2000}, {}), HashPut::kReplaced);
  ASSERT_EQ(hash.Put(field, {.value = "e", .now_ms = 2000}, {}), HashPut::kReplaced);
  EXPECT_FALSE(hash.View().Find(field)->HasExpiry());
  EXPECT_EQ(hash.View().Earliest(), kNoFieldExpiry);
}

TEST(PackedHash, SaysWhenItsLimitsOrItsBufferEnd) {
  char buffer[kCapacity];
  {
    PackedHash hash(buffer, kCapacity);
    const HashLimits limits{.listpack_entries = 2, .listpack_value_bytes = 4};
    ASSERT_EQ(hash.Put(HashField("a"), {.value = "1"}, limits), HashPut::kAdded);
    ASSERT_EQ(hash.Put(HashField("b"), {.value = "four"}, limits), HashPut::kAdded);
    EXPECT_EQ(hash.Put(HashField("c"), {.value = "1"}, limits), HashPut::kTooLarge);
    EXPECT_EQ(hash.Put(HashField("a"), {.value = "fives"}, limits), HashPut::kTooLarge);
    EXPECT_EQ(hash.Put(HashField("a"), {.value = "four"}, limits), HashPut::kReplaced);
    EXPECT_EQ(hash.Put(HashField("fives"), {.value = "1"}, {.listpack_value_bytes = 4}), HashPut::kTooLarge);
    // The limit was lowered: any write shows it.
    EXPECT_EQ(hash.Put(HashField("a"), {.value = "1"}, {.listpack_entries = 1}), HashPut::kTooLarge);
  }
  {
    PackedHash hash(buffer, 12);
    ASSERT_EQ(hash.Put(HashField("ab"), {.value = "cd"}, {}), HashPut::kAdded);
    const std::string before(hash.Bytes());
    EXPECT_EQ(hash.Put(HashField("ef"), {.value = "ghijk"}, {}), HashPut::kNoRoom);
    EXPECT_EQ(hash.Put(HashField("ab"), {.value = "0123456789"}, {}), HashPut::kNoRoom);
    EXPECT_EQ(hash.Put(HashField("ab"), {.value = "cd", .expire_at_ms = 1}, {}), HashPut::kNoRoom);
    EXPECT_FALSE(hash.SetExpiry(HashField("ab"), 1));
    EXPECT_EQ(hash.Bytes(), before);
  }
}

// Random edits against a map, in both forms, while the clock goes on.
TEST(PackedHash, AgreesWithItsTwin) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 80; ++round) {
    char buffer[kCapacity];
    PackedHash hash(buffer, kCapacity);
    HashTwin twin;
    std::int64_t now_ms = 1'000'000;
    const bool has_times = round % 3 != 0;
    for (int step = 0; step < 500; ++step) {
      now_ms += static_cast<std::int64_t>(random() % 3);
      std::string text = std::to_string(random() % 20);
      if (random() % 2 == 0) text = std::string(random() % 70, static_cast<char>('a' + random() % 2));
      const HashField field(text);
      const std::int64_t time_ms =
          has_times && random() % 2 == 0 ? now_ms + 1 + static_cast<std::int64_t>(random() % 40) : kNoFieldExpiry;
      switch (random() % 6) {
        case 0:
          ASSERT_EQ(hash.Remove(field, now_ms), twin.Remove(text, now_ms));
          break;
        case 1:
          if (const auto at = twin.map.find(text); at != twin.map.end() && hash.SetExpiry(field, time_ms)) {
            at->second.expire_at_ms = time_ms;
          }
          break;
        case 2:
          if (random() % 8 == 0) {
            ASSERT_EQ(hash.RemoveDue(now_ms), twin.RemoveDue(now_ms));
          }
          break;
        default: {
          const std::string value = RandomHashText(random);
          const HashWrite write{value, time_ms, random() % 2 == 0, now_ms};
          const HashPut result = hash.Put(field, write, kNoLimits);
          if (result != HashPut::kNoRoom) {
            ASSERT_EQ(result == HashPut::kAdded, twin.Put(text, write));
          }
        }
      }
      ASSERT_EQ(ContentOf(hash.View()), twin.map);
      ASSERT_EQ(hash.View().Size(), twin.map.size());
      ASSERT_EQ(hash.View().Earliest(), twin.Earliest());
      ASSERT_EQ(hash.View().Size() - hash.View().CountDue(now_ms), twin.LiveSize(now_ms));
      ASSERT_EQ(hash.View().Find(field).has_value(), twin.map.contains(text));
      ASSERT_TRUE(ValidatePackedHash(hash.Bytes()));
    }
  }
}

TEST(PackedHash, BytesFromOutsideAreChecked) {
  using namespace std::string_view_literals;
  const auto times = [](std::string_view earliest, std::string_view rest) {
    return std::string("\xf8") + std::string(earliest) + std::string(rest);
  };
  constexpr std::string_view kNever = "\xff\xff\xff\xff\xff\xff\xff\x7f"sv;
  constexpr std::string_view kOne = "\1\0\0\0\0\0\0\0"sv;
  EXPECT_TRUE(ValidatePackedHash(""sv));
  EXPECT_TRUE(ValidatePackedHash("\x81x\5"sv));
  EXPECT_TRUE(ValidatePackedHash(times(kNever, "\x81x\5"sv)));
  EXPECT_TRUE(ValidatePackedHash(times(kOne, "\xf9\1\0\0\0\0\0\x81x\5"sv)));
  EXPECT_FALSE(ValidatePackedHash("\x81x"sv));                                 // no value
  EXPECT_FALSE(ValidatePackedHash("\x82x"sv));                                 // beyond the end
  EXPECT_FALSE(ValidatePackedHash("\x81x\5\x81x\6"sv));                        // twice the same
  EXPECT_FALSE(ValidatePackedHash("\x81\x35\5"sv));                            // an integer as text
  EXPECT_FALSE(ValidatePackedHash("\x81x\x81\x35"sv));                         // the same of a value
  EXPECT_FALSE(ValidatePackedHash("\xf9\1\0\0\0\0\0\x81x\5"sv));               // a time without a head
  EXPECT_FALSE(ValidatePackedHash("\xf8\1\0\0"sv));                            // half a head
  EXPECT_FALSE(ValidatePackedHash(times(kOne, "\x81x\5"sv)));                  // a wrong earliest time
  EXPECT_FALSE(ValidatePackedHash(times(kOne, "\xf9\2\0\0\0\0\0\x81x\5"sv)));  // likewise
  EXPECT_FALSE(ValidatePackedHash(times(kOne, "\xf9\1\0\0\0\0"sv)));           // half a time
  EXPECT_FALSE(ValidatePackedHash(times(kOne, "\xf9\1\0\0\0\0\0"sv)));         // a time without a field
  EXPECT_FALSE(ValidatePackedHash(times("\0\0\0\0\0\x40\0\0"sv, "\xf9\0\0\0\0\0\x40\x81x\5"sv)));  // too late
  EXPECT_FALSE(ValidatePackedHash("\x81x\5\xfa"sv));                                               // no such tag
}

}  // namespace
}  // namespace zedis::types

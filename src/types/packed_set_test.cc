#include "types/packed_set.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

namespace zedis::types {
namespace {

using Result = PackedSet::Result;

constexpr std::size_t kCapacity = 4096;

std::string TextOf(const Element& element) {
  IntegerText digits;
  return std::string(element.Text(digits));
}

std::vector<std::string> MembersOf(PackedSetView view) {
  std::vector<std::string> members;
  view.ForEach([&](const Element& element) {
    members.push_back(TextOf(element));
    return true;
  });
  return members;
}

TEST(PackedSet, IntegersAreSortedAndAsWideAsTheLargestNeeds) {
  char buffer[kCapacity];
  PackedSet set(buffer, kCapacity);
  for (const char* text : {"3", "-1", "32767"}) EXPECT_EQ(set.Add(SetMember(text), {}), Result::kDone);
  EXPECT_EQ(set.Bytes().size(), 1u + 3 * 2);
  EXPECT_EQ(set.Add(SetMember("32768"), {}), Result::kDone);
  EXPECT_EQ(set.Bytes().size(), 1u + 4 * 4);
  EXPECT_EQ(set.Add(SetMember("-9223372036854775808"), {}), Result::kDone);
  EXPECT_EQ(set.Bytes().size(), 1u + 5 * 8);
  EXPECT_EQ(MembersOf(set.View()), (std::vector<std::string>{"-9223372036854775808", "-1", "3", "32767", "32768"}));
  EXPECT_EQ(set.Add(SetMember("3"), {}), Result::kNothing);
  EXPECT_TRUE(set.View().Contains(SetMember("-1")));
  EXPECT_FALSE(set.View().Contains(SetMember("03")));
}

TEST(PackedSet, ATextTurnsIntegersIntoElements) {
  char buffer[kCapacity];
  PackedSet set(buffer, kCapacity);
  ASSERT_EQ(set.Add(SetMember("20"), {}), Result::kDone);
  ASSERT_EQ(set.Add(SetMember("1000000"), {}), Result::kDone);
  EXPECT_TRUE(set.View().IsIntegers());
  ASSERT_EQ(set.Add(SetMember("x"), {}), Result::kDone);
  EXPECT_FALSE(set.View().IsIntegers());
  EXPECT_EQ(MembersOf(set.View()), (std::vector<std::string>{"20", "1000000", "x"}));
  ASSERT_EQ(set.Remove(SetMember("x")), Result::kDone);
  EXPECT_FALSE(set.View().IsIntegers());
}

TEST(PackedSet, SaysWhenItsLimitsOrItsBufferEnd) {
  char buffer[kCapacity];
  {
    PackedSet set(buffer, kCapacity);
    const SetLimits limits{.intset_entries = 2, .listpack_entries = 3, .listpack_value_bytes = 4};
    ASSERT_EQ(set.Add(SetMember("1"), limits), Result::kDone);
    ASSERT_EQ(set.Add(SetMember("2"), limits), Result::kDone);
    EXPECT_EQ(set.Add(SetMember("3"), limits), Result::kTooLarge);
    EXPECT_EQ(set.Add(SetMember("12345"), limits), Result::kTooLarge);
    EXPECT_EQ(set.Add(SetMember("abcde"), limits), Result::kTooLarge);
    ASSERT_EQ(set.Add(SetMember("abcd"), limits), Result::kDone);
    EXPECT_EQ(set.Add(SetMember("e"), limits), Result::kTooLarge);
    EXPECT_EQ(set.Add(SetMember("abcd"), limits), Result::kNothing);
  }
  {
    // An integer of more digits than a listpack value may have: no listpack.
    PackedSet set(buffer, kCapacity);
    ASSERT_EQ(set.Add(SetMember("123456"), {}), Result::kDone);
    EXPECT_EQ(set.Add(SetMember("a"), {.listpack_value_bytes = 5}), Result::kTooLarge);
  }
  {
    PackedSet set(buffer, 10);
    for (const char* text : {"1", "2", "3", "4"}) ASSERT_EQ(set.Add(SetMember(text), {}), Result::kDone);
    const std::string before(set.Bytes());
    EXPECT_EQ(set.Add(SetMember("5"), {}), Result::kNoRoom);
    EXPECT_EQ(set.Add(SetMember("70000"), {}), Result::kNoRoom);
    EXPECT_EQ(set.Add(SetMember("four"), {}), Result::kNoRoom);
    EXPECT_EQ(set.Bytes(), before);
  }
}

// Random edits against std::set, through all widths and both forms.
TEST(PackedSet, AgreesWithItsTwin) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 60; ++round) {
    char buffer[kCapacity];
    PackedSet set(buffer, kCapacity);
    std::set<std::string> twin;
    const bool texts = round % 2 == 0;
    const auto bits = static_cast<unsigned>(4 + random() % 60);
    for (int step = 0; step < 600; ++step) {
      const auto number = static_cast<std::int64_t>(random() >> (64 - bits)) - (1 << (bits / 3));
      std::string text = std::to_string(number);
      if (texts && random() % 3 == 0) text = std::string(random() % 70, static_cast<char>('a' + random() % 3));
      const SetMember member(text);
      ASSERT_EQ(set.View().Contains(member), twin.contains(text));
      if (random() % 3 != 0) {
        const Result result = set.Add(member, {.listpack_value_bytes = 100});
        if (twin.contains(text)) {
          ASSERT_EQ(result, Result::kNothing);
        } else if (result == Result::kDone) {
          twin.insert(text);
        }
      } else if (random() % 4 == 0 && !twin.empty()) {
        const std::size_t index = random() % twin.size();
        twin.erase(TextOf(set.View().At(index)));
        set.RemoveAt(index);
      } else {
        ASSERT_EQ(set.Remove(member), twin.erase(text) == 1 ? Result::kDone : Result::kNothing);
      }
      ASSERT_EQ(set.Size(), twin.size());
      ASSERT_TRUE(ValidatePackedSet(set.Bytes()));
    }
    const std::vector<std::string> members = MembersOf(set.View());
    EXPECT_EQ(std::set<std::string>(members.begin(), members.end()), twin);
  }
}

TEST(PackedSet, BytesFromOutsideAreChecked) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(ValidatePackedSet("\2"sv));
  EXPECT_TRUE(ValidatePackedSet("\2\1\0\2\0"sv));
  EXPECT_TRUE(ValidatePackedSet("\0\1\0\x81x"sv));
  EXPECT_FALSE(ValidatePackedSet(""sv));
  EXPECT_FALSE(ValidatePackedSet("\3\1\0\0"sv));          // no such width
  EXPECT_FALSE(ValidatePackedSet("\2\1\0\2"sv));          // half a value
  EXPECT_FALSE(ValidatePackedSet("\2\2\0\1\0"sv));        // not ascending
  EXPECT_FALSE(ValidatePackedSet("\2\1\0\1\0"sv));        // twice the same
  EXPECT_FALSE(ValidatePackedSet("\0\2\0\x81x"sv));       // count too large
  EXPECT_FALSE(ValidatePackedSet("\0\0\0\x81x"sv));       // too small
  EXPECT_FALSE(ValidatePackedSet("\0\2\0\x81x\x81x"sv));  // twice the same
  EXPECT_FALSE(ValidatePackedSet("\0\1\0\x82x"sv));       // beyond the end
  EXPECT_FALSE(ValidatePackedSet("\0\1\0\x81\x31"sv));    // an integer as text
  EXPECT_FALSE(ValidatePackedSet("\0"sv));
}

}  // namespace
}  // namespace zedis::types

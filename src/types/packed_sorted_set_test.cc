#include "types/packed_sorted_set.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "types/sorted_set_model.h"

namespace zedis::types {
namespace {

using Result = PackedSortedSet::Result;
using Entries = std::vector<SortedSetModel::Entry>;

constexpr std::size_t kCapacity = 8192;

Entries EntriesOf(PackedSortedSetView view, Direction direction = Direction::kForward) {
  Entries entries;
  const std::size_t size = view.Size();
  view.ForRange(direction == Direction::kForward || size == 0 ? 0 : size - 1, size, direction,
                [&](const Element& element, double score) {
                  IntegerText digits;
                  entries.emplace_back(score, element.Text(digits));
                  return true;
                });
  return entries;
}

TEST(PackedSortedSet, AScoreTakesAsManyBytesAsItNeeds) {
  struct Case {
    double score;
    std::size_t bytes;
  };
  for (const Case& one : {Case{0, 1}, Case{127, 1}, Case{-1, 2}, Case{128, 2}, Case{40'000, 4}, Case{1e9, 5},
                          Case{0x1p53, 9}, Case{0.5, 5}, Case{123456.5, 5}, Case{0.1, 9}, Case{0x1p54, 5},
                          Case{1e300, 9}, Case{INFINITY, 5}, Case{-INFINITY, 5}}) {
    char buffer[kCapacity];
    PackedSortedSet set(buffer, kCapacity);
    ASSERT_EQ(set.Add("abc", one.score, {}), Result::kDone);
    EXPECT_EQ(set.Bytes().size(), 2 + one.bytes + 4) << one.score;
    EXPECT_TRUE(ValidatePackedSortedSet(set.Bytes())) << one.score;
    EXPECT_EQ(EntriesOf(set.View()), (Entries{{one.score, "abc"}}));
  }
}

TEST(PackedSortedSet, KeepsItsOrderByScoreThenByText) {
  char buffer[kCapacity];
  PackedSortedSet set(buffer, kCapacity);
  for (const char* text : {"b", "10", "9", "a", ""}) ASSERT_EQ(set.Add(text, 1.5, {}), Result::kDone);
  ASSERT_EQ(set.Add("z", -7, {}), Result::kDone);
  ASSERT_EQ(set.Add("0", 1.25, {}), Result::kDone);
  const Entries expected{{-7, "z"}, {1.25, "0"}, {1.5, ""}, {1.5, "10"}, {1.5, "9"}, {1.5, "a"}, {1.5, "b"}};
  EXPECT_EQ(EntriesOf(set.View()), expected);
  EXPECT_EQ(EntriesOf(set.View(), Direction::kBackward), Entries(expected.rbegin(), expected.rend()));
  EXPECT_EQ(set.View().Find(SetMember("9"))->rank, 4u);
  EXPECT_FALSE(set.View().Find(SetMember("09")));
}

TEST(PackedSortedSet, SaysWhenItsLimitsOrItsBufferEnd) {
  char buffer[kCapacity];
  {
    PackedSortedSet set(buffer, kCapacity);
    const SortedSetLimits limits{.entries = 2, .value_bytes = 4};
    EXPECT_EQ(set.Add("fives", 1, limits), Result::kTooLarge);
    ASSERT_EQ(set.Add("four", 1, limits), Result::kDone);
    ASSERT_EQ(set.Add("12", 1, limits), Result::kDone);
    EXPECT_EQ(set.Add("x", 1, limits), Result::kTooLarge);
  }
  {
    PackedSortedSet set(buffer, 12);
    ASSERT_EQ(set.Add("a", 1, {}), Result::kDone);
    ASSERT_EQ(set.Add("b", 2, {}), Result::kDone);
    const std::string before(set.Bytes());
    EXPECT_EQ(set.Add("c", 0.1, {}), Result::kNoRoom);
    EXPECT_EQ(set.SetScore(*set.View().Find(SetMember("a")), "a", 0.1), Result::kNoRoom);
    EXPECT_EQ(set.Bytes(), before);
    EXPECT_EQ(set.SetScore(*set.View().Find(SetMember("a")), "a", 70), Result::kDone);
    EXPECT_EQ(EntriesOf(set.View()), (Entries{{2, "b"}, {70, "a"}}));
  }
}

TEST(PackedSortedSet, MinusZeroIsZero) {
  char buffer[kCapacity];
  PackedSortedSet set(buffer, kCapacity);
  ASSERT_EQ(set.Add("a", -0.0, {}), Result::kDone);
  EXPECT_FALSE(std::signbit(set.View().Find(SetMember("a"))->score));
}

double RandomScore(std::mt19937_64& random) {
  switch (random() % 4) {
    case 0:
      return static_cast<double>(static_cast<std::int64_t>(random()) >> random() % 60);
    case 1:
      return static_cast<double>(random() % 9) / 4;
    case 2:
      return random() % 2 == 0 ? INFINITY : -1e-300;
    default:
      return static_cast<double>(random() % 20);
  }
}

// Random edits and ranges against standard containers.
TEST(PackedSortedSet, AgreesWithItsTwin) {
  std::mt19937_64 random(1);
  const int rounds = std::getenv("ZEDIS_LONG_TESTS") != nullptr ? 4000 : 40;
  for (int round = 0; round < rounds; ++round) {
    char buffer[kCapacity];
    PackedSortedSet set(buffer, kCapacity);
    SortedSetModel twin;
    for (int step = 0; step < 300; ++step) {
      const std::string text = random() % 3 == 0 ? std::string(random() % 40, static_cast<char>('a' + random() % 5))
                                                 : std::to_string(static_cast<int>(random() % 80) - 20);
      const auto found = set.View().Find(SetMember(text));
      const double score = RandomScore(random);
      ASSERT_EQ(found.has_value(), twin.ScoreOf(text) != nullptr);
      if (random() % 4 == 0 && twin.Size() > 0) {
        const std::size_t first = random() % twin.Size();
        const std::size_t last = std::min(twin.Size(), first + random() % 4);
        set.RemoveRange({first, last});
        for (std::size_t i = first; i < last; ++i) twin.Remove(twin.At(first).second);
      } else if (!found) {
        ASSERT_EQ(set.Add(text, score, {}), Result::kDone);
        twin.Put(text, score);
      } else if (random() % 3 == 0) {
        set.Remove(*found);
        twin.Remove(text);
      } else {
        ASSERT_EQ(found->score, *twin.ScoreOf(text));
        ASSERT_EQ(found->rank, twin.RankOf(text));
        ASSERT_EQ(set.SetScore(*found, text, score), Result::kDone);
        twin.Put(text, score);
      }
      ASSERT_TRUE(ValidatePackedSortedSet(set.Bytes()));
      ASSERT_EQ(EntriesOf(set.View()), twin.Entries());
      const ScoreRange range{{RandomScore(random), random() % 2 == 0}, {RandomScore(random), random() % 2 == 0}};
      const RankRange ranks = set.View().RanksOf(range);
      ASSERT_EQ(ranks.first, twin.RanksOf(range).first);
      ASSERT_EQ(ranks.last, twin.RanksOf(range).last);
    }
  }
}

TEST(PackedSortedSet, BytesFromOutsideAreChecked) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(ValidatePackedSortedSet("\0\0"sv));
  EXPECT_TRUE(ValidatePackedSortedSet("\2\0\1\x81x\2\5"sv));
  EXPECT_FALSE(ValidatePackedSortedSet(""sv));
  EXPECT_FALSE(ValidatePackedSortedSet("\0"sv));
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0"sv));                       // fewer than it says
  EXPECT_FALSE(ValidatePackedSortedSet("\0\0\1\x81x"sv));                // more
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\1"sv));                     // a score without a member
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\1\x82x"sv));                // beyond the end
  EXPECT_FALSE(ValidatePackedSortedSet("\2\0\2\x81x\1\x81y"sv));         // scores not in order
  EXPECT_FALSE(ValidatePackedSortedSet("\2\0\1\x81y\1\x81x"sv));         // members not in order
  EXPECT_FALSE(ValidatePackedSortedSet("\2\0\1\x81x\2\x81x"sv));         // twice the same
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\1\x81\x31"sv));             // an integer as text
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\x81\x31\x81x"sv));          // a score as text
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\xf6\0\0\xc0\x7f\x81x"sv));  // no number
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\xf6\0\0\x80\x3f\x81x"sv));  // a whole number as a float
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\xf6\0\0"sv));               // half a score
  EXPECT_TRUE(ValidatePackedSortedSet("\1\0\xf6\0\0\x00\x3f\x81x"sv));   // 0.5
  EXPECT_FALSE(ValidatePackedSortedSet("\1\0\xf4\xff\xff\xff\xff\xff\xff\xff\x7f\x81x"sv));  // beyond 2^53
}

}  // namespace
}  // namespace zedis::types

#include "types/sorted_set.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/memory_count.h"
#include "types/sorted_set_model.h"

namespace zedis::types {
namespace {

constexpr std::uint64_t kSeed = 99;

std::vector<SortedSetModel::Entry> EntriesOf(const SortedSetView& set) {
  std::vector<SortedSetModel::Entry> entries;
  set.ForEach([&](const Element& element, double score) {
    IntegerText digits;
    entries.emplace_back(score, element.Text(digits));
    return true;
  });
  return entries;
}

TEST(SortedSet, AgreesWithItsTwinInBothForms) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  std::mt19937_64 random(2);
  for (const std::size_t entries : {std::size_t{10}, std::size_t{128}, std::size_t{5000}}) {
    SortedSet set(PackedSortedSetView(kEmptyPackedSortedSet), kSeed);
    SortedSetModel twin;
    for (int step = 0; step < 3000; ++step) {
      const std::string text = std::to_string(random() % 300);
      const SetMember member(text);
      const double score = static_cast<double>(random() % 40) / 2;
      const double* there = twin.ScoreOf(text);
      ASSERT_EQ(set.View().ScoreOf(member), there != nullptr ? std::optional(*there) : std::nullopt);
      if (random() % 3 != 0) {
        there != nullptr ? set.SetScore(member, score) : set.Add(member, score, {.entries = entries});
        twin.Put(text, score);
        ASSERT_EQ(set.View().RankOf(member), twin.RankOf(text));
      } else {
        ASSERT_EQ(set.Remove(member), twin.Remove(text));
      }
      ASSERT_EQ(set.Size(), twin.Size());
    }
    EXPECT_EQ(set.IsIndexed(), entries < 300);
    EXPECT_EQ(EntriesOf(set.View()), twin.Entries());
    const std::unique_ptr<SortedSet> copy = set.Duplicate();
    set.RemoveRange({1, set.Size()});
    EXPECT_EQ(set.Size(), 1u);
    EXPECT_EQ(EntriesOf(copy->View()), twin.Entries());
    EXPECT_GT(copy->MemoryBytes(), sizeof(SortedSet));
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

TEST(SortedSet, BecomesIndexedByOneLongMember) {
  SortedSet set(PackedSortedSetView(kEmptyPackedSortedSet), kSeed);
  for (int i = 0; i < 50; ++i) set.Add(SetMember(std::to_string(i)), -i, {});
  ASSERT_FALSE(set.IsIndexed());
  set.Add(SetMember(std::string(65, 'x')), 3, {});
  EXPECT_TRUE(set.IsIndexed());
  EXPECT_EQ(set.Size(), 51u);
  EXPECT_EQ(set.View().RankOf(SetMember("49")), 0u);
  set.View().Indexed()->CheckStructure();
}

}  // namespace
}  // namespace zedis::types

#include "types/set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/memory_count.h"

namespace zedis::types {
namespace {

constexpr std::uint64_t kSeed = 99;

std::uint64_t HashOf(std::string_view text) { return base::HashBytes(text, kSeed); }
std::string Numbered(const char* prefix, int number) { return prefix + std::to_string(number); }

std::set<std::string> MembersOf(const IndexedSet& set) {
  std::set<std::string> members;
  set.ForEach([&](std::string_view text) {
    EXPECT_TRUE(members.emplace(text).second) << text;
    return true;
  });
  return members;
}

// Texts of all kinds of blocks: short, long, far.
std::string RandomText(std::mt19937_64& random) {
  static constexpr std::size_t kSizes[] = {0, 1, 7, 10, 253, 254, 255, 1018, 1019, 1020, 5000};
  const std::size_t size = random() % 8 == 0 ? kSizes[random() % std::size(kSizes)] : random() % 30;
  std::string text(size, 'm');
  for (std::size_t i = 0; i < std::min<std::size_t>(size, 3); ++i) text[i] = static_cast<char>('a' + random() % 8);
  return text;
}

TEST(IndexedSet, AgreesWithItsTwin) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  {
    IndexedSet set(kSeed);
    std::set<std::string> twin;
    std::mt19937_64 random(4);
    for (int step = 0; step < 200'000; ++step) {
      const bool growing = step / 40'000 % 2 == 0;
      const std::string text = RandomText(random);
      ASSERT_EQ(set.Contains(text, HashOf(text)), twin.contains(text));
      if (random() % 100 < (growing ? 80u : 25u)) {
        ASSERT_EQ(set.Add(text, HashOf(text)), twin.insert(text).second);
      } else {
        ASSERT_EQ(set.Remove(text, HashOf(text)), twin.erase(text) == 1);
      }
      ASSERT_EQ(set.Size(), twin.size());
    }
    EXPECT_EQ(MembersOf(set), twin);
    EXPECT_EQ(MembersOf(*set.Duplicate()), twin);
    while (set.Size() > 0) {
      set.PopRandom([&] { return random(); },
                    [&](std::string_view text) { ASSERT_EQ(twin.erase(std::string(text)), 1u); });
    }
    EXPECT_EQ(set.region().live_bytes(), 0u);
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

TEST(IndexedSet, AMemberOfTenBytesCostsUnder24OnAverage) {
  IndexedSet set(kSeed);
  double sum = 0;
  int samples = 0;
  std::size_t next_sample = 700'000;
  for (int i = 0; set.Size() < 1'400'000; ++i) {
    const std::string text = Numbered("m", 100'000'000 + i);
    set.AddNew(text, HashOf(text));
    if (set.Size() < next_sample) continue;
    next_sample = next_sample * 21 / 20;
    sum += static_cast<double>(set.MemoryBytes()) / static_cast<double>(set.Size());
    ++samples;
  }
  EXPECT_LT(sum / samples, 24.2);
  EXPECT_GT(samples, 10);
}

TEST(IndexedSet, ASparseSetGivesItsMemoryBackWithoutAPause) {
  IndexedSet set(kSeed);
  std::vector<std::string> texts;
  for (int i = 0; i < 200'000; ++i) {
    texts.push_back(Numbered("member:", i));
    set.AddNew(texts.back(), HashOf(texts.back()));
  }
  const std::size_t full = set.MemoryBytes();
  std::shuffle(texts.begin(), texts.end(), std::mt19937_64(5));
  bool evacuated = false;
  std::size_t least_live = 0;
  while (texts.size() > 20'000) {
    ASSERT_TRUE(set.Remove(texts.back(), HashOf(texts.back())));
    texts.pop_back();
    evacuated |= set.region().evacuating();
    least_live = set.region().live_bytes();
    // Never more than what there was, and a second copy of what is left of it.
    ASSERT_LE(set.MemoryBytes(), full * 3 / 2);
  }
  EXPECT_TRUE(evacuated);
  for (int i = 0; i < 100'000; ++i) {
    const std::string text = Numbered("other:", i % 100);
    i % 200 < 100 ? set.Add(text, HashOf(text)) : set.Remove(text, HashOf(text));
  }
  EXPECT_FALSE(set.region().evacuating());
  EXPECT_LT(set.MemoryBytes(), least_live * 3);
  for (const std::string& text : texts) ASSERT_TRUE(set.Contains(text, HashOf(text)));
}

TEST(IndexedSet, ScanReturnsWhatStaysOnceWhileTheSetGrowsShrinksAndIsEvacuated) {
  for (const bool growing : {true, false}) {
    IndexedSet set(kSeed);
    std::set<std::string> staying;
    for (int i = 0; i < 5000; ++i) {
      const std::string text = Numbered("stay:", i);
      set.AddNew(text, HashOf(text));
      staying.insert(text);
    }
    constexpr int kMoving = 150'000;
    int moving = 0;
    const auto add = [&] {
      const std::string text = Numbered("go:", moving++);
      set.AddNew(text, HashOf(text));
    };
    while (!growing && moving < kMoving) add();
    std::multiset<std::string> seen;
    bool evacuated = false;
    for (std::uint64_t position = 0; position < base::kPositionEnd;) {
      position = set.Scan(position, [&](std::string_view text) {
        if (text.starts_with("stay:")) seen.emplace(text);
      });
      for (int i = 0; i < 100; ++i) {
        if (growing && moving < kMoving) {
          add();
        } else if (!growing && moving > 0) {
          const std::string text = Numbered("go:", --moving);
          ASSERT_TRUE(set.Remove(text, HashOf(text)));
        }
      }
      evacuated |= set.region().evacuating();
    }
    EXPECT_TRUE(std::ranges::equal(seen, staying)) << growing;
    EXPECT_EQ(evacuated, !growing);
  }
}

// Chi-squared over 500 members drawn 200 times each on average: 499 degrees of freedom, standard deviation 31.6.
TEST(IndexedSet, PickIsUniform) {
  IndexedSet set(kSeed);
  for (int i = 0; i < 500; ++i) set.AddNew(std::to_string(i), HashOf(std::to_string(i)));
  std::mt19937_64 random(8);
  std::vector<int> drawn(500);
  for (int i = 0; i < 100'000; ++i) ++drawn[std::stoul(std::string(set.Pick([&] { return random(); })))];
  double chi = 0;
  for (const int count : drawn) chi += (count - 200.0) * (count - 200.0) / 200.0;
  EXPECT_LT(chi, 499 + 5 * 31.6);
}

TEST(IndexedSet, IsFreedInSlices) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  auto set = std::make_unique<IndexedSet>(kSeed);
  for (int i = 0; i < 100'000; ++i) set->AddNew(std::to_string(i), HashOf(std::to_string(i)));
  int slices = 1;
  while (!set->FreeSlice(1)) ++slices;
  EXPECT_GE(slices, 8);
  set.reset();
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

TEST(Set, LeavesItsPackedFormWhenItMustAndKeepsItsMembers) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  {
    Set set(PackedSetView({"\2", 1}), kSeed);
    for (int i = 0; i < 512; ++i) ASSERT_TRUE(set.Add(SetMember(std::to_string(i * 1000)), {}));
    EXPECT_FALSE(set.IsIndexed());
    EXPECT_TRUE(set.Packed().IsIntegers());
    EXPECT_TRUE(std::ranges::all_of(std::vector{0, 511000, 7000},
                                    [&](int i) { return set.Packed().Contains(SetMember(std::to_string(i))); }));
    const std::unique_ptr<Set> copy = set.Duplicate();
    ASSERT_TRUE(set.Add(SetMember("one more"), {}));
    EXPECT_TRUE(set.IsIndexed());
    EXPECT_EQ(set.Size(), 513u);
    for (int i = 0; i < 512; ++i) ASSERT_FALSE(set.Add(SetMember(std::to_string(i * 1000)), {}));
    EXPECT_EQ(copy->Size(), 512u);
    EXPECT_EQ(set.Duplicate()->Size(), 513u);
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

}  // namespace
}  // namespace zedis::types

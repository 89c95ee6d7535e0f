#include "types/indexed_sorted_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "base/memory_count.h"
#include "types/sorted_set_model.h"

namespace zedis::types {
namespace {

constexpr std::uint64_t kSeed = 99;

std::uint64_t HashOf(std::string_view text) { return base::HashBytes(text, kSeed); }
bool IsLong() { return std::getenv("ZEDIS_LONG_TESTS") != nullptr; }

// Texts of all kinds of blocks: short, long, far.
std::string RandomText(std::mt19937_64& random, unsigned different) {
  static constexpr std::size_t kSizes[] = {0, 1, 7, 10, 253, 254, 255, 1014, 1015, 1016, 5000};
  const std::size_t size = random() % 40 == 0 ? kSizes[random() % std::size(kSizes)] : 3 + random() % 8;
  std::string text(size, 'm');
  const std::string number = std::to_string(random() % different);
  std::copy_n(number.begin(), std::min(size, number.size()), text.begin());
  return text;
}

double RandomScore(std::mt19937_64& random, int kind) {
  switch (kind % 4) {
    case 0:
      return static_cast<double>(random() % 50);
    case 1:
      return std::ldexp(static_cast<double>(random() >> 12), -20);
    case 2:
      return random() % 7 == 0 ? INFINITY : random() % 7 == 0 ? -INFINITY : 0.5;
    default:
      return -static_cast<double>(random() % 1'000'000);
  }
}

std::vector<SortedSetModel::Entry> EntriesOf(const IndexedSortedSet& set) {
  std::vector<SortedSetModel::Entry> entries;
  set.ForRange(0, set.Size(), Direction::kForward, [&](std::string_view text, double score) {
    entries.emplace_back(score, text);
    return true;
  });
  return entries;
}

class Pair {
 public:
  explicit Pair(std::uint64_t seed) : random_(seed) {}

  void Change(bool growing, int kind) {
    const std::string text = RandomText(random_, 3000);
    const double score = RandomScore(random_, kind);
    const double* there = twin_.ScoreOf(text);
    const std::optional<double> found = set_.ScoreOf(text, HashOf(text));
    ASSERT_EQ(found.has_value(), there != nullptr);
    if (there != nullptr) {
      ASSERT_EQ(*found, *there);
    }
    const auto dice = random_() % 100;
    if (dice < (growing ? 75u : 25u)) {
      there == nullptr ? set_.AddNew(text, HashOf(text), score) : set_.SetScore(text, HashOf(text), score);
      twin_.Put(text, score);
    } else if (dice < 98) {
      ASSERT_EQ(set_.Remove(text, HashOf(text)), twin_.Remove(text));
    } else if (twin_.Size() > 0) {
      RemoveSome();
    }
    ASSERT_EQ(set_.Size(), twin_.Size());
  }

  void CompareAll() {
    set_.CheckStructure();
    ASSERT_EQ(EntriesOf(set_), twin_.Entries());
  }

  void CompareSome(int kind) {
    if (twin_.Size() == 0) return;
    const std::size_t rank = random_() % twin_.Size();
    const auto [score, text] = twin_.At(rank);
    ASSERT_EQ(set_.RankOf(text, HashOf(text)), rank);
    const ScoreRange by_score{{RandomScore(random_, kind), random_() % 2 == 0},
                              {random_() % 2 == 0 ? score : RandomScore(random_, kind), random_() % 2 == 0}};
    const RankRange expected = twin_.RanksOf(by_score);
    const RankRange found = set_.RanksOf(by_score);
    ASSERT_EQ(found.first, expected.first);
    ASSERT_EQ(found.last, expected.last);
    CompareRange(rank);
  }

  IndexedSortedSet& set() { return set_; }
  SortedSetModel& twin() { return twin_; }

 private:
  void RemoveSome() {
    const std::size_t first = random_() % twin_.Size();
    const std::size_t last = std::min(twin_.Size(), first + random_() % 20);
    set_.RemoveRange({first, last});
    for (std::size_t i = first; i < last; ++i) twin_.Remove(twin_.At(first).second);
  }

  void CompareRange(std::size_t rank) {
    const bool forward = random_() % 2 == 0;
    const std::size_t count = std::min<std::size_t>(forward ? twin_.Size() - rank : rank + 1, random_() % 300);
    std::size_t at = rank;
    std::size_t seen = 0;
    set_.ForRange(rank, count, forward ? Direction::kForward : Direction::kBackward,
                  [&](std::string_view text, double score) {
                    EXPECT_EQ(twin_.At(at), SortedSetModel::Entry(score, text));
                    at += forward ? 1 : -std::size_t{1};
                    ++seen;
                    return true;
                  });
    ASSERT_EQ(seen, count);
  }

  std::mt19937_64 random_;
  IndexedSortedSet set_{kSeed};
  SortedSetModel twin_;
};

TEST(IndexedSortedSet, AgreesWithItsTwin) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  const int phases = IsLong() ? 60 : 8;
  const int changes = IsLong() ? 60'000 : 6000;
  {
    Pair pair(4);
    for (int phase = 0; phase < phases; ++phase) {
      for (int step = 0; step < changes; ++step) {
        ASSERT_NO_FATAL_FAILURE(pair.Change(phase % 2 == 0, phase / 2));
        if (step % 97 == 0) ASSERT_NO_FATAL_FAILURE(pair.CompareSome(phase / 2));
      }
      ASSERT_NO_FATAL_FAILURE(pair.CompareAll());
    }
    const auto copy = pair.set().Duplicate();
    copy->CheckStructure();
    EXPECT_EQ(EntriesOf(*copy), pair.twin().Entries());
    pair.set().RemoveRange({0, pair.set().Size()});
    EXPECT_EQ(pair.set().region().live_bytes(), 0u);
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

TEST(IndexedSortedSet, OrdersEqualScoresByTextAndCutsThemByIt) {
  IndexedSortedSet set(kSeed);
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back("t" + std::to_string(i * 7919 % 5000));
  for (const std::string& text : texts) set.AddNew(text, HashOf(text), 0);
  std::ranges::sort(texts);
  set.CheckStructure();
  const auto rank = [&](std::string_view text) {
    return static_cast<std::size_t>(std::ranges::lower_bound(texts, text) - texts.begin());
  };
  using Kind = LexBound::Kind;
  const RankRange included = set.RanksOf(LexRange{{Kind::kIncluded, "t2"}, {Kind::kIncluded, "t3"}});
  EXPECT_EQ(included.first, rank("t2"));
  EXPECT_EQ(included.last, rank("t3") + 1);
  const RankRange excluded = set.RanksOf(LexRange{{Kind::kExcluded, "t2"}, {Kind::kExcluded, "t3"}});
  EXPECT_EQ(excluded.first, rank("t2") + 1);
  EXPECT_EQ(excluded.last, rank("t3"));
  EXPECT_EQ(set.RanksOf(LexRange{{Kind::kBeforeAll, {}}, {Kind::kBehindAll, {}}}).size(), texts.size());
  EXPECT_EQ(set.RanksOf(LexRange{{Kind::kBehindAll, {}}, {Kind::kBeforeAll, {}}}).size(), 0u);
}

std::string TenBytes(int number) { return "m" + std::to_string(100'000'000 + number); }

// While it grows, because leaves that were filled at the same time also split at the same time.
TEST(IndexedSortedSet, AMemberOfTenBytesCostsUnder46) {
  IndexedSortedSet set(kSeed);
  std::mt19937_64 random(3);
  std::size_t next_sample = 500'000;
  for (int i = 0; set.Size() < 1'000'000; ++i) {
    const std::string text = TenBytes(i);
    set.AddNew(text, HashOf(text), static_cast<double>(100'000 + random() % 100'000) + 0.5);
    if (set.Size() < next_sample) continue;
    next_sample = next_sample * 11 / 10;
    EXPECT_LT(set.MemoryBytes(), set.Size() * 46) << set.Size();
  }
}

TEST(IndexedSortedSet, MembersThatComeInOrderCostUnder39) {
  for (const int direction : {1, -1}) {
    IndexedSortedSet set(kSeed);
    constexpr int kMembers = 200'000;
    for (int i = 0; i < kMembers; ++i) set.AddNew(TenBytes(i), HashOf(TenBytes(i)), i * direction);
    EXPECT_LT(set.MemoryBytes(), kMembers * std::size_t{39}) << direction;
  }
}

TEST(IndexedSortedSet, ASparseSetGivesItsMemoryBackWithoutAPause) {
  IndexedSortedSet set(kSeed);
  std::mt19937_64 random(5);
  std::vector<std::string> texts;
  for (int i = 0; i < 200'000; ++i) {
    texts.push_back("member:" + std::to_string(i));
    set.AddNew(texts.back(), HashOf(texts.back()), static_cast<double>(random() % 10'000));
  }
  const std::size_t full = set.MemoryBytes();
  std::shuffle(texts.begin(), texts.end(), random);
  bool evacuated = false;
  while (texts.size() > 20'000) {
    ASSERT_TRUE(set.Remove(texts.back(), HashOf(texts.back())));
    texts.pop_back();
    evacuated |= set.region().evacuating();
    // Never more than what there was, and a second copy of what is left of it.
    ASSERT_LE(set.MemoryBytes(), full * 3 / 2);
  }
  EXPECT_TRUE(evacuated);
  const std::size_t live = set.region().live_bytes();
  for (int i = 0; i < 100'000; ++i) {
    const std::string& text = texts[random() % 100];
    set.SetScore(text, HashOf(text), static_cast<double>(random() % 10'000));
  }
  EXPECT_FALSE(set.region().evacuating());
  EXPECT_LT(set.MemoryBytes(), live * 3);
  EXPECT_EQ(set.Size(), texts.size());
  set.CheckStructure();
}

TEST(IndexedSortedSet, ScanReturnsWhatStaysOnceWhileTheSetGrowsShrinksAndIsEvacuated) {
  for (const bool growing : {true, false}) {
    IndexedSortedSet set(kSeed);
    std::set<std::string> staying;
    for (int i = 0; i < 5000; ++i) {
      const std::string text = "stay:" + std::to_string(i);
      set.AddNew(text, HashOf(text), i % 77);
      staying.insert(text);
    }
    constexpr int kMoving = 100'000;
    int moving = 0;
    const auto add = [&] {
      const std::string text = "go:" + std::to_string(moving++);
      set.AddNew(text, HashOf(text), moving % 1013);
    };
    while (!growing && moving < kMoving) add();
    std::multiset<std::string> seen;
    bool evacuated = false;
    for (std::uint64_t position = 0; position < base::kPositionEnd;) {
      position = set.Scan(position, [&](std::string_view text, double score) {
        if (!text.starts_with("stay:")) return;
        seen.emplace(text);
        EXPECT_EQ(score, std::stoi(std::string(text.substr(5))) % 77);
      });
      for (int i = 0; i < 100; ++i) {
        if (growing && moving < kMoving) {
          add();
        } else if (!growing && moving > 0) {
          const std::string text = "go:" + std::to_string(--moving);
          ASSERT_TRUE(set.Remove(text, HashOf(text)));
        }
      }
      evacuated |= set.region().evacuating();
    }
    EXPECT_TRUE(std::ranges::equal(seen, staying)) << growing;
    EXPECT_EQ(evacuated, !growing);
    set.CheckStructure();
  }
}

TEST(IndexedSortedSet, IsFreedInSlices) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  auto set = std::make_unique<IndexedSortedSet>(kSeed);
  for (int i = 0; i < 100'000; ++i) set->AddNew(std::to_string(i), HashOf(std::to_string(i)), i);
  int slices = 1;
  while (!set->FreeSlice(1)) ++slices;
  EXPECT_GE(slices, 8);
  set.reset();
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

}  // namespace
}  // namespace zedis::types

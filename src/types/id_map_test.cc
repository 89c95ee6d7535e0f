#include "types/id_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/memory_count.h"
#include "types/stream_model.h"

namespace zedis::types {
namespace {

using Map = IdMap<std::uint64_t>;
using Twin = std::map<StreamId, std::uint64_t>;

void ExpectSame(const Map& map, const Twin& twin) {
  map.CheckConsistency();
  ASSERT_EQ(map.Size(), twin.size());
  Map::Cursor at = map.First();
  for (const auto& [id, value] : twin) {
    ASSERT_NE(at, map.End());
    ASSERT_EQ(map.IdAt(at), id);
    ASSERT_EQ(map.At(at), value);
    at = map.After(at);
  }
  ASSERT_EQ(at, map.End());
  if (twin.empty()) return;
  at = map.Last();
  for (auto other = twin.rbegin();; ++other) {
    ASSERT_EQ(map.IdAt(at), other->first);
    if (at == map.First()) break;
    at = map.Before(at);
  }
}

// Operations of one kind follow each other, so that the map grows, shrinks and wanders.
class Operations {
 public:
  explicit Operations(std::uint64_t seed) : random_(seed) {}

  void Phase() {
    const auto kind = static_cast<unsigned>(random_() % 7);
    const std::size_t count = random_() % 1500;
    for (std::size_t i = 0; i < count; ++i) Step(kind);
  }
  void Look() {
    for (int i = 0; i < 20; ++i) {
      const StreamId id = SomeId();
      const auto expected = twin_.lower_bound(id);
      const Map::Cursor at = map_.LowerBound(id);
      ASSERT_EQ(at == map_.End(), expected == twin_.end());
      if (expected != twin_.end()) {
        ASSERT_EQ(map_.IdAt(at), expected->first);
      }
      ASSERT_EQ(map_.Find(id) != nullptr, twin_.contains(id));
      if (twin_.empty()) continue;
      auto floor = twin_.upper_bound(id);
      if (floor != twin_.begin()) --floor;
      ASSERT_EQ(map_.IdAt(map_.Floor(id)), floor->first);
    }
    ExpectSame(map_, twin_);
  }

 private:
  StreamId SomeId() {
    if (twin_.empty() || random_() % 4 == 0) return {random_() % 3000, random_() % 3};
    auto at = twin_.lower_bound({twin_.begin()->first.ms + random_() % (Span() + 1), 0});
    return at == twin_.end() ? twin_.rbegin()->first : at->first;
  }
  [[nodiscard]] std::uint64_t Span() const { return twin_.rbegin()->first.ms - twin_.begin()->first.ms; }

  void Insert(const StreamId& id) {
    const std::uint64_t value = random_();
    ASSERT_EQ(map_.Insert(id, value), twin_.try_emplace(id, value).second);
  }
  void Erase(const StreamId& id) { ASSERT_EQ(map_.Erase(id), twin_.erase(id) == 1); }

  void Step(unsigned kind) {
    const StreamId last = twin_.empty() ? StreamId{1000, 0} : twin_.rbegin()->first;
    switch (kind) {
      case 0:
      case 1:
        return Insert({last.ms + random_() % 3, last.seq + 1});
      case 2:
        return Insert({random_() % (last.ms + 2), random_() % 3});
      case 3:
        return twin_.empty() ? void() : Erase(twin_.begin()->first);
      case 4:
        return twin_.empty() ? void() : Erase(twin_.rbegin()->first);
      case 5:
        return Erase(SomeId());
      default:
        // A queue: in at one end, out at the other.
        Insert(*last.Next());
        return Erase(twin_.begin()->first);
    }
  }

  std::mt19937_64 random_;
  Map map_;
  Twin twin_;
};

TEST(IdMap, BehavesLikeAMap) {
  for (int seed = 1; seed <= TestRounds(10); ++seed) {
    Operations operations(static_cast<std::uint64_t>(seed));
    for (int phase = 0; phase < 14 && !testing::Test::HasFatalFailure(); ++phase) {
      operations.Phase();
      operations.Look();
    }
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
  }
}

TEST(IdMap, TakesTwentyFiveBytesAnElementInOrder) {
  Map map;
  constexpr std::uint64_t kCount = 200'000;
  for (std::uint64_t i = 0; i < kCount; ++i) map.Insert({i, 0}, i);
  EXPECT_LE(map.HeapBytes(), kCount * 25);
}

TEST(IdMap, CountsItsMemoryAndGivesAllOfItBack) {
  const std::size_t before = base::MemoryCount::UsedBytes();
  {
    Map map;
    for (std::uint64_t i = 0; i < 50'000; ++i) map.Insert({i, 0}, i);
    EXPECT_EQ(base::MemoryCount::UsedBytes() - before, map.HeapBytes());
    for (std::uint64_t i = 0; i < 49'990; ++i) EXPECT_TRUE(map.Erase({i, 0}));
    EXPECT_LE(map.HeapBytes(), 2000u);
    for (std::uint64_t i = 49'990; i < 50'000; ++i) EXPECT_TRUE(map.Erase({i, 0}));
    EXPECT_EQ(map.HeapBytes(), 0u);
    for (std::uint64_t i = 0; i < 5'000; ++i) map.Insert({i, 0}, i);
    while (map.DropLastChunk()) {
    }
    EXPECT_TRUE(map.Empty());
    for (std::uint64_t i = 0; i < 5'000; ++i) map.Insert({i, 0}, i);
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), before);
}

TEST(IdMap, SparseMapsGiveMemoryBack) {
  Map map;
  for (std::uint64_t i = 0; i < 100'000; ++i) map.Insert({i, 0}, i);
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    if (i % 50 == 0) continue;
    EXPECT_TRUE(map.Erase({i, 0}));
  }
  map.CheckConsistency();
  EXPECT_EQ(map.Size(), 2000u);
  EXPECT_LE(map.HeapBytes(), 2000u * 24 * 5);
}

}  // namespace
}  // namespace zedis::types

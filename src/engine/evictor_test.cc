#include "engine/evictor.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "engine/compaction_cycle.h"
#include "engine/periodic_harness.h"
#include "store/value_ops.h"
#include "types/list.h"

namespace zedis::engine {
namespace {

using base::MaxmemoryPolicy;

constexpr int kKeys = 20'000;

class EvictorTest : public ::testing::Test {
 protected:
  void SetPolicy(MaxmemoryPolicy policy) {
    world_.tunables.maxmemory_policy.Set(static_cast<std::int64_t>(policy));
    world_.ctx.SetTime(kStartMs);  // the access clock depends on it
  }
  static std::string Name(int number) { return "key:" + std::to_string(number); }

  // What the keys take, together, is `bytes_` after this.
  template <class Access, class Expiry>
  void Fill(Access access, Expiry expire_at_ms) {
    const std::size_t before = base::MemoryCount::UsedBytes();
    for (int i = 0; i < kKeys; ++i) world_.Put(Name(i), expire_at_ms(i), i % 2, access(i));
    bytes_ = base::MemoryCount::UsedBytes() - before;
  }
  // Lowers the limit so far that this share of the keys has to go, and evicts.
  void EvictPercent(int percent) {
    const std::size_t limit = base::MemoryCount::UsedBytes() - bytes_ * static_cast<std::size_t>(percent) / 100;
    world_.tunables.maxmemory_bytes.Set(static_cast<std::int64_t>(limit + limit / (MemoryState::kAheadOneIn - 1)));
    while (evictor_.Run(base::TimeBudget(1'000'000))) {
    }
  }
  bool IsThere(int number) { return world_.ctx.PeekIn(world_.keyspace.MakeKey(Name(number)), number % 2) != nullptr; }
  template <class Which>
  int CountThere(Which which) {
    int count = 0;
    for (int i = 0; i < kKeys; ++i) count += which(i) && IsThere(i) ? 1 : 0;
    return count;
  }
  void ExpectSomeEvicted() {
    EXPECT_GT(world_.stats.evicted_keys.Get(), static_cast<std::uint64_t>(kKeys / 5));
    EXPECT_LT(world_.stats.evicted_keys.Get(), static_cast<std::uint64_t>(kKeys * 55 / 100));
  }
  static std::int64_t Never(int) { return store::kNoExpiry; }
  static std::int64_t Later(int) { return kStartMs + 1'000'000; }
  static std::uint32_t Now(int) { return store::AccessClock(kStartMs, {}); }

  World world_;
  Evictor evictor_{world_.ctx};
  std::size_t bytes_ = 0;
};

bool IsRecent(int number) { return number % 8 < 2; }
// Every fourth key was used just now, the others an hour ago.
std::uint32_t RecentOrNot(int number) {
  return store::AccessClock(IsRecent(number) ? kStartMs : kStartMs - 3'600'000, {});
}

TEST_F(EvictorTest, AllkeysLruKeepsWhatWasUsedLately) {
  SetPolicy(MaxmemoryPolicy::kAllkeysLru);
  Fill(RecentOrNot, Never);
  EvictPercent(40);
  ExpectSomeEvicted();
  EXPECT_GT(CountThere(IsRecent), kKeys / 4 * 98 / 100);
  EXPECT_EQ(world_.events.count["evicted"], static_cast<int>(world_.stats.evicted_keys.Get()));
  EXPECT_EQ(world_.Count() + world_.stats.evicted_keys.Get(), static_cast<std::size_t>(kKeys));
  EXPECT_EQ(world_.stats.expired_keys.Get(), 0u);
}

// observes: maxmemory-samples
class Samples : public EvictorTest, public ::testing::WithParamInterface<int> {};

TEST_P(Samples, TheMoreTheBetterTheChoice) {
  SetPolicy(MaxmemoryPolicy::kAllkeysLru);
  world_.tunables.maxmemory_samples.Set(GetParam());
  // Each key was used a second earlier than the one before it.
  Fill([](int i) { return store::AccessClock(kStartMs - i * std::int64_t{1000}, {}); }, Never);
  EvictPercent(40);
  ExpectSomeEvicted();
  const auto is_of_the_oldest = [](int i) { return i >= kKeys * 3 / 4; };
  const int oldest_evicted = kKeys / 4 - CountThere(is_of_the_oldest);
  if (GetParam() == 1) {
    EXPECT_LT(oldest_evicted, kKeys / 4 * 60 / 100);
  } else {
    EXPECT_GT(oldest_evicted, kKeys / 4 * 80 / 100);
  }
}
INSTANTIATE_TEST_SUITE_P(All, Samples, ::testing::Values(1, 20));

TEST_F(EvictorTest, AllkeysLfuKeepsWhatIsUsedOften) {
  SetPolicy(MaxmemoryPolicy::kAllkeysLfu);
  const std::uint32_t minute = world_.ctx.access_clock & 0xffff00;
  Fill([&](int i) { return minute | (IsRecent(i) ? 50u : 5u); }, Never);
  EvictPercent(40);
  ExpectSomeEvicted();
  EXPECT_GT(CountThere(IsRecent), kKeys / 4 * 98 / 100);
}

TEST_F(EvictorTest, AllkeysRandomTakesFromAllAlike) {
  SetPolicy(MaxmemoryPolicy::kAllkeysRandom);
  Fill(RecentOrNot, Never);
  EvictPercent(40);
  ExpectSomeEvicted();
  // A quarter of what is left, give or take ten times the standard deviation.
  EXPECT_NEAR(CountThere(IsRecent), static_cast<double>(world_.Count()) / 4, 500);
}

bool IsVolatile(int number) { return number % 4 < 2; }
bool IsPersistent(int number) { return !IsVolatile(number); }

class VolatilePolicy : public EvictorTest, public ::testing::WithParamInterface<MaxmemoryPolicy> {};

TEST_P(VolatilePolicy, TakesOnlyKeysWithATimeToLive) {
  SetPolicy(GetParam());
  Fill(Now, [](int i) { return IsVolatile(i) ? kStartMs + 1'000'000 : store::kNoExpiry; });
  EvictPercent(25);
  EXPECT_EQ(CountThere(IsPersistent), kKeys / 2);
  EXPECT_LT(CountThere(IsVolatile), kKeys / 2 * 90 / 100);
  EXPECT_GT(CountThere(IsVolatile), kKeys / 2 * 30 / 100);
  // All that may go is not enough: then nothing more goes, and it ends.
  EvictPercent(75);
  EXPECT_EQ(CountThere(IsVolatile), 0);
  EXPECT_EQ(CountThere(IsPersistent), kKeys / 2);
  EXPECT_FALSE(evictor_.MakeRoom(100));
}
INSTANTIATE_TEST_SUITE_P(All, VolatilePolicy,
                         ::testing::Values(MaxmemoryPolicy::kVolatileLru, MaxmemoryPolicy::kVolatileLfu,
                                           MaxmemoryPolicy::kVolatileRandom, MaxmemoryPolicy::kVolatileTtl));

TEST_F(EvictorTest, VolatileLruKeepsWhatWasUsedLately) {
  SetPolicy(MaxmemoryPolicy::kVolatileLru);
  Fill(RecentOrNot, Later);
  EvictPercent(40);
  ExpectSomeEvicted();
  EXPECT_GT(CountThere(IsRecent), kKeys / 4 * 98 / 100);
}

TEST_F(EvictorTest, VolatileTtlTakesTheSoonest) {
  SetPolicy(MaxmemoryPolicy::kVolatileTtl);
  Fill(Now, [](int i) { return kStartMs + 1'000'000 + i; });
  EvictPercent(40);
  ExpectSomeEvicted();
  // Of the last quarter hardly any is gone, of the first hardly any left.
  EXPECT_GT(CountThere([](int i) { return i >= kKeys * 3 / 4; }), kKeys / 4 * 95 / 100);
  EXPECT_LT(CountThere([](int i) { return i < kKeys / 4; }), kKeys / 4 * 50 / 100);
}

TEST_F(EvictorTest, AFewVolatileKeysAmongManyAreFound) {
  SetPolicy(MaxmemoryPolicy::kVolatileRandom);
  Fill(Now, [](int i) { return i % 1000 == 0 ? kStartMs + 1'000'000 : store::kNoExpiry; });
  EvictPercent(90);
  EXPECT_EQ(world_.stats.evicted_keys.Get(), static_cast<std::uint64_t>(kKeys / 1000));
}

TEST_F(EvictorTest, NoevictionEvictsNothing) {
  SetPolicy(MaxmemoryPolicy::kNoEviction);
  Fill(Now, Later);
  EvictPercent(40);
  EXPECT_FALSE(evictor_.MakeRoom(1));
  EXPECT_EQ(world_.Count(), static_cast<std::size_t>(kKeys));
}

TEST_F(EvictorTest, KeysThatAreDueGoFirst) {
  SetPolicy(MaxmemoryPolicy::kAllkeysLru);
  Fill(Now, [](int i) { return i % 2 == 0 ? kStartMs + 10 : store::kNoExpiry; });
  world_.ctx.SetTime(kStartMs + 1000);
  EvictPercent(40);  // more than compaction can make of what is half full
  EXPECT_GT(world_.stats.expired_keys.Get(), world_.stats.evicted_keys.Get() * 10);
  EXPECT_EQ(world_.events.count["expired"], static_cast<int>(world_.stats.expired_keys.Get()));
}

TEST_F(EvictorTest, GarbageIsFreedBeforeAnyKeyGoes) {
  SetPolicy(MaxmemoryPolicy::kAllkeysRandom);
  Fill(Now, Never);
  auto list = std::make_unique<types::List>(types::ListOptions{});
  const std::string element(1000, 'e');
  for (int i = 0; i < 4000; ++i) list->PushBack(element);
  world_.keyspace.shard(5).garbage.AddValue(store::Type::kList, list.release());
  const std::size_t limit = base::MemoryCount::UsedBytes() - 1'000'000;
  world_.tunables.maxmemory_bytes.Set(static_cast<std::int64_t>(limit + limit / (MemoryState::kAheadOneIn - 1)));
  while (evictor_.Run(base::TimeBudget(1'000'000))) {
  }
  EXPECT_LE(base::MemoryCount::UsedBytes(), limit + 400'000);
  EXPECT_EQ(world_.stats.evicted_keys.Get(), 0u);
}

TEST_F(EvictorTest, WorksInSlices) {
  SetPolicy(MaxmemoryPolicy::kAllkeysLru);
  Fill(Now, Never);
  const std::size_t limit = base::MemoryCount::UsedBytes() - bytes_ / 2;
  world_.tunables.maxmemory_bytes.Set(static_cast<std::int64_t>(limit));
  Evictor evictor(world_.ctx, TickingClock);  // each look at the clock is 10 us
  int runs = 0;
  for (std::uint64_t before = 0; evictor.Run(base::TimeBudget(500, TickingClock)); ++runs) {
    ASSERT_LE(world_.stats.evicted_keys.Get() - before, 60u);
    before = world_.stats.evicted_keys.Get();
  }
  EXPECT_GT(runs, 50);
}

// A writer that fills memory with values of one size, then of another: with eviction and compaction there is always
// room for the next, and what is used stays below the limit.
TEST_F(EvictorTest, MakeRoomKeepsWritesGoingAndMemoryBelowTheLimit) {
  SetPolicy(MaxmemoryPolicy::kAllkeysLru);
  const std::size_t start = base::MemoryCount::UsedBytes();
  const std::size_t limit = start + (8 << 20);
  world_.tunables.maxmemory_bytes.Set(static_cast<std::int64_t>(limit));
  std::int64_t now_ms = kStartMs;
  int refused = 0;
  int written = 0;
  for (const std::size_t size : {20, 400, 90, 200, 5}) {
    const std::string value(size, 'v');
    for (int i = 0; i < 40'000; ++i, ++written) {
      world_.ctx.SetTime(++now_ms);
      if (!evictor_.MakeRoom(value.size() + 20)) {
        ++refused;
        continue;
      }
      const std::string name = "k" + std::to_string(size) + ":" + std::to_string(i);
      const store::Key key = world_.keyspace.MakeKey(name);
      world_.keyspace.DatabaseOf(key, 0).Put(key, store::Value::Near(store::Type::kString, value), store::kNoExpiry,
                                             world_.ctx.access_clock);
      ASSERT_LE(base::MemoryCount::UsedBytes(), limit);
    }
  }
  EXPECT_LT(refused, written / 10);  // none but for a machine that stops for milliseconds
  EXPECT_GT(base::MemoryCount::UsedBytes(), start + (6 << 20));
  EXPECT_GT(world_.Count(), 20'000u);
}

}  // namespace
}  // namespace zedis::engine

#include "engine/housekeeping.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "engine/expiry_cycle.h"
#include "engine/periodic_harness.h"

namespace zedis::engine {
namespace {

TEST(ExpiryCycle, KeysAreGoneWithinASecondOfBeingDue) {
  World world;
  std::mt19937_64 random(1);
  constexpr int kKeys = 200'000;
  constexpr std::int64_t kSpanMs = 4000;  // 50,000 a second in simulated time
  for (int i = 0; i < kKeys; ++i) {
    world.Put(std::to_string(i), kStartMs + static_cast<std::int64_t>(random() % kSpanMs), static_cast<int>(i % 4));
  }
  world.Put("stays", kStartMs + 3'600'000);
  ExpiryCycle cycle(world.ctx, 0, 1);
  for (std::int64_t now_ms = kStartMs; now_ms <= kStartMs + kSpanMs + 1000; now_ms += 100) {
    world.ctx.SetTime(now_ms);
    cycle.Run(base::TimeBudget(1'000'000, StandingClock));
    for (int shard = 0; shard < world.keyspace.shards(); ++shard) {
      for (int i = 0; i < world.keyspace.databases(); ++i) {
        world.keyspace.database(shard, i).index().ForEach([&](store::Database::Slot slot) {
          const store::Entry* entry = world.keyspace.database(shard, i).At(slot);
          ASSERT_GT(entry->expire_at_ms(), now_ms - 600);
        });
      }
    }
  }
  // The longest slack needs millions of keys; what is left of the second is for the sweep itself.
  EXPECT_LE(ExpiryCycle::kSlackMsMax, 400);
  EXPECT_EQ(world.Count(), 1u);
  EXPECT_EQ(world.stats.expired_keys.Get(), static_cast<std::uint64_t>(kKeys));
  EXPECT_EQ(world.events.count["expired"], kKeys);
}

TEST(ExpiryCycle, AFewKeysExpireAtTheNextPass) {
  World world;
  world.Put("due", kStartMs);
  world.Put("later", kStartMs + 1);
  ExpiryCycle cycle(world.ctx, 0, 1);
  EXPECT_FALSE(cycle.Run(base::TimeBudget(1'000'000, StandingClock)));
  EXPECT_EQ(world.Count(), 1u);
  world.ctx.SetTime(kStartMs + 1);
  EXPECT_FALSE(cycle.Run(base::TimeBudget(1'000'000, StandingClock)));
  EXPECT_EQ(world.Count(), 1u);  // passes have a distance
  world.ctx.SetTime(kStartMs + 1 + ExpiryCycle::kPassIntervalMs);
  cycle.Run(base::TimeBudget(1'000'000, StandingClock));
  EXPECT_EQ(world.Count(), 0u);
}

TEST(ExpiryCycle, StopsWhenTheBudgetIsSpentAndGoesOnFromThere) {
  World world;
  for (int i = 0; i < 50'000; ++i) world.Put(std::to_string(i), kStartMs - 10'000);
  ExpiryCycle cycle(world.ctx, 0, 1);
  int runs = 1;
  std::size_t before = world.Count();
  while (cycle.Run(base::TimeBudget(50, TickingClock))) {  // some five slices
    const std::size_t now = world.Count();
    ASSERT_LT(now, before);
    ASSERT_GE(now + 6 * base::IndexSegment::kMaxSlots, before);
    before = now;
    ++runs;
  }
  EXPECT_GT(runs, 10);
  EXPECT_EQ(world.Count(), 0u);
}

TEST(ExpiryCycle, IsOffWhenSweepingIs) {
  World world;
  world.Put("due", kStartMs);
  world.keyspace.SetSweeping(false);
  ExpiryCycle cycle(world.ctx, 0, 1);
  EXPECT_FALSE(cycle.Run(base::TimeBudget(1'000'000, StandingClock)));
  EXPECT_EQ(world.Count(), 1u);
  world.keyspace.SetSweeping(true);
  cycle.Run(base::TimeBudget(1'000'000, StandingClock));
  EXPECT_EQ(world.Count(), 0u);
}

TEST(ExpiryCycle, WorkersShareTheShards) {
  World world;
  for (int i = 0; i < 10'000; ++i) world.Put(std::to_string(i), kStartMs - 10'000);
  ExpiryCycle first(world.ctx, 0, 2);
  ExpiryCycle second(world.ctx, 1, 2);
  first.Run(base::TimeBudget(1'000'000, StandingClock));
  EXPECT_NEAR(static_cast<double>(world.Count()), 5000, 1500);
  second.Run(base::TimeBudget(1'000'000, StandingClock));
  EXPECT_EQ(world.Count(), 0u);
}

TEST(ExpiryCycle, LeavesShardsInUseForTheNextPass) {
  World world(true);
  for (int i = 0; i < 1000; ++i) world.Put(std::to_string(i), kStartMs - 10'000);
  const std::size_t held = world.keyspace.database(3, 0).size();
  world.keyspace.shard(3).lock.Lock();
  ExpiryCycle cycle(world.ctx, 0, 1);
  EXPECT_FALSE(cycle.Run(base::TimeBudget(1'000'000, StandingClock)));
  EXPECT_EQ(world.Count(), held);
  world.keyspace.shard(3).lock.Unlock();
  world.ctx.SetTime(kStartMs + ExpiryCycle::kPassIntervalMs);
  cycle.Run(base::TimeBudget(1'000'000, StandingClock));
  EXPECT_EQ(world.Count(), 0u);
}

TEST(Housekeeping, FreesGarbageAndGivesPagesBack) {
  World world;
  for (int i = 0; i < 100'000; ++i) world.Put(std::to_string(i), store::kNoExpiry);
  for (int shard = 0; shard < world.keyspace.shards(); ++shard) world.keyspace.database(shard, 0).Clear();
  EXPECT_GT(world.UsedBytes(), 3'000'000u);
  Housekeeping housekeeping(world.ctx, 0, 1, TickingClock);
  int runs = 1;
  while (housekeeping.Run(100)) ASSERT_LT(++runs, 10'000);
  EXPECT_GT(runs, 10);  // it was in slices
  EXPECT_EQ(world.UsedBytes(), 0u);
  EXPECT_LE(world.EmptyPageBytes(), 16u * 4 * base::Arena::kPageBytes);
}

TEST(Housekeeping, HasNothingToDoInAnEmptyKeyspace) {
  World world;
  Housekeeping housekeeping(world.ctx, 0, 1, StandingClock);
  EXPECT_FALSE(housekeeping.Run(100));
}

}  // namespace
}  // namespace zedis::engine

#include "store/access.h"

#include <gtest/gtest.h>

#include <random>

namespace zedis::store {
namespace {

void Choose(base::Tunables& tunables, base::MaxmemoryPolicy policy) {
  tunables.maxmemory_policy.Set(static_cast<std::int64_t>(policy));
}

TEST(Access, IdleTimeCountsSecondsAcrossTheClocksWrap) {
  base::Tunables tunables;
  const std::int64_t wrap_ms = (std::int64_t{1} << 24) * 1000 * 100;
  const std::uint32_t access = AccessClock(wrap_ms - 5000, tunables);
  EXPECT_LT(access, kFrequencyClock);
  EXPECT_EQ(IdleSeconds(access, wrap_ms - 5000), 0);
  EXPECT_EQ(IdleSeconds(access, wrap_ms + 7000), 12);
}

// observes: lfu-decay-time
TEST(Access, FrequencyStartsAtFiveAndFallsByTheMinute) {
  base::Tunables tunables;
  Choose(tunables, base::MaxmemoryPolicy::kAllkeysLfu);
  const std::int64_t now_ms = 1'700'000'000'000;
  const std::uint32_t clock = AccessClock(now_ms, tunables);
  EXPECT_GE(clock, kFrequencyClock);
  const std::uint32_t access = clock & kAccessMask;
  EXPECT_EQ(AccessFrequency(access, now_ms, tunables), 5u);
  EXPECT_EQ(AccessFrequency(access, now_ms + 3 * 60'000, tunables), 2u);
  EXPECT_EQ(AccessFrequency(access, now_ms + 60 * 60'000, tunables), 0u);
  tunables.lfu_decay_time_min.Set(0);
  EXPECT_EQ(AccessFrequency(access, now_ms + 60 * 60'000, tunables), 5u);
}

TEST(Access, FrequencyGrowsLikeALogarithm) {
  base::Tunables tunables;
  Choose(tunables, base::MaxmemoryPolicy::kVolatileLfu);
  std::mt19937_64 random(1);
  // With the factor 10, the counter is at about 10 after a hundred accesses, 18 after a thousand, 142 after 100,000
  // (the table in the configuration file that comes with Redis).
  const auto after = [&](int accesses) {
    std::uint32_t access = AccessClock(0, tunables) & kAccessMask;
    for (int i = 0; i < accesses; ++i) access = AfterAccess(access, 0, tunables, random());
    return AccessFrequency(access, 0, tunables);
  };
  EXPECT_NEAR(after(100), 10, 4);
  EXPECT_NEAR(after(1000), 18, 6);
  EXPECT_NEAR(after(100'000), 142, 15);
  EXPECT_EQ(after(3'000'000), 255u);
  tunables.lfu_log_factor.Set(0);
  EXPECT_EQ(after(100), 105u);
}

}  // namespace
}  // namespace zedis::store

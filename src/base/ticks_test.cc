#include "base/ticks.h"

#include <gtest/gtest.h>

namespace zedis::base {
namespace {

TEST(TicksTest, ARateTurnsTicksIntoTime) {
  const TickRate rate;
  // Whatever happens between two readings: what is measured by ticks encloses one interval and lies within another.
  const std::uint64_t outer_ns = MonotonicNs();
  const std::uint64_t start = ReadTicks();
  const std::uint64_t inner_ns = MonotonicNs();
  while (MonotonicNs() - inner_ns < 5'000'000) {
  }
  const std::uint64_t us = rate.Us(TicksSince(start));
  const std::uint64_t outer_us = (MonotonicNs() - outer_ns) / 1000;
  EXPECT_GE(us, 4'500u);
  EXPECT_LE(us, outer_us + outer_us / 10);
}

TEST(TicksTest, TimeNeverRunsBackwards) { EXPECT_EQ(TicksSince(UINT64_MAX), 0u); }

}  // namespace
}  // namespace zedis::base

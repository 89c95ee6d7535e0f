#include "base/ticks.h"

#include <gtest/gtest.h>

namespace zedis::base {
namespace {

TEST(TicksTest, ARateTurnsTicksIntoTime) {
  const TickRate rate;
  const std::uint64_t start_ns = MonotonicNs();
  const std::uint64_t start = ReadTicks();
  while (MonotonicNs() - start_ns < 5'000'000) {
  }
  const std::uint64_t us = rate.Us(TicksSince(start));
  const std::uint64_t end_us = (MonotonicNs() - start_ns) / 1000;
  // What happens between two readings may take any time, but the ticks lie between the others.
  EXPECT_GE(us, 4'500u);
  EXPECT_LE(us, end_us + end_us / 10);
}

TEST(TicksTest, TimeNeverRunsBackwards) { EXPECT_EQ(TicksSince(UINT64_MAX), 0u); }

}  // namespace
}  // namespace zedis::base

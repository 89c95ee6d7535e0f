#include "engine/call_stats.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "engine/error_counts.h"

namespace zedis::engine {
namespace {

// Calls as a dispatcher makes them, on a clock of the test's own: every call takes `ticks` and the next begins `apart`
// after it began.
class Caller {
 public:
  explicit Caller(CallStats& stats) : stats_(stats) {}
  // How many of them were timed.
  int Call(int times, std::uint64_t ticks, std::uint64_t apart) {
    int timed = 0;
    for (int i = 0; i < times; ++i, now_ += apart) {
      const bool is_timed = stats_.Begin() != 0;
      stats_.End(0, tracking_);
      if (!is_timed) continue;
      stats_.Record(now_, ticks, true);
      ++timed;
    }
    return timed;
  }

 private:
  CallStats& stats_;
  base::Tunable tracking_{1};
  std::uint64_t now_ = 1'000'000'000;
};

std::uint64_t CountOf(const CallStats& stats) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < TickHistogram::kBuckets; ++i) sum += stats.histogram()->Count(i);
  return sum;
}

TEST(TickHistogramTest, EveryTimeIsInABucketThatIsLittleWider) {
  std::size_t last = 0;
  for (std::uint64_t ticks = 0; ticks < std::uint64_t{1} << 43; ticks += 1 + ticks / 37) {
    const std::size_t bucket = TickHistogram::BucketOf(ticks);
    ASSERT_LT(bucket, TickHistogram::kBuckets);
    ASSERT_GE(bucket, last);
    last = bucket;
    ASSERT_GE(TickHistogram::Highest(bucket), ticks);
    ASSERT_LE(TickHistogram::Highest(bucket), ticks + ticks / 16);
    ASSERT_EQ(TickHistogram::BucketOf(TickHistogram::Highest(bucket)), bucket);
    ASSERT_EQ(TickHistogram::BucketOf(TickHistogram::Highest(bucket) + 1), bucket + 1);
  }
  EXPECT_EQ(TickHistogram::BucketOf(UINT64_MAX), TickHistogram::kBuckets - 1);
}

TEST(CallStatsTest, CallsThatComeFarApartAreAllTimed) {
  CallStats stats;
  EXPECT_EQ(Caller(stats).Call(1000, 100, CallStats::kDenseTicks), 1000);
  EXPECT_EQ(stats.calls(), 1000u);
  EXPECT_EQ(stats.ticks(), 100'000u);
  EXPECT_EQ(CountOf(stats), 1000u);
}

TEST(CallStatsTest, OfCallsInAFullPipelineOneIn64IsTimedAndStandsForTheOthers) {
  CallStats stats;
  constexpr int kCalls = 1'000'000;
  const int timed = Caller(stats).Call(kCalls, 100, 200);
  EXPECT_GT(timed, kCalls / 80);
  EXPECT_LT(timed, kCalls / 50);
  EXPECT_EQ(stats.calls(), std::uint64_t{kCalls});
  EXPECT_EQ(stats.ticks(), std::uint64_t{kCalls} * 100);
  EXPECT_GT(CountOf(stats), std::uint64_t{kCalls} - 200);
  EXPECT_LE(CountOf(stats), std::uint64_t{kCalls});
}

TEST(CallStatsTest, SlowCallsAreNotMultiplied) {
  CallStats stats;
  Caller caller(stats);
  caller.Call(10'000, 100, 200);
  const std::uint64_t before = stats.ticks();
  // One that is slow is timed sooner or later; those that follow are, at once.
  const int timed = caller.Call(1000, 1'000'000, 1'000'000);
  EXPECT_GE(timed, 1000 - 128);
  EXPECT_LE(stats.ticks() - before, std::uint64_t{1000} * 1'000'000);
}

TEST(CallStatsTest, WhatDependsOnItsArgumentsIsAlwaysTimed) {
  CallStats stats;
  stats.TimeAlways();
  EXPECT_EQ(Caller(stats).Call(1000, 100, 200), 1000);
}

TEST(CallStatsTest, WithoutLatencyTrackingOnlyTheSumIsKept) {
  CallStats stats;
  const base::Tunable off(0);
  stats.End(stats.Begin(), off);
  EXPECT_EQ(stats.calls(), 1u);
  EXPECT_EQ(stats.histogram(), nullptr);
}

TEST(ErrorCountsTest, CountsByCode) {
  ErrorCounts errors;
  for (const char* text : {"ERR one", "WRONGTYPE two", "ERR three", "nocode", " blank", "ERR"}) errors.Count(text);
  std::vector<std::pair<std::string, std::uint64_t>> seen;
  errors.ForEach([&](std::string_view code, std::uint64_t count) { seen.emplace_back(code, count); });
  EXPECT_EQ(seen, (std::vector<std::pair<std::string, std::uint64_t>>{{"ERR", 5}, {"WRONGTYPE", 1}}));
  EXPECT_EQ(errors.total(), 6u);
}

TEST(ErrorCountsTest, InventedCodesTakeNoMoreThanTheirShare) {
  ErrorCounts errors;
  for (int i = 0; i < 1000; ++i) errors.Count("CODE" + std::to_string(i) + " text");
  std::size_t codes = 0;
  errors.ForEach([&](std::string_view, std::uint64_t) { ++codes; });
  EXPECT_EQ(codes, ErrorCounts::kCodesMax);
  EXPECT_EQ(errors.total(), 1000u);
}

}  // namespace
}  // namespace zedis::engine

#include "server/latency_monitor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/latency_report.h"

namespace zedis::server {
namespace {

std::vector<std::pair<std::int64_t, std::int64_t>> Samples(const LatencyMonitor& monitor, std::string_view event) {
  std::vector<std::pair<std::int64_t, std::int64_t>> samples;
  for (const auto& sample : monitor.Find(event)->samples) samples.emplace_back(sample.time_s, sample.latency_ms);
  return samples;
}

TEST(LatencyMonitor, KeepsTheWorstOfASecond) {
  LatencyMonitor monitor;
  monitor.Add("command", 100, 5);
  monitor.Add("command", 100, 9);
  monitor.Add("command", 100, 7);
  monitor.Add("command", 101, 1);
  EXPECT_EQ(Samples(monitor, "command"), (std::vector<std::pair<std::int64_t, std::int64_t>>{{100, 9}, {101, 1}}));
  EXPECT_EQ(monitor.Find("command")->max_ms, 9);
  EXPECT_FALSE(monitor.Find("fork"));
}

TEST(LatencyMonitor, ForgetsTheOldestButNotTheWorst) {
  LatencyMonitor monitor;
  monitor.Add("command", 0, 1000);
  for (std::int64_t second = 1; second <= 200; ++second) monitor.Add("command", second, 3);
  const auto event = monitor.Find("command");
  EXPECT_EQ(event->samples.size(), LatencyMonitor::kSamplesMax);
  EXPECT_EQ(event->samples.front().time_s, 41);
  EXPECT_EQ(event->max_ms, 1000);
}

TEST(LatencyMonitor, ResetsWhatIsNamed) {
  LatencyMonitor monitor;
  for (const char* event : {"a", "b", "c"}) monitor.Add(event, 1, 1);
  EXPECT_EQ(monitor.Reset(std::vector<std::string_view>{"a", "x", "a"}), 1u);
  EXPECT_EQ(monitor.Events().size(), 2u);
  EXPECT_EQ(monitor.Reset({}), 2u);
  EXPECT_TRUE(monitor.Events().empty());
}

// What redis-server 7.0.15 draws for the same samples.
TEST(LatencyGraph, LooksAsInRedis) {
  const LatencyMonitor::Event event{"command", {{6, 20}, {7, 50}, {8, 200}, {9, 100}}, 200};
  EXPECT_EQ(LatencyGraph(event, 10), "command - high 200 ms, low 20 ms (all time high 200 ms)\n" +
                                         std::string(80, '-') +
                                         "\n"
                                         "  # \n"
                                         "  | \n"
                                         "  |#\n"
                                         "_#||\n"
                                         "    \n"
                                         "4321\n"
                                         "ssss\n");
}

TEST(LatencyGraph, DrawsOneSampleAndAges) {
  const LatencyMonitor::Event event{"e", {{0, 7}, {90'000 - 7200, 7}, {90'000 - 120, 7}}, 7};
  const std::string graph = LatencyGraph(event, 90'000);
  EXPECT_TRUE(graph.ends_with("___\n   \n122\ndhm\n")) << graph;
}

TEST(LatencyGraph, GoesOnInAnotherBand) {
  LatencyMonitor::Event event{"e", {}, 9};
  for (std::int64_t i = 0; i < 100; ++i) event.samples.push_back({i, 1 + i % 9});
  const std::string graph = LatencyGraph(event, 100);
  std::vector<std::size_t> widths;
  for (std::size_t begin = 0; begin < graph.size();) {
    const std::size_t end = graph.find('\n', begin);
    widths.push_back(end - begin);
    begin = end + 1;
  }
  EXPECT_EQ(std::ranges::count(widths, 80u), 1 + 7 + 1);  // the line, and a band with labels such as "100s" over 1m
  EXPECT_EQ(std::ranges::count(widths, 20u), 4 + 1 + 3);
}

TEST(LatencyAdvice, SpeaksOfWhatItHasSeen) {
  base::Tunables tunables;
  EXPECT_NE(LatencyAdvice({}, tunables, 10).find("switched off"), std::string::npos);
  tunables.latency_monitor_threshold_ms.Set(5);
  EXPECT_NE(LatencyAdvice({}, tunables, 10).find("No latency spike"), std::string::npos);
  const std::vector<LatencyMonitor::Event> events = {{"command", {{0, 10}, {5, 30}}, 40}};
  const std::string advice = LatencyAdvice(events, tunables, 10);
  EXPECT_NE(
      advice.find("1. command: 2 seconds with latency spikes (average 20 ms, mean deviation 10 ms, every 5.00 s). "
                  "Worst all time event 40 ms."),
      std::string::npos)
      << advice;
  EXPECT_NE(advice.find("lower slowlog-log-slower-than"), std::string::npos);
  tunables.slowlog_log_slower_than_us.Set(1000);
  EXPECT_EQ(LatencyAdvice(events, tunables, 10).find("lower slowlog-log-slower-than"), std::string::npos);
}

}  // namespace
}  // namespace zedis::server

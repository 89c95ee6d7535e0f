#include "server/latency_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <numeric>

namespace zedis::server {
namespace {

using Event = LatencyMonitor::Event;
using Sample = LatencyMonitor::Sample;

constexpr int kColumns = 80;
constexpr int kRows = 4;
constexpr std::string_view kHeights = "_o#";  // of what ends in a row, by the thirds of it
constexpr int kSteps = kRows * static_cast<int>(kHeights.size());

std::string Age(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(seconds, 0);
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) return fmt::format("{}m", seconds / 60);
  if (seconds < 86400) return fmt::format("{}h", seconds / 3600);
  return fmt::format("{}d", seconds / 86400);
}

std::pair<std::int64_t, std::int64_t> LowAndHigh(const Event& event) {
  const auto [low, high] = std::ranges::minmax_element(event.samples, {}, &Sample::latency_ms);
  return {low->latency_ms, high->latency_ms};
}

// One row of the columns, `row` counted from the bottom.
char Mark(int step, int row) {
  const int above = step - row * static_cast<int>(kHeights.size());
  if (above < 0) return ' ';
  return above < static_cast<int>(kHeights.size()) ? kHeights[static_cast<std::size_t>(above)] : '|';
}

void AppendColumns(std::string& out, std::span<const Sample> samples, std::int64_t low, std::int64_t high,
                   std::int64_t now_s) {
  const std::int64_t range = std::max<std::int64_t>(high - low, 1);
  for (int row = kRows - 1; row >= 0; --row) {
    for (const Sample& sample : samples) {
      const auto step = static_cast<int>((sample.latency_ms - low) * kSteps / range);
      out += Mark(std::min(step, kSteps - 1), row);
    }
    out += '\n';
  }
  out.append(samples.size(), ' ');
  out += '\n';
  std::vector<std::string> ages;
  for (const Sample& sample : samples) ages.push_back(Age(now_s - sample.time_s));
  const std::size_t longest = std::ranges::max_element(ages, {}, &std::string::size)->size();
  for (std::size_t letter = 0; letter < longest; ++letter) {
    for (const std::string& age : ages) out += letter < age.size() ? age[letter] : ' ';
    out += '\n';
  }
}

void AppendFigures(std::string& out, const Event& event, std::int64_t now_s) {
  const auto count = static_cast<std::int64_t>(event.samples.size());
  const auto sum = [&](auto value) {
    return std::transform_reduce(event.samples.begin(), event.samples.end(), std::int64_t{0}, std::plus<>(), value);
  };
  const std::int64_t mean = sum([](const Sample& sample) { return sample.latency_ms; }) / count;
  const std::int64_t deviation = sum([&](const Sample& sample) { return std::abs(sample.latency_ms - mean); }) / count;
  const std::int64_t since_s = std::max<std::int64_t>(now_s - event.samples.front().time_s, 1);
  fmt::format_to(std::back_inserter(out),
                 "{}: {} seconds with latency spikes (average {} ms, mean deviation {} ms, every {:.2f} s). Worst all "
                 "time event {} ms.\n",
                 event.name, count, mean, deviation, static_cast<double>(since_s) / static_cast<double>(count),
                 event.max_ms);
}

}  // namespace

std::string LatencyGraph(const Event& event, std::int64_t now_s) {
  const auto [low, high] = LowAndHigh(event);
  std::string graph =
      fmt::format("{} - high {} ms, low {} ms (all time high {} ms)\n", event.name, high, low, event.max_ms);
  graph.append(kColumns, '-');
  graph += '\n';
  std::span<const Sample> left = event.samples;
  while (!left.empty()) {
    const std::size_t count = std::min<std::size_t>(left.size(), kColumns);
    AppendColumns(graph, left.first(count), low, high, now_s);
    left = left.subspan(count);
  }
  return graph;
}

std::string LatencyAdvice(std::span<const Event> events, const base::Tunables& tunables, std::int64_t now_s) {
  if (tunables.latency_monitor_threshold_ms.Get() == 0) {
    return "Latency monitoring is switched off, so there is nothing to go by. CONFIG SET latency-monitor-threshold "
           "<milliseconds> switches it on.\n";
  }
  if (events.empty()) {
    return "No latency spike was observed while monitoring was on. Either all is well, or the threshold is too high "
           "for what you look for.\n";
  }
  std::string advice = "Latency spikes were observed:\n\n";
  int number = 0;
  for (const Event& event : events) {
    fmt::format_to(std::back_inserter(advice), "{}. ", ++number);
    AppendFigures(advice, event, now_s);
  }
  const auto seen = [&](std::string_view name) {
    return std::ranges::find(events, name, &Event::name) != events.end();
  };
  advice += "\nWhat may help:\n\n";
  if (seen("command")) {
    advice += "- SLOWLOG GET names the commands that took long; split those that work on very many elements.\n";
    if (tunables.slowlog_log_slower_than_us.Get() < 0 ||
        tunables.slowlog_log_slower_than_us.Get() / 1000 > tunables.latency_monitor_threshold_ms.Get()) {
      advice += "- The slow log does not note what this monitor does: lower slowlog-log-slower-than.\n";
    }
  }
  if (seen("fast-command")) {
    advice +=
        "- Fast commands were slow: other commands held the same keys' shard for long, or the machine is short of "
        "processors or memory (look for swapping).\n";
  }
  if (seen("expire-cycle") || seen("eviction-cycle") || seen("active-defrag-cycle")) {
    advice += "- Periodic work went over its budget of half a millisecond: the machine is short of processors.\n";
  }
  return advice;
}

}  // namespace zedis::server

// LatencyMonitor: when what took longer than `latency-monitor-threshold`: LATENCY HISTORY, LATEST, GRAPH, DOCTOR.
//
// One sample a second for each class of events, the worst of that second; the last 160 are kept, as Redis does.
// Any thread may add or read.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zedis::server {

class LatencyMonitor {
 public:
  static constexpr std::size_t kSamplesMax = 160;

  struct Sample {
    std::int64_t time_s;
    std::int64_t latency_ms;
  };
  struct Event {
    std::string name;
    std::vector<Sample> samples;  // the oldest first; never empty
    std::int64_t max_ms = 0;      // ever, also of what is no longer kept
  };

  void Add(std::string_view event, std::int64_t time_s, std::int64_t latency_ms);

  // All events, by name.
  std::vector<Event> Events() const;
  std::optional<Event> Find(std::string_view event) const;

  // Forgets the events named, or all if none is. Returns how many there were.
  std::size_t Reset(std::span<const std::string_view> events);

 private:
  struct History {
    std::deque<Sample> samples;
    std::int64_t max_ms = 0;
  };
  static Event Shown(const std::string& name, const History& history);

  mutable std::mutex mutex_;
  std::map<std::string, History, std::less<>> histories_;  // under mutex_
};

}  // namespace zedis::server

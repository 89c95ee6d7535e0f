#include "server/latency_monitor.h"

#include <algorithm>

namespace zedis::server {

void LatencyMonitor::Add(std::string_view event, std::int64_t time_s, std::int64_t latency_ms) {
  const std::lock_guard lock(mutex_);
  auto found = histories_.find(event);
  if (found == histories_.end()) found = histories_.emplace(event, History{}).first;
  History& history = found->second;
  history.max_ms = std::max(history.max_ms, latency_ms);
  if (!history.samples.empty() && history.samples.back().time_s == time_s) {
    history.samples.back().latency_ms = std::max(history.samples.back().latency_ms, latency_ms);
    return;
  }
  history.samples.push_back({time_s, latency_ms});
  if (history.samples.size() > kSamplesMax) history.samples.pop_front();
}

LatencyMonitor::Event LatencyMonitor::Shown(const std::string& name, const History& history) {
  return {name, {history.samples.begin(), history.samples.end()}, history.max_ms};
}

std::vector<LatencyMonitor::Event> LatencyMonitor::Events() const {
  const std::lock_guard lock(mutex_);
  std::vector<Event> events;
  for (const auto& [name, history] : histories_) events.push_back(Shown(name, history));
  return events;
}

std::optional<LatencyMonitor::Event> LatencyMonitor::Find(std::string_view event) const {
  const std::lock_guard lock(mutex_);
  const auto found = histories_.find(event);
  if (found == histories_.end()) return std::nullopt;
  return Shown(found->first, found->second);
}

std::size_t LatencyMonitor::Reset(std::span<const std::string_view> events) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  if (events.empty()) {
    count = histories_.size();
    histories_.clear();
  }
  for (const std::string_view event : events) {
    const auto found = histories_.find(event);
    if (found == histories_.end()) continue;
    histories_.erase(found);
    ++count;
  }
  return count;
}

}  // namespace zedis::server

#include "server/metrics.h"

#include <algorithm>
#include <numeric>

#include "base/memory_count.h"

namespace zedis::server {

double Metrics::Samples::Mean() const {
  return std::accumulate(per_s.begin(), per_s.end(), 0.0) / static_cast<double>(kSamples);
}

std::uint64_t Metrics::Total(Member counter) const {
  std::uint64_t sum = 0;
  for (const engine::WorkerStats* stats : workers_) sum += (stats->*counter).Get();
  return sum;
}

std::uint64_t Metrics::Sum(Member counter) const {
  const std::lock_guard lock(mutex_);
  return Total(counter) - (baseline_.*counter).Get();
}

void Metrics::Reset() {
  using Stats = engine::WorkerStats;
  // Not `changes`: how much is unsaved is no statistic.
  static constexpr Member kResettable[] = {
      &Stats::commands,
      &Stats::connections,
      &Stats::rejected_connections,
      &Stats::bytes_in,
      &Stats::bytes_out,
      &Stats::keyspace_hits,
      &Stats::keyspace_misses,
      &Stats::expired_keys,
      &Stats::evicted_keys,
      &Stats::error_replies,
      &Stats::protocol_errors,
      &Stats::denied_logins,
      &Stats::query_buffer_disconnections,
      &Stats::output_buffer_disconnections,
      &Stats::loop_cycles,
      &Stats::loop_us,
      &Stats::command_us,
  };
  const std::lock_guard lock(mutex_);
  for (const Member counter : kResettable) {
    (baseline_.*counter).Reset();
    baseline_.*counter += Total(counter);
  }
  for (Samples& samples : samples_) samples.per_s.fill(0);
  peak_bytes_ = base::MemoryCount::UsedBytes();
}

void Metrics::Sample(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (now_ms - sampled_ms_ < kSampleMs) return;
  peak_bytes_ = std::max<std::uint64_t>(peak_bytes_, base::MemoryCount::UsedBytes());
  const double seconds = static_cast<double>(now_ms - sampled_ms_) / 1000;
  for (std::size_t i = 0; i < kWatchedCount; ++i) {
    const std::uint64_t total = Total(kWatched[i]);
    // The first look has nothing to compare with.
    samples_[i].per_s[next_sample_] = sampled_ms_ == 0 ? 0 : static_cast<double>(total - samples_[i].last) / seconds;
    samples_[i].last = total;
  }
  next_sample_ = (next_sample_ + 1) % kSamples;
  sampled_ms_ = now_ms;
}

Metrics::Rates Metrics::CurrentRates() const {
  const std::lock_guard lock(mutex_);
  const double cycles = samples_[kCycles].Mean();
  return {.commands_per_s = static_cast<std::uint64_t>(samples_[kCommands].Mean()),
          .input_kib_per_s = samples_[kBytesIn].Mean() / 1024,
          .output_kib_per_s = samples_[kBytesOut].Mean() / 1024,
          .cycles_per_s = static_cast<std::uint64_t>(cycles),
          .cycle_us = cycles > 0 ? static_cast<std::uint64_t>(samples_[kCycleUs].Mean() / cycles) : 0};
}

std::uint64_t Metrics::PeakBytes() {
  const std::lock_guard lock(mutex_);
  return peak_bytes_ = std::max<std::uint64_t>(peak_bytes_, base::MemoryCount::UsedBytes());
}

}  // namespace zedis::server

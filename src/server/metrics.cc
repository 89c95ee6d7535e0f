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

Metrics::Calls Metrics::TotalCalls(std::uint32_t number) const {
  Calls sum;
  for (const engine::WorkerStats* stats : workers_) {
    const engine::CallStats& calls = stats->calls[number];
    sum.calls += calls.calls();
    sum.rejected += calls.rejected();
    sum.failed += calls.failed();
    sum.ticks += calls.ticks();
  }
  return sum;
}

std::uint32_t Metrics::commands() const {
  return workers_.empty() ? 0 : static_cast<std::uint32_t>(workers_[0]->calls.size());
}

std::uint64_t Metrics::TotalCallsOfAll() const {
  std::uint64_t sum = 0;
  for (const engine::WorkerStats* stats : workers_) {
    for (std::uint32_t i = 0; i < stats->calls.size(); ++i) sum += stats->calls[i].calls();
  }
  return sum;
}

std::vector<std::uint64_t> Metrics::TotalHistogram(std::uint32_t number) const {
  std::vector<std::uint64_t> counts;
  for (const engine::WorkerStats* stats : workers_) {
    const engine::TickHistogram* histogram = stats->calls[number].histogram();
    if (histogram == nullptr) continue;
    counts.resize(engine::TickHistogram::kBuckets);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += histogram->Count(i);
    // Where they will be counted, once the next call has been timed.
    counts[engine::TickHistogram::BucketOf(stats->calls[number].last_ticks())] += stats->calls[number].waiting();
  }
  return counts;
}

Metrics::ErrorCounts Metrics::TotalErrors() const {
  ErrorCounts sums;
  for (const engine::WorkerStats* stats : workers_) {
    stats->errors.ForEach([&](std::string_view code, std::uint64_t count) { sums[std::string(code)] += count; });
  }
  return sums;
}

std::uint64_t Metrics::Sum(Member counter) const {
  const std::lock_guard lock(mutex_);
  return Total(counter) - (baseline_.*counter).Get();
}

Metrics::Calls Metrics::CallsOf(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  Calls calls = TotalCalls(number);
  if (number >= baseline_calls_.size()) return calls;
  const Calls& before = baseline_calls_[number];
  calls.calls -= before.calls;
  calls.rejected -= before.rejected;
  calls.failed -= before.failed;
  // The time of the latest calls is a guess until the next is timed, so it may have been taken back.
  calls.ticks -= std::min(calls.ticks, before.ticks);
  return calls;
}

std::uint64_t Metrics::CallsOfAll() const {
  const std::lock_guard lock(mutex_);
  return TotalCallsOfAll() - baseline_calls_of_all_;
}

std::vector<std::uint64_t> Metrics::HistogramOf(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::uint64_t> counts = TotalHistogram(number);
  if (number >= baseline_histograms_.size()) return counts;
  const std::vector<std::uint64_t>& before = baseline_histograms_[number];
  for (std::size_t i = 0; i < before.size(); ++i) counts[i] -= before[i];
  return counts;
}

Metrics::ErrorCounts Metrics::Errors() const {
  const std::lock_guard lock(mutex_);
  ErrorCounts counts = TotalErrors();
  for (const auto& [code, count] : baseline_errors_) counts[code] -= count;
  std::erase_if(counts, [](const auto& item) { return item.second == 0; });
  return counts;
}

std::uint64_t Metrics::ErrorsOfAll() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = 0;
  for (const engine::WorkerStats* stats : workers_) sum += stats->errors.total();
  return sum - baseline_errors_of_all_;
}

void Metrics::Reset() {
  using Stats = engine::WorkerStats;
  // Not `changes`: how much is unsaved is no statistic.
  static constexpr Member kResettable[] = {
      &Stats::connections,
      &Stats::rejected_connections,
      &Stats::bytes_in,
      &Stats::bytes_out,
      &Stats::keyspace_hits,
      &Stats::keyspace_misses,
      &Stats::expired_keys,
      &Stats::expired_fields,
      &Stats::evicted_keys,
      &Stats::protocol_errors,
      &Stats::denied_logins,
      &Stats::query_buffer_disconnections,
      &Stats::output_buffer_disconnections,
      &Stats::loop_cycles,
      &Stats::reads,
      &Stats::writes,
      &Stats::loop_ticks,
      &Stats::command_ticks,
      &Stats::expiry_ticks,
      &Stats::expiry_out_of_time,
  };
  const std::lock_guard lock(mutex_);
  for (const Member counter : kResettable) {
    (baseline_.*counter).Reset();
    baseline_.*counter += Total(counter);
  }
  baseline_calls_.clear();
  baseline_histograms_.clear();
  for (std::uint32_t number = 0; number < commands(); ++number) {
    baseline_calls_.push_back(TotalCalls(number));
    baseline_histograms_.push_back(TotalHistogram(number));
  }
  baseline_calls_of_all_ = TotalCallsOfAll();
  baseline_errors_ = TotalErrors();
  baseline_errors_of_all_ = 0;
  for (const engine::WorkerStats* stats : workers_) baseline_errors_of_all_ += stats->errors.total();
  for (Samples& samples : samples_) samples.per_s.fill(0);
  peak_bytes_ = base::MemoryCount::UsedBytes();
}

void Metrics::Sample(std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (now_ms - sampled_ms_ < kSampleMs) return;
  peak_bytes_ = std::max<std::uint64_t>(peak_bytes_, base::MemoryCount::UsedBytes());
  const double seconds = static_cast<double>(now_ms - sampled_ms_) / 1000;
  using Stats = engine::WorkerStats;
  const std::array<std::uint64_t, kWatchedCount> totals = {TotalCallsOfAll(), Total(&Stats::bytes_in),
                                                           Total(&Stats::bytes_out), Total(&Stats::loop_cycles),
                                                           Total(&Stats::loop_ticks)};
  for (std::size_t i = 0; i < kWatchedCount; ++i) {
    const std::uint64_t total = totals[i];
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
          .cycle_us = cycles > 0 ? rate_.Us(static_cast<std::uint64_t>(samples_[kCycleTicks].Mean() / cycles)) : 0};
}

void Metrics::NoteStartup() { startup_bytes_ = base::MemoryCount::UsedBytes(); }

std::uint64_t Metrics::PeakBytes() {
  const std::lock_guard lock(mutex_);
  return peak_bytes_ = std::max<std::uint64_t>(peak_bytes_, base::MemoryCount::UsedBytes());
}

}  // namespace zedis::server

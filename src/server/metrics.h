// Metrics: the workers' counters added up, less what they were at CONFIG RESETSTAT, and what follows from looking at
// them regularly: rates and the peak of memory. Adding up takes no lock of the workers: they count on meanwhile.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/ticks.h"
#include "engine/stats.h"

namespace zedis::server {

class Metrics {
 public:
  // REQUIRES: no thread runs yet; the counters live as long as this.
  void Watch(const engine::WorkerStats& worker) { workers_.push_back(&worker); }

  std::size_t workers() const { return workers_.size(); }

  // The sum of one counter over all workers, since the last reset: Sum(&engine::WorkerStats::bytes_in).
  using Member = engine::Counter engine::WorkerStats::*;
  std::uint64_t Sum(Member counter) const;
  // The same of one that counts ticks, in microseconds.
  std::uint64_t SumUs(Member counter) const { return rate_.Us(Sum(counter)); }

  // One command, by its number, since the last reset.
  struct Calls {
    std::uint64_t calls = 0;
    std::uint64_t rejected = 0;
    std::uint64_t failed = 0;
    std::uint64_t ticks = 0;
  };
  Calls CallsOf(std::uint32_t number) const;
  // Of all commands that ran: total_commands_processed.
  std::uint64_t CallsOfAll() const;
  // How many calls took how long, by engine::TickHistogram's buckets; empty if nothing was noted.
  std::vector<std::uint64_t> HistogramOf(std::uint32_t number) const;
  const base::TickRate& rate() const { return rate_; }

  // Error replies since the last reset, by their code.
  using ErrorCounts = std::map<std::string, std::uint64_t, std::less<>>;
  ErrorCounts Errors() const;
  std::uint64_t ErrorsOfAll() const;

  // CONFIG RESETSTAT. Counters belong to their workers, so it notes what they are instead of changing them.
  void Reset();

  // Looks at the counters and at memory, if the last look was a tenth of a second ago.
  void Sample(std::int64_t now_ms);

  struct Rates {
    std::uint64_t commands_per_s = 0;
    double input_kib_per_s = 0;
    double output_kib_per_s = 0;
    std::uint64_t cycles_per_s = 0;
    std::uint64_t cycle_us = 0;  // mean duration of a cycle
  };
  Rates CurrentRates() const;

  // Once, when the server starts: what it uses without data.
  void NoteStartup();
  std::uint64_t startup_bytes() const { return startup_bytes_; }

  // The most memory that was seen in use. Looks at what is used now, too.
  std::uint64_t PeakBytes();

 private:
  static constexpr std::int64_t kSampleMs = 95;
  static constexpr std::size_t kSamples = 16;  // as Redis: rates are means over so many samples
  enum Watched : std::size_t { kCommands, kBytesIn, kBytesOut, kCycles, kCycleTicks, kWatchedCount };

  struct Samples {
    std::uint64_t last = 0;
    std::array<double, kSamples> per_s{};
    double Mean() const;
  };

  // Since the start, without the lock.
  std::uint64_t Total(Member counter) const;
  Calls TotalCalls(std::uint32_t number) const;
  std::uint64_t TotalCallsOfAll() const;
  std::vector<std::uint64_t> TotalHistogram(std::uint32_t number) const;
  ErrorCounts TotalErrors() const;
  std::uint32_t commands() const;

  std::vector<const engine::WorkerStats*> workers_;
  const base::TickRate rate_;
  std::uint64_t startup_bytes_ = 0;
  mutable std::mutex mutex_;  // guards what follows
  // What the counters were at the last reset.
  engine::WorkerStats baseline_;
  std::vector<Calls> baseline_calls_;
  std::uint64_t baseline_calls_of_all_ = 0;
  std::vector<std::vector<std::uint64_t>> baseline_histograms_;
  ErrorCounts baseline_errors_;
  std::uint64_t baseline_errors_of_all_ = 0;
  std::array<Samples, kWatchedCount> samples_;
  std::size_t next_sample_ = 0;
  std::int64_t sampled_ms_ = 0;
  std::uint64_t peak_bytes_ = 0;
};

}  // namespace zedis::server

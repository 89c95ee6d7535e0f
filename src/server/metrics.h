// Metrics: the workers' counters added up, less what they were at CONFIG RESETSTAT, and what follows from looking at
// them regularly: rates and the peak of memory.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "engine/stats.h"

namespace zedis::server {

class Metrics {
 public:
  // REQUIRES: no thread runs yet; the counters live as long as this.
  void Watch(const engine::WorkerStats& worker) { workers_.push_back(&worker); }

  std::size_t workers() const { return workers_.size(); }

  // The sum of one counter over all workers, since the last reset: Sum(&engine::WorkerStats::commands).
  using Member = engine::Counter engine::WorkerStats::*;
  std::uint64_t Sum(Member counter) const;

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

  // The most memory that was seen in use. Looks at what is used now, too.
  std::uint64_t PeakBytes();

 private:
  static constexpr std::int64_t kSampleMs = 95;
  static constexpr std::size_t kSamples = 16;  // as Redis: rates are means over so many samples
  enum Watched : std::size_t { kCommands, kBytesIn, kBytesOut, kCycles, kCycleUs, kWatchedCount };
  static constexpr std::array<Member, kWatchedCount> kWatched = {
      &engine::WorkerStats::commands, &engine::WorkerStats::bytes_in, &engine::WorkerStats::bytes_out,
      &engine::WorkerStats::loop_cycles, &engine::WorkerStats::loop_us};

  struct Samples {
    std::uint64_t last = 0;
    std::array<double, kSamples> per_s{};
    double Mean() const;
  };

  std::uint64_t Total(Member counter) const;

  std::vector<const engine::WorkerStats*> workers_;
  mutable std::mutex mutex_;  // guards what follows
  engine::WorkerStats baseline_;
  std::array<Samples, kWatchedCount> samples_;
  std::size_t next_sample_ = 0;
  std::int64_t sampled_ms_ = 0;
  std::uint64_t peak_bytes_ = 0;
};

}  // namespace zedis::server

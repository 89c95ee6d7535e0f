// What INFO commandstats and latencystats know of one command: how often it ran, how long that took, how it failed.
//
// Calls are counted one by one. Their time is not: two readings of the clock cost 20 ns, a GET in a full pipeline 100.
// So a call is timed if the clock costs a percent of it at most, and else one in 64 on average, at random:
//
//   - Calls that come further apart than kDenseTicks, because few come or because each takes long, are all timed.
//   - Closer together, a call that was timed also stands for those that follow until the next one that is timed. So a
//     rare slow call is never multiplied: after it the next is timed again.
//   - A command that its row calls neither fast nor O(1) is always timed.
//   - Whoever runs the call may ask for its time (many arguments, a large request, a lock that was busy, a low
//   threshold
//     of the slow log). Then it stands for itself only.
//
// One worker writes, INFO reads at any time: all fields are relaxed atomics.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstdint>
#include <memory>

#include "base/ticks.h"
#include "base/tunables.h"
#include "engine/counter.h"

namespace zedis::engine {

class Registry;

// How many calls took how long: 16 buckets for each doubling of the ticks, so that a bucket is within 3 % of its
// middle.
class TickHistogram {
 public:
  static constexpr unsigned kFineBits = 4;
  static constexpr unsigned kTicksBitsMax = 44;  // about an hour; what takes longer is counted as that
  static constexpr std::size_t kBuckets = (kTicksBitsMax - kFineBits + 1) << kFineBits;

  void Add(std::uint64_t ticks, std::uint64_t calls) { counts_[BucketOf(ticks)] += calls; }
  std::uint64_t Count(std::size_t bucket) const { return counts_[bucket].Get(); }

  static std::size_t BucketOf(std::uint64_t ticks) {
    if (ticks >> kTicksBitsMax != 0) return kBuckets - 1;
    const auto width = static_cast<unsigned>(std::bit_width(ticks));
    if (width <= kFineBits) return ticks;
    const unsigned shift = width - kFineBits - 1;
    return (static_cast<std::size_t>(shift) << kFineBits) + (ticks >> shift);
  }
  // The most ticks that fall into a bucket.
  static std::uint64_t Highest(std::size_t bucket) {
    constexpr std::size_t kFine = std::size_t{1} << kFineBits;
    if (bucket < 2 * kFine) return bucket;
    const std::size_t shift = (bucket >> kFineBits) - 1;
    return (((bucket & (kFine - 1)) + kFine + 1) << shift) - 1;
  }

 private:
  std::array<Counter, kBuckets> counts_;
};

class CallStats {
 public:
  static constexpr std::uint64_t kDenseTicks = 4096;  // a microsecond or two
  static constexpr std::uint64_t kMeanGap = 64;

  CallStats() = default;
  CallStats(const CallStats&) = delete;
  CallStats& operator=(const CallStats&) = delete;
  ~CallStats() { delete histogram_.load(std::memory_order_relaxed); }

  // Around each call: `start` is what Begin returned, 0 if this call is not timed, which it is if it is `wanted`. A
  // call counts when it has ended, so that INFO does not show the INFO that asks. End returns how many ticks it took, 0
  // if it was not timed.
  std::uint64_t Begin(bool wanted = false) const {
    return wanted || calls_.Get() >= untimed_until_ ? base::ReadTicks() : 0;
  }
  std::uint64_t End(std::uint64_t start, const base::Tunable& with_histogram) {
    ++calls_;
    if (start == 0) [[likely]]
      return 0;
    const std::uint64_t ticks = base::TicksSince(start);
    Record(start, ticks, with_histogram.IsOn());
    return std::max<std::uint64_t>(ticks, 1);
  }
  // The call that has just been counted began at `start` and took `ticks`.
  void Record(std::uint64_t start, std::uint64_t ticks, bool with_histogram);

  // How many calls the last one that was timed stands for: itself, and those before it that were not. For its worker.
  std::uint64_t weight() const { return weight_; }

  void CountRejected() { ++rejected_; }
  void CountFailed() { ++failed_; }
  // How long it takes depends on its arguments.
  void TimeAlways() { is_even_ = false; }

  std::uint64_t calls() const { return calls_.Get(); }
  std::uint64_t rejected() const { return rejected_.Get(); }
  std::uint64_t failed() const { return failed_.Get(); }
  // Of all calls, those included that the last one that was timed stands for.
  std::uint64_t ticks() const;
  // Calls that were not timed yet and have nobody that stands for them: they are taken for as long as the last one.
  std::uint64_t waiting() const {
    const std::uint64_t covered = covered_.Get();
    const std::uint64_t calls = calls_.Get();
    return calls > covered ? calls - covered : 0;
  }
  std::uint64_t last_ticks() const { return last_ticks_.Get(); }
  // Null if nothing was noted yet.
  const TickHistogram* histogram() const { return histogram_.load(std::memory_order_acquire); }

 private:
  TickHistogram& Histogram();
  std::uint64_t RandomGap();

  Counter calls_;
  std::uint64_t untimed_until_ = 0;  // calls up to this one are not timed
  Counter ticks_;
  Counter covered_;  // calls whose time is in ticks_
  Counter last_ticks_;
  std::uint64_t last_start_ = 0;
  std::uint64_t weight_ = 1;
  Counter rejected_;
  Counter failed_;
  std::atomic<TickHistogram*> histogram_{nullptr};
  std::uint32_t random_ = 1;
  bool is_even_ = true;
};

// The CallStats of every command, by ResolvedCommand::number.
class CallTable {
 public:
  // Once, before anybody reads. Commands whose time is not even are timed always.
  void Make(const Registry& registry);

  CallStats& operator[](std::uint32_t number) { return all_[number]; }
  const CallStats& operator[](std::uint32_t number) const { return all_[number]; }
  std::size_t size() const { return size_; }

 private:
  std::unique_ptr<CallStats[]> all_;
  std::size_t size_ = 0;
};

}  // namespace zedis::engine

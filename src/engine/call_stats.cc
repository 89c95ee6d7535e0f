#include "engine/call_stats.h"

#include <algorithm>

#include "engine/registry.h"

namespace zedis::engine {

void CallStats::Record(std::uint64_t start, std::uint64_t ticks, bool with_histogram) {
  const std::uint64_t calls = calls_.Get();
  if (calls <= untimed_until_) {
    // It was not this one's turn: somebody asked for its time.
    weight_ = 1;
    ticks_ += ticks;
    ++covered_;
    if (with_histogram) Histogram().Add(ticks, 1);
    return;
  }
  const std::uint64_t waiting = calls - covered_.Get() - 1;  // not timed since the last that was
  weight_ = waiting + 1;
  ticks_ += ticks + waiting * last_ticks_.Get();
  covered_ += waiting + 1;
  if (with_histogram) {
    TickHistogram& histogram = Histogram();
    histogram.Add(ticks, 1);
    if (waiting != 0) histogram.Add(last_ticks_.Get(), waiting);
  }
  const std::uint64_t apart = start > last_start_ ? start - last_start_ : 0;
  const bool is_dense = is_even_ && ticks < kDenseTicks && apart < kDenseTicks * (waiting + 1);
  last_start_ = start;
  last_ticks_.Reset();
  last_ticks_ += ticks;
  untimed_until_ = calls + (is_dense ? RandomGap() : 0);
}

std::uint64_t CallStats::ticks() const { return ticks_.Get() + waiting() * last_ticks_.Get(); }

TickHistogram& CallStats::Histogram() {
  TickHistogram* histogram = histogram_.load(std::memory_order_relaxed);
  if (histogram == nullptr) {
    histogram = new TickHistogram;
    histogram_.store(histogram, std::memory_order_release);
  }
  return *histogram;
}

// Uniform from 0 to twice the mean. A fixed gap would miss what a client does in step with it.
std::uint64_t CallStats::RandomGap() {
  random_ = random_ * 1664525 + 1013904223;
  return (random_ >> 8) % (2 * kMeanGap - 1);
}

void CallTable::Make(const Registry& registry) {
  size_ = registry.count();
  all_ = std::make_unique<CallStats[]>(size_);
  const auto note = [&](const ResolvedCommand& command) {
    const bool is_even = (command.row->flags & kFast) != 0 || command.row->complexity.starts_with("O(1)");
    if (!is_even) all_[command.number].TimeAlways();
  };
  for (const ResolvedCommand& command : registry.commands()) {
    note(command);
    std::ranges::for_each(command.subcommands, note);
  }
}

}  // namespace zedis::engine

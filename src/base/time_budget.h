// How long periodic work may go on. Reading the clock costs some 20 ns: ask between slices, not between elements.
#pragma once

#include <cstdint>

#include "base/ticks.h"

namespace zedis::base {

inline std::int64_t MonotonicUs() { return static_cast<std::int64_t>(MonotonicNs() / 1000); }

class TimeBudget {
 public:
  using Clock = std::int64_t (*)();  // microseconds

  explicit TimeBudget(std::int64_t budget_us, Clock clock = MonotonicUs)
      : clock_(clock), end_us_(clock() + budget_us) {}
  bool Spent() const { return clock_() >= end_us_; }

 private:
  Clock clock_;
  std::int64_t end_us_;
};

}  // namespace zedis::base

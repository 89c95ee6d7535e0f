// The cheapest clock there is, for measuring how long something took: on x86-64 the time stamp counter, which
// processors of the last fifteen years run at a constant rate, elsewhere nanoseconds of CLOCK_MONOTONIC. A tick has no
// unit until TickRate gives it one.
#pragma once

#include <time.h>

#include <cstdint>

namespace zedis::base {

inline std::uint64_t MonotonicNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

#if defined(__x86_64__)
inline std::uint64_t ReadTicks() { return __builtin_ia32_rdtsc(); }
#else
inline std::uint64_t ReadTicks() { return MonotonicNs(); }
#endif

// From a reading on to now. Counters of two cores may differ by a little: never negative.
inline std::uint64_t TicksSince(std::uint64_t start) {
  const std::uint64_t now = ReadTicks();
  return now > start ? now - start : 0;
}

// How long a tick is. Made once at start; it takes two milliseconds to find out.
class TickRate {
 public:
  TickRate();
  double ns_per_tick() const { return ns_per_tick_; }
  std::uint64_t Us(std::uint64_t ticks) const {
    return static_cast<std::uint64_t>(static_cast<double>(ticks) * ns_per_tick_ / 1000);
  }

 private:
  double ns_per_tick_;
};

}  // namespace zedis::base

#include "base/ticks.h"

namespace zedis::base {
namespace {

constexpr std::uint64_t kMeasuredNs = 2'000'000;
constexpr int kReadings = 16;

struct Moment {
  std::uint64_t ticks;
  std::uint64_t ns;
};

// Both clocks at one moment: of several readings the one that was interrupted least.
Moment Now() {
  Moment best{};
  std::uint64_t best_width = UINT64_MAX;
  for (int i = 0; i < kReadings; ++i) {
    const std::uint64_t before = ReadTicks();
    const std::uint64_t ns = MonotonicNs();
    const std::uint64_t width = TicksSince(before);
    if (width >= best_width) continue;
    best_width = width;
    best = {before + width / 2, ns};
  }
  return best;
}

}  // namespace

TickRate::TickRate() {
  const Moment start = Now();
  while (MonotonicNs() - start.ns < kMeasuredNs) {
  }
  const Moment end = Now();
  const std::uint64_t ticks = end.ticks > start.ticks ? end.ticks - start.ticks : 1;
  ns_per_tick_ = static_cast<double>(end.ns - start.ns) / static_cast<double>(ticks);
}

}  // namespace zedis::base

#include "store/access.h"

#include <algorithm>

namespace zedis::store {
namespace {

constexpr std::uint32_t kInitialCounter = 5;
constexpr std::uint32_t kCounterMax = 255;

std::uint32_t Minutes(std::int64_t now_ms) { return static_cast<std::uint32_t>(now_ms / 60'000) & 0xffff; }

}  // namespace

bool PolicyCountsAccesses(const base::Tunables& tunables) {
  const auto policy = static_cast<base::MaxmemoryPolicy>(tunables.maxmemory_policy.Get());
  return policy == base::MaxmemoryPolicy::kAllkeysLfu || policy == base::MaxmemoryPolicy::kVolatileLfu;
}

std::uint32_t AccessClock(std::int64_t now_ms, const base::Tunables& tunables) {
  if (PolicyCountsAccesses(tunables)) return kFrequencyClock | Minutes(now_ms) << 8 | kInitialCounter;
  return static_cast<std::uint32_t>(now_ms / 1000) & kAccessMask;
}

std::uint32_t AccessAfterIdle(std::int64_t idle_s, std::int64_t now_ms) {
  // As in Redis: from before the clock began to count anew, it counts as half a turn.
  const std::int64_t clock_s = now_ms / 1000 & kAccessMask;
  const std::int64_t access_s = idle_s <= clock_s ? clock_s - idle_s : clock_s + kAccessMask / 2;
  return static_cast<std::uint32_t>(access_s) & kAccessMask;
}

std::uint32_t AccessWithFrequency(std::uint32_t counter, std::int64_t now_ms) {
  return Minutes(now_ms) << 8 | std::min(counter, kCounterMax);
}

std::int64_t IdleSeconds(std::uint32_t access, std::int64_t now_ms) {
  return (static_cast<std::uint32_t>(now_ms / 1000) - access) & kAccessMask;
}

std::uint32_t AccessFrequency(std::uint32_t access, std::int64_t now_ms, const base::Tunables& tunables) {
  const std::uint32_t counter = access & 0xff;
  const std::int64_t decay_min = tunables.lfu_decay_time_min.Get();
  if (decay_min <= 0) return counter;
  const std::int64_t lost = ((Minutes(now_ms) - (access >> 8)) & 0xffff) / decay_min;
  return lost >= counter ? 0 : counter - static_cast<std::uint32_t>(lost);
}

std::uint32_t AfterAccess(std::uint32_t access, std::int64_t now_ms, const base::Tunables& tunables,
                          std::uint64_t random) {
  std::uint32_t counter = AccessFrequency(access, now_ms, tunables);
  if (counter < kCounterMax) {
    // One access in (counter - initial) * factor + 1 counts.
    const std::uint64_t above = counter > kInitialCounter ? counter - kInitialCounter : 0;
    const std::uint64_t one_in = above * static_cast<std::uint64_t>(tunables.lfu_log_factor.Get()) + 1;
    if (random % one_in == 0) ++counter;
  }
  return Minutes(now_ms) << 8 | counter;
}

}  // namespace zedis::store

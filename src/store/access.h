// What the 24 bits of an entry's access field mean, and the clock that writes them.
//
//   LRU policies    seconds, modulo 2^24 (194 days)
//   LFU policies    minutes, modulo 2^16  |  logarithmic counter, 8 bits
//
// The counter is Redis's: it begins at 5, an access raises it with a probability that falls as it grows, and it loses
// one for every `lfu-decay-time` minutes without an access.
#pragma once

#include <cstdint>

#include "base/tunables.h"

namespace zedis::store {

// What an access writes. Under an LFU policy it is what a new entry begins with, and beyond 24 bits, so that no
// entry's field ever equals it: one comparison tells a reader that there is something to write, whatever the policy.
inline constexpr std::uint32_t kFrequencyClock = 1u << 24;
inline constexpr std::uint32_t kAccessMask = kFrequencyClock - 1;

bool PolicyCountsAccesses(const base::Tunables& tunables);
std::uint32_t AccessClock(std::int64_t now_ms, const base::Tunables& tunables);

// The field of an entry that was last used so long ago (LRU), or whose counter has this value (LFU).
std::uint32_t AccessAfterIdle(std::int64_t idle_s, std::int64_t now_ms);
std::uint32_t AccessWithFrequency(std::uint32_t counter, std::int64_t now_ms);

// LRU: seconds since the last access, whatever the policy is now.
std::int64_t IdleSeconds(std::uint32_t access, std::int64_t now_ms);

// LFU: the counter now, and the field after one more access.
std::uint32_t AccessFrequency(std::uint32_t access, std::int64_t now_ms, const base::Tunables& tunables);
std::uint32_t AfterAccess(std::uint32_t access, std::int64_t now_ms, const base::Tunables& tunables,
                          std::uint64_t random);

}  // namespace zedis::store

// The hash of keys and members: XXH3 with a seed drawn at start, so that nobody outside can prepare keys that
// collide.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace zedis::base {

inline std::uint64_t HashBytes(std::string_view bytes, std::uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace zedis::base

// The hash of keys and members, with a seed drawn at start, so that nobody outside can prepare keys that collide.
//
// Up to 16 bytes, which is most keys: the bytes as two words, each mixed with a secret, multiplied to 128 bits and
// folded, twice (the construction of wyhash and its kin). A dozen instructions where XXH3 takes some forty. Longer:
// XXH3 itself.
#pragma once

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace zedis::base {
namespace internal {

inline std::uint64_t FoldedProduct(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

template <class Word>
std::uint64_t LoadWord(const char* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

}  // namespace internal

[[gnu::always_inline]] inline std::uint64_t HashBytes(std::string_view bytes, std::uint64_t seed) {
  const char* const data = bytes.data();
  const std::size_t size = bytes.size();
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (size > 16) [[unlikely]] {
    return XXH3_64bits_withSeed(data, size, seed);
  } else if (size >= 8) {
    first = internal::LoadWord<std::uint64_t>(data);
    last = internal::LoadWord<std::uint64_t>(data + size - 8);
  } else if (size >= 4) {
    first = internal::LoadWord<std::uint32_t>(data);
    last = internal::LoadWord<std::uint32_t>(data + size - 4);
  } else if (size != 0) {
    first = static_cast<unsigned char>(data[0]) | std::uint64_t{static_cast<unsigned char>(data[size / 2])} << 8;
    last = static_cast<unsigned char>(data[size - 1]);
  }
  // Odd constants without a pattern, from the digits of pi.
  constexpr std::uint64_t kFirst = 0x243f6a8885a308d3;
  constexpr std::uint64_t kLast = 0x13198a2e03707345;
  constexpr std::uint64_t kEnd = 0xa4093822299f31d1;
  const std::uint64_t mixed = internal::FoldedProduct(first ^ seed ^ kFirst, last ^ std::rotl(seed, 32) ^ kLast);
  // The size goes in here: beside the last bytes they could make up for it, whatever the seed ("k6" and "k69").
  return internal::FoldedProduct(mixed ^ seed, kEnd ^ size);
}

}  // namespace zedis::base

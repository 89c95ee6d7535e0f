// Integers of 1 to 64 bits inside a bitmap: BITFIELD's types, and what happens when a number does not fit.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace zedis::types {

enum class OverflowMode : std::uint8_t { kWrap, kSaturate, kFail };

struct BitFieldType {
  bool is_signed = false;
  std::uint8_t bits = 0;  // unsigned 1 to 63, signed 1 to 64

  // "u8", "i64"; nothing for what is no type.
  static std::optional<BitFieldType> Parse(std::string_view text);

  // A field's bits, as GetBits reads them, as the number they stand for.
  std::int64_t FromBits(std::uint64_t bits_read) const;

  // `base` + `delta` as a number of this type, by the mode; nothing if it does not fit and the mode is kFail. A
  // negative number does not fit an unsigned type, and saturates to the greatest when it is set (`delta` 0), to zero
  // when it results from a decrement, as in Redis.
  std::optional<std::int64_t> Fit(std::int64_t base, std::int64_t delta, OverflowMode mode) const;
};

}  // namespace zedis::types

// Numbers as text: the strict forms that decide whether a client's bytes are a number, and the exact bytes
// that replies print. Nothing here allocates or depends on the locale ("C" is assumed, as the server sets no other).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace zedis::base {

inline constexpr std::size_t kInt64CharsMax = 20;  // "-9223372036854775808", "18446744073709551615"
inline constexpr std::size_t kDoubleCharsMax = 25;
inline constexpr std::size_t kLongDoubleCharsMax = 5 * 1024;

// Canonical decimal only: what FormatInt64 would print. "", "+1", "-0", "007", " 1" and overflow are no numbers,
// so a value that parses may be stored as an integer and comes back as it went in.
[[nodiscard]] std::optional<std::int64_t> ParseInt64(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> ParseUint64(std::string_view text);

// What strtod accepts (hexadecimal and "infinity" too) but without space around it, without NaN, and neither
// overflowing nor underflowing to zero: "1e400" and "1e-400" are no numbers.
[[nodiscard]] std::optional<double> ParseDouble(std::string_view text);
// The same for long double, the type of INCRBYFLOAT.
[[nodiscard]] std::optional<long double> ParseLongDouble(std::string_view text);

// Number of decimal digits; 1 for zero.
[[nodiscard]] int DigitCount(std::uint64_t value);

// These write at `out`, which has room for the constant of that type above, and return the end. No zero byte follows.
char* FormatUint64(char* out, std::uint64_t value);
char* FormatInt64(char* out, std::int64_t value);
// 17 significant digits, as redis-server 7.0 replies: 3.1 is "3.1000000000000001". "inf", "-inf", "nan".
char* FormatDouble(char* out, double value);
// The shortest text that parses back to the same double, as servers since 7.2 reply: 3.1 is "3.1".
char* FormatDoubleShortest(char* out, double value);
// At most 17 digits after the point, trailing zeros removed, never an exponent: the text that INCRBYFLOAT stores.
char* FormatLongDoubleHuman(char* out, long double value);

namespace internal {

inline constexpr std::uint64_t kPowersOfTen[20] = {0ULL,
                                                   10ULL,
                                                   100ULL,
                                                   1000ULL,
                                                   10000ULL,
                                                   100000ULL,
                                                   1000000ULL,
                                                   10000000ULL,
                                                   100000000ULL,
                                                   1000000000ULL,
                                                   10000000000ULL,
                                                   100000000000ULL,
                                                   1000000000000ULL,
                                                   10000000000000ULL,
                                                   100000000000000ULL,
                                                   1000000000000000ULL,
                                                   10000000000000000ULL,
                                                   100000000000000000ULL,
                                                   1000000000000000000ULL,
                                                   10000000000000000000ULL};

struct DigitPairs {
  char text[200];
};
inline constexpr DigitPairs kDigitPairs = [] {
  DigitPairs pairs{};
  for (int i = 0; i < 100; ++i) {
    pairs.text[2 * i] = static_cast<char>('0' + i / 10);
    pairs.text[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

}  // namespace internal

inline int DigitCount(std::uint64_t value) {
  // log10(2) is about 1233 / 4096: an estimate from the bit width, one too high at most.
  const int estimate = (static_cast<int>(std::bit_width(value | 1)) * 1233) >> 12;
  return estimate + 1 - (value < internal::kPowersOfTen[estimate] ? 1 : 0);
}

inline char* FormatUint64(char* out, std::uint64_t value) {
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
  char* const end = out + DigitCount(value);
  char* position = end;
  while (value >= 100) {
    position -= 2;
    std::memcpy(position, &internal::kDigitPairs.text[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(position - 2, &internal::kDigitPairs.text[2 * value], 2);
  } else {
    position[-1] = static_cast<char>('0' + value);
  }
  return end;
}

inline char* FormatInt64(char* out, std::int64_t value) {
  std::uint64_t magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return FormatUint64(out, magnitude);
}

}  // namespace zedis::base

#include "base/numbers.h"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>

namespace zedis::base {
namespace {

constexpr std::size_t kUint64DigitsMax = 20;

// Digits without sign or leading zero ("0" itself is handled by the callers).
std::optional<std::uint64_t> ParseDigits(const char* text, std::size_t size) {
  if (size > kUint64DigitsMax) return std::nullopt;
  const std::size_t safe_size = size < kUint64DigitsMax ? size : kUint64DigitsMax - 1;  // 19 digits cannot overflow
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < safe_size; ++i) {
    const unsigned digit = static_cast<unsigned char>(text[i]) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    value = value * 10 + digit;
  }
  if (safe_size < size) {
    const unsigned digit = static_cast<unsigned char>(text[safe_size]) - unsigned{'0'};
    if (digit > 9) return std::nullopt;
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, std::uint64_t{digit}, &value)) {
      return std::nullopt;
    }
  }
  return value;
}

// A zero-terminated copy for the C library, on the stack unless the text is very long.
class TerminatedCopy {
 public:
  explicit TerminatedCopy(std::string_view text) {
    if (text.size() < sizeof(short_)) {
      std::memcpy(short_, text.data(), text.size());
      short_[text.size()] = '\0';
      text_ = short_;
    } else {
      long_ = text;
      text_ = long_.c_str();
    }
  }
  TerminatedCopy(const TerminatedCopy&) = delete;
  TerminatedCopy& operator=(const TerminatedCopy&) = delete;

  const char* Text() const { return text_; }

 private:
  char short_[256];
  std::string long_;
  const char* text_;
};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

template <typename Float>
std::optional<Float> ParseWithLibrary(std::string_view text, Float (*parse)(const char*, char**)) {
  if (text.empty() || IsSpace(text[0])) return std::nullopt;
  const TerminatedCopy copy(text);
  char* end = nullptr;
  errno = 0;
  const Float value = parse(copy.Text(), &end);
  if (end != copy.Text() + text.size() || std::isnan(value)) return std::nullopt;
  // A subnormal result also sets ERANGE, but it is a number.
  if (errno == ERANGE && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}

}  // namespace

std::optional<std::uint64_t> ParseUint64(std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text[0] == '0') return text.size() == 1 ? std::optional<std::uint64_t>(0) : std::nullopt;
  return ParseDigits(text.data(), text.size());
}

std::optional<std::int64_t> ParseInt64(std::string_view text) {
  constexpr std::uint64_t kLargest = std::numeric_limits<std::int64_t>::max();
  if (text.empty() || text.size() > kInt64CharsMax) return std::nullopt;
  if (text[0] != '-') {
    if (text[0] == '0') return text.size() == 1 ? std::optional<std::int64_t>(0) : std::nullopt;
    const std::optional<std::uint64_t> magnitude = ParseDigits(text.data(), text.size());
    if (!magnitude || *magnitude > kLargest) return std::nullopt;
    return static_cast<std::int64_t>(*magnitude);
  }
  if (text.size() == 1 || text[1] == '0') return std::nullopt;
  const std::optional<std::uint64_t> magnitude = ParseDigits(text.data() + 1, text.size() - 1);
  if (!magnitude || *magnitude > kLargest + 1) return std::nullopt;
  return static_cast<std::int64_t>(0 - *magnitude);
}

std::optional<double> ParseDouble(std::string_view text) {
  double value = 0;
  const char* const end = text.data() + text.size();
  const std::from_chars_result result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc{} && result.ptr == end && std::isnormal(value)) return value;
  // Zero, infinity, a plus sign, hexadecimal, subnormals and all errors: rare, so the library's own rules decide.
  return ParseWithLibrary<double>(text, &std::strtod);
}

std::optional<long double> ParseLongDouble(std::string_view text) {
  if (text.size() >= kLongDoubleCharsMax) return std::nullopt;
  return ParseWithLibrary<long double>(text, &std::strtold);
}

char* FormatDouble(char* out, double value) {
  // Whole numbers are the common scores, and an integer prints ten times faster than snprintf does.
  constexpr double kWholeLimit = 9007199254740992.0;  // 2^53
  if (value > -kWholeLimit && value < kWholeLimit) {
    const auto whole = static_cast<std::int64_t>(value);
    if (static_cast<double>(whole) == value && (whole != 0 || !std::signbit(value))) return FormatInt64(out, whole);
  }
  if (std::isnan(value)) {
    std::memcpy(out, "nan", 3);  // never "-nan", whatever the sign bit says
    return out + 3;
  }
  // What printf makes of "%.17g", three times as fast.
  return std::to_chars(out, out + kDoubleCharsMax, value, std::chars_format::general, 17).ptr;
}

char* FormatDoubleShortest(char* out, double value) {
  if (std::isnan(value)) return FormatDouble(out, value);
  return std::to_chars(out, out + kDoubleCharsMax, value).ptr;
}

char* FormatLongDoubleHuman(char* out, long double value) {
  if (std::isinf(value)) {
    const std::string_view text = value > 0 ? "inf" : "-inf";
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  }
  char text[kLongDoubleCharsMax];
  int size = std::snprintf(text, sizeof(text), "%.17Lf", value);
  if (std::memchr(text, '.', static_cast<std::size_t>(size)) != nullptr) {
    while (text[size - 1] == '0') --size;
    if (text[size - 1] == '.') --size;
  }
  if (size == 2 && text[0] == '-' && text[1] == '0') {
    text[0] = '0';
    size = 1;
  }
  std::memcpy(out, text, static_cast<std::size_t>(size));
  return out + size;
}

}  // namespace zedis::base

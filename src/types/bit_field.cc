#include "types/bit_field.h"

#include "base/numbers.h"

namespace zedis::types {
namespace {

__extension__ using Wide = __int128;  // holds every sum of two numbers of 64 bits

}  // namespace

std::optional<BitFieldType> BitFieldType::Parse(std::string_view text) {
  if (text.empty() || (text[0] != 'i' && text[0] != 'u')) return std::nullopt;
  const bool is_signed = text[0] == 'i';
  const auto bits = base::ParseInt64(text.substr(1));
  if (!bits || *bits < 1 || *bits > (is_signed ? 64 : 63)) return std::nullopt;
  return BitFieldType{is_signed, static_cast<std::uint8_t>(*bits)};
}

std::int64_t BitFieldType::FromBits(std::uint64_t bits_read) const {
  if (!is_signed || bits == 64) return static_cast<std::int64_t>(bits_read);
  const int unused = 64 - bits;
  return static_cast<std::int64_t>(bits_read << unused) >> unused;
}

std::optional<std::int64_t> BitFieldType::Fit(std::int64_t base, std::int64_t delta, OverflowMode mode) const {
  const Wide greatest = (Wide{1} << (is_signed ? bits - 1 : bits)) - 1;
  const Wide least = is_signed ? -greatest - 1 : 0;
  // Redis takes a number that is set as unsigned before it looks whether it fits.
  const Wide start = is_signed ? Wide{base} : Wide{static_cast<std::uint64_t>(base)};
  const Wide sum = start + delta;
  // The distance to the greatest number wraps in Redis: what lies further below than 2^63 - 1 counts as above, so that
  // setting it saturates to the greatest number.
  const bool wraps_above = is_signed && bits < 64 && greatest - start > INT64_MAX;
  const bool above = start > greatest || sum > greatest || wraps_above;
  if (!above && sum >= least) return static_cast<std::int64_t>(sum);
  switch (mode) {
    case OverflowMode::kFail:
      return std::nullopt;
    case OverflowMode::kSaturate:
      return static_cast<std::int64_t>(above ? greatest : least);
    case OverflowMode::kWrap:
      break;
  }
  const auto wrapped = static_cast<std::uint64_t>(sum);
  return FromBits(bits == 64 ? wrapped : wrapped & ((std::uint64_t{1} << bits) - 1));
}

}  // namespace zedis::types

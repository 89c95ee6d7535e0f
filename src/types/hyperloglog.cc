#include "types/hyperloglog.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/check.h"
#include "types/hyperloglog_dense.h"
#include "types/hyperloglog_sparse.h"

namespace zedis::types {
namespace {

constexpr std::string_view kMagic = "HYLL";
constexpr std::size_t kEncodingAt = 4;
constexpr std::size_t kRememberedAt = 8;
constexpr int kIndexBits = 14;
constexpr int kValueBits = 64 - kIndexBits;
constexpr std::uint64_t kOutOfDate = std::uint64_t{1} << 63;

static_assert(std::endian::native == std::endian::little, "header and hash are read as little endian");

template <class Word>
Word Load(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Appleby's MurmurHash64A, with the seed that Redis gives it: another hash would make other registers.
std::uint64_t HashElement(std::string_view element) {
  constexpr std::uint64_t kSeed = 0xadc83b19;
  constexpr std::uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  std::uint64_t hash = kSeed ^ (element.size() * kFactor);
  const char* at = element.data();
  std::size_t left = element.size();
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = Load<std::uint64_t>(at) * kFactor;
    word ^= word >> kShift;
    hash = (hash ^ word * kFactor) * kFactor;
  }
  if (left > 0) {
    std::uint64_t word = 0;
    for (std::size_t i = left; i-- > 0;) word = word << 8 | static_cast<std::uint8_t>(at[i]);
    hash = (hash ^ word) * kFactor;
  }
  hash = (hash ^ hash >> kShift) * kFactor;
  return hash ^ hash >> kShift;
}

// Ertl's sigma: what registers that are still zero add. Sums a power series until it does not change any more.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double factor = 1;
  double sum = x;
  for (double previous = -1; sum != previous;) {
    x *= x;
    previous = sum;
    sum += x * factor;
    factor += factor;
  }
  return sum;
}

// Ertl's tau: what registers that can rise no more add.
double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double factor = 1;
  double sum = 1 - x;
  for (double previous = -1; sum != previous;) {
    x = std::sqrt(x);
    previous = sum;
    factor *= 0.5;
    sum -= (1 - x) * (1 - x) * factor;
  }
  return sum / 3;
}

}  // namespace

HllPlace HllPlaceOf(std::string_view element) {
  const std::uint64_t hash = HashElement(element);
  const std::uint64_t rest = hash >> kIndexBits | std::uint64_t{1} << kValueBits;
  return {static_cast<std::uint32_t>(hash & (kHllRegisters - 1)),
          static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

bool IsHyperLogLog(std::string_view bytes) {
  if (bytes.size() < kHllHeaderBytes || !bytes.starts_with(kMagic)) return false;
  switch (static_cast<HllEncoding>(bytes[kEncodingAt])) {
    case HllEncoding::kDense:
      return bytes.size() == kHllDenseBytes;
    case HllEncoding::kSparse:
      return true;
  }
  return false;
}

HllEncoding HllEncodingOf(std::string_view bytes) { return static_cast<HllEncoding>(bytes[kEncodingAt]); }

std::optional<std::uint64_t> HllRemembered(std::string_view bytes) {
  const auto word = Load<std::uint64_t>(bytes.data() + kRememberedAt);
  if ((word & kOutOfDate) != 0) return std::nullopt;
  return word;
}

void HllRemember(char* bytes, std::uint64_t estimate) {
  std::memcpy(bytes + kRememberedAt, &estimate, sizeof estimate);
}

void HllForget(char* bytes) {
  char& top = bytes[kHllHeaderBytes - 1];
  top = static_cast<char>(static_cast<unsigned char>(top) | 0x80);
}

bool HllMerge(std::string_view bytes, HllRegisters& into) {
  DCHECK(IsHyperLogLog(bytes));
  const std::string_view registers = bytes.substr(kHllHeaderBytes);
  switch (HllEncodingOf(bytes)) {
    case HllEncoding::kDense:
      MergeDense(registers.data(), into);
      return true;
    case HllEncoding::kSparse:
      return ForEachHllRun(registers, [&](std::size_t first, const HllRun& run) {
        for (std::size_t i = first; i < first + run.length; ++i) into[i] = std::max(into[i], run.value);
      });
  }
  return false;
}

std::optional<std::uint64_t> HllCount(std::string_view bytes) {
  DCHECK(IsHyperLogLog(bytes));
  const std::string_view registers = bytes.substr(kHllHeaderBytes);
  if (HllEncodingOf(bytes) == HllEncoding::kDense) {
    HllRegisters unpacked;
    UnpackDense(registers.data(), unpacked);
    return HllEstimate(HllHistogramOf(unpacked));
  }
  HllHistogram histogram{};
  const bool whole =
      ForEachHllRun(registers, [&](std::size_t, const HllRun& run) { histogram[run.value] += run.length; });
  if (!whole) return std::nullopt;
  return HllEstimate(histogram);
}

HllHistogram HllHistogramOf(const HllRegisters& registers) {
  // Four histograms side by side: neighbours are often equal, and an addition would wait for the one before it.
  std::array<HllHistogram, 4> parts{};
  for (std::size_t i = 0; i < registers.size(); i += 4) {
    for (std::size_t part = 0; part < 4; ++part) ++parts[part][registers[i + part]];
  }
  for (std::size_t value = 0; value < parts[0].size(); ++value) {
    parts[0][value] += parts[1][value] + parts[2][value] + parts[3][value];
  }
  return parts[0];
}

std::uint64_t HllEstimate(const HllHistogram& histogram) {
  // Redis's constant for 1 / (2 ln 2), and its order of operations: the last digit of an estimate depends on both. The
  // sources are compiled without fused multiplication and addition, which would round once instead of twice.
  constexpr double kAlpha = 0.721347520444481703680;
  constexpr double kCount = kHllRegisters;
  double sum = kCount * Tau((kCount - histogram[kHllValueMax]) / kCount);
  for (std::size_t value = kHllValueMax - 1; value >= 1; --value) {
    sum += histogram[value];
    sum *= 0.5;
  }
  sum += kCount * Sigma(histogram[0] / kCount);
  const double estimate = std::round(kAlpha * kCount * kCount / sum);
  // All registers above kHllValueMax: Redis shows what its processor makes of infinity.
  if (!(estimate < 0x1p63)) return kOutOfDate;
  return static_cast<std::uint64_t>(estimate);
}

}  // namespace zedis::types

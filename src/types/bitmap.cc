#include "types/bitmap.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"

namespace zedis::types {
namespace {

std::uint64_t Load64(const char* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}
std::uint8_t ByteAt(const char* at) { return static_cast<std::uint8_t>(*at); }

// The bits of a byte from `first` on, and up to `last`, both counted from the left.
constexpr std::uint8_t MaskFrom(std::uint64_t first) { return static_cast<std::uint8_t>(0xff >> (first & 7)); }
constexpr std::uint8_t MaskUpTo(std::uint64_t last) { return static_cast<std::uint8_t>(0xff << (7 - (last & 7))); }

#ifdef __AVX2__
constexpr std::size_t kVectorBytes = 32;

// Four bits at a time by a table of sixteen in a register (Mula, Kurz, Lemire: Faster population counts using AVX2
// instructions, 2018): a byte's count is at most 8, so 31 rounds fit before the bytes are added up.
std::uint64_t CountVectors(const char* at, std::size_t vectors) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,  //
                                         0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low_half = _mm256_set1_epi8(0x0f);
  constexpr std::size_t kRoundsMax = 31;
  __m256i sums = _mm256_setzero_si256();
  while (vectors > 0) {
    const std::size_t rounds = std::min(vectors, kRoundsMax);
    __m256i counts = _mm256_setzero_si256();
    for (std::size_t i = 0; i < rounds; ++i, at += kVectorBytes) {
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
      const __m256i low = _mm256_and_si256(bytes, low_half);
      const __m256i high = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_half);
      counts = _mm256_add_epi8(counts, _mm256_shuffle_epi8(table, low));
      counts = _mm256_add_epi8(counts, _mm256_shuffle_epi8(table, high));
    }
    sums = _mm256_add_epi64(sums, _mm256_sad_epu8(counts, _mm256_setzero_si256()));
    vectors -= rounds;
  }
  std::uint64_t parts[4];
  std::memcpy(parts, &sums, sizeof parts);
  return parts[0] + parts[1] + parts[2] + parts[3];
}
#endif

// Goes from byte `i` on over blocks that lie before byte `end` and are all `same`.
std::size_t SkipBlocks(const char* bytes, std::size_t i, std::size_t end, std::uint64_t same) {
#ifdef __AVX2__
  const __m256i pattern = _mm256_set1_epi64x(static_cast<long long>(same));
  const auto different = [&](std::size_t at) {
    return _mm256_xor_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + at)), pattern);
  };
  for (; i + 4 * kVectorBytes <= end; i += 4 * kVectorBytes) {
    const __m256i first = _mm256_or_si256(different(i), different(i + kVectorBytes));
    const __m256i second = _mm256_or_si256(different(i + 2 * kVectorBytes), different(i + 3 * kVectorBytes));
    const __m256i any = _mm256_or_si256(first, second);
    if (_mm256_testz_si256(any, any) == 0) return i;
  }
#endif
  for (; i + 32 <= end; i += 32) {
    const char* at = bytes + i;
    if (((Load64(at) ^ same) | (Load64(at + 8) ^ same) | (Load64(at + 16) ^ same) | (Load64(at + 24) ^ same)) != 0)
      break;
  }
  return i;
}

// How much of each source is combined at a time: what stays in the first-level cache however many sources there are.
constexpr std::size_t kChunkBytes = 8192;

template <class Combine>
void CombineInto(char* out, const char* source, std::size_t size, Combine combine) {
  for (std::size_t i = 0; i < size; ++i) {
    out[i] = static_cast<char>(combine(static_cast<unsigned char>(out[i]), static_cast<unsigned char>(source[i])));
  }
}

// The part of `source` that lies in the chunk at `start`.
std::string_view PartOf(std::string_view source, std::size_t start, std::size_t size) {
  return start < source.size() ? source.substr(start, size) : std::string_view();
}

void CopyWithZeros(char* out, std::string_view part, std::size_t size) {
  if (!part.empty()) std::memcpy(out, part.data(), part.size());
  std::memset(out + part.size(), 0, size - part.size());
}

void CombineChunk(BitOperation operation, char* out, std::string_view part, std::size_t size) {
  switch (operation) {
    case BitOperation::kAnd:
      CombineInto(out, part.data(), part.size(), [](unsigned a, unsigned b) { return a & b; });
      std::memset(out + part.size(), 0, size - part.size());
      return;
    case BitOperation::kOr:
      return CombineInto(out, part.data(), part.size(), [](unsigned a, unsigned b) { return a | b; });
    case BitOperation::kXor:
      return CombineInto(out, part.data(), part.size(), [](unsigned a, unsigned b) { return a ^ b; });
    case BitOperation::kNot:
      break;
  }
}

}  // namespace

bool GetBit(std::string_view bytes, std::uint64_t offset) {
  const std::uint64_t byte = offset >> 3;
  return byte < bytes.size() && (ByteAt(bytes.data() + byte) >> (7 - (offset & 7)) & 1) != 0;
}

bool SetBit(char* bytes, std::uint64_t offset, bool bit) {
  char& byte = bytes[offset >> 3];
  const int shift = static_cast<int>(7 - (offset & 7));
  const bool old = (byte >> shift & 1) != 0;
  byte = static_cast<char>((byte & ~(1 << shift)) | (bit ? 1 << shift : 0));
  return old;
}

std::uint64_t CountOnes(std::string_view bytes) {
  const char* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t vectors = 0;
#ifdef __AVX2__
  vectors = CountVectors(at, left / kVectorBytes);
  at += left / kVectorBytes * kVectorBytes;
  left %= kVectorBytes;
#endif
  // Four sums, so that the additions do not wait for each other.
  std::uint64_t ones[4] = {};
  for (; left >= 32; at += 32, left -= 32) {
    for (int i = 0; i < 4; ++i) ones[i] += static_cast<std::uint64_t>(std::popcount(Load64(at + 8 * i)));
  }
  std::uint64_t sum = ones[0] + ones[1] + ones[2] + ones[3] + vectors;
  for (; left >= 8; at += 8, left -= 8) sum += static_cast<std::uint64_t>(std::popcount(Load64(at)));
  for (; left > 0; ++at, --left) sum += static_cast<std::uint64_t>(std::popcount(ByteAt(at)));
  return sum;
}

std::uint64_t CountOnes(std::string_view bytes, BitRange range) {
  DCHECK(range.first <= range.last && range.last >> 3 < bytes.size());
  const std::size_t first_byte = range.first >> 3;
  const std::size_t last_byte = range.last >> 3;
  std::uint64_t sum = CountOnes(bytes.substr(first_byte, last_byte - first_byte + 1));
  // What the range leaves out of its first and last byte.
  const auto before = static_cast<std::uint8_t>(ByteAt(&bytes[first_byte]) & ~MaskFrom(range.first));
  const auto after = static_cast<std::uint8_t>(ByteAt(&bytes[last_byte]) & ~MaskUpTo(range.last));
  sum -= static_cast<std::uint64_t>(std::popcount(before) + std::popcount(after));
  return sum;
}

std::optional<std::uint64_t> FindBit(std::string_view bytes, bool bit, BitRange range) {
  DCHECK(range.first <= range.last && range.last >> 3 < bytes.size());
  // Looking for a zero is looking for a one in the complement.
  const std::uint8_t flip = bit ? 0 : 0xff;
  const std::uint64_t flip64 = bit ? 0 : ~std::uint64_t{0};
  std::size_t i = range.first >> 3;
  const std::size_t last_byte = range.last >> 3;
  const auto masked = [&](std::size_t at) {
    std::uint8_t byte = ByteAt(&bytes[at]) ^ flip;
    if (at == range.first >> 3) byte &= MaskFrom(range.first);
    if (at == last_byte) byte &= MaskUpTo(range.last);
    return byte;
  };
  const auto found = [](std::size_t at, std::uint8_t byte) {
    return at * 8 + static_cast<unsigned>(std::countl_zero(byte));
  };
  if (const std::uint8_t byte = masked(i)) return found(i, byte);
  if (i++ == last_byte) return std::nullopt;
  i = SkipBlocks(bytes.data(), i, last_byte, flip64);
  while (i + 8 <= last_byte && Load64(&bytes[i]) == flip64) i += 8;
  for (; i <= last_byte; ++i) {
    if (const std::uint8_t byte = masked(i)) return found(i, byte);
  }
  return std::nullopt;
}

void CombineBits(BitOperation operation, std::span<const std::string_view> sources, char* out, std::size_t size) {
  DCHECK(!sources.empty());
  for (std::size_t start = 0; start < size; start += kChunkBytes) {
    const std::size_t chunk = std::min(kChunkBytes, size - start);
    char* const to = out + start;
    CopyWithZeros(to, PartOf(sources[0], start, chunk), chunk);
    if (operation == BitOperation::kNot) {
      for (std::size_t i = 0; i < chunk; ++i) to[i] = static_cast<char>(~to[i]);
      continue;
    }
    for (const std::string_view source : sources.subspan(1)) {
      CombineChunk(operation, to, PartOf(source, start, chunk), chunk);
    }
  }
}

std::uint64_t GetBits(std::string_view bytes, std::uint64_t offset, int width) {
  // Up to nine bytes hold the field; the accumulator drops what is left of it.
  const std::uint64_t first = offset >> 3;
  const std::uint64_t last = (offset + static_cast<std::uint64_t>(width) - 1) >> 3;
  const auto spare = static_cast<int>(7 - ((offset + static_cast<std::uint64_t>(width) - 1) & 7));
  const auto byte_or_zero = [&](std::uint64_t i) {
    return i < bytes.size() ? std::uint64_t{ByteAt(bytes.data() + i)} : 0;
  };
  std::uint64_t value = 0;
  for (std::uint64_t i = first; i < last; ++i) value = value << 8 | byte_or_zero(i);
  value = value << (8 - spare) | byte_or_zero(last) >> spare;
  return width == 64 ? value : value & ((std::uint64_t{1} << width) - 1);
}

void SetBits(char* bytes, std::uint64_t offset, int width, std::uint64_t value) {
  // From the last byte back to the first, the lowest bits first.
  std::uint64_t end = offset + static_cast<std::uint64_t>(width);  // behind the bits that are left
  while (end > offset) {
    const std::uint64_t start = std::max(offset, (end - 1) & ~std::uint64_t{7});
    const auto mask = static_cast<unsigned>(MaskFrom(start) & MaskUpTo(end - 1));
    const auto shift = static_cast<unsigned>(7 - ((end - 1) & 7));
    char& byte = bytes[start >> 3];
    byte =
        static_cast<char>((static_cast<unsigned char>(byte) & ~mask) | (static_cast<unsigned>(value << shift) & mask));
    value >>= end - start;
    end = start;
  }
}

}  // namespace zedis::types

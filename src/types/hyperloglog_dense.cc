#include "types/hyperloglog_dense.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace zedis::types {
namespace {

constexpr unsigned kMask = 0x3f;

// Where a register begins: in the lower bits of this byte, and maybe in the upper bits of the next one.
struct BitPlace {
  std::size_t byte;
  unsigned shift;
};
BitPlace PlaceOf(std::size_t index) { return {index * 6 / 8, static_cast<unsigned>(index * 6 % 8)}; }

unsigned ByteAt(const char* at) { return static_cast<unsigned char>(*at); }

// Four registers in three bytes, as one number.
unsigned LoadFour(const char* at) { return ByteAt(at) | ByteAt(at + 1) << 8 | ByteAt(at + 2) << 16; }

template <class Take>
void ForEachFour(const char* packed, Take take) {
  for (std::size_t i = 0; i < kHllRegisters; i += 4, packed += 3) {
    const unsigned four = LoadFour(packed);
    for (std::size_t part = 0; part < 4; ++part) take(i + part, static_cast<std::uint8_t>(four >> 6 * part & kMask));
  }
}

#ifdef __AVX2__

constexpr std::size_t kVectorRegisters = 32;
constexpr std::size_t kVectorBytes = 24;

// 24 bytes to 32: three bytes go to each word of four, which shifts and masks spread over its bytes. The two halves
// read 16 bytes each and use the first and the last 12 of theirs, so that neither reads beyond the 24.
__m256i UnpackVector(const char* packed) {
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(packed + 8));
  const __m256i spread = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1,  //
                                          4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1);
  const __m256i words = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
  const auto part = [&](__m256i shifted, int mask) { return _mm256_and_si256(shifted, _mm256_set1_epi32(mask)); };
  const __m256i first = part(words, 0x3f);
  const __m256i second = part(_mm256_slli_epi32(words, 2), 0x3f00);
  const __m256i third = part(_mm256_slli_epi32(words, 4), 0x3f0000);
  const __m256i fourth = part(_mm256_slli_epi32(words, 6), 0x3f000000);
  return _mm256_or_si256(_mm256_or_si256(first, second), _mm256_or_si256(third, fourth));
}

void StoreTwelve(__m128i bytes, char* at) {
  _mm_storel_epi64(reinterpret_cast<__m128i*>(at), bytes);
  const int last = _mm_extract_epi32(bytes, 2);
  std::memcpy(at + 8, &last, sizeof last);
}

// 32 bytes to 24, by two steps of multiplication and addition: pairs to 12 bits, pairs of those to 24. Each half writes
// its 12 bytes.
void PackVector(__m256i registers, char* packed) {
  const __m256i pairs = _mm256_maddubs_epi16(registers, _mm256_set1_epi16(1 | 64 << 8));
  const __m256i fours = _mm256_madd_epi16(pairs, _mm256_set1_epi32(1 | 4096 << 16));
  const __m256i together = _mm256_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1,  //
                                            0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1);
  const __m256i bytes = _mm256_shuffle_epi8(fours, together);
  StoreTwelve(_mm256_castsi256_si128(bytes), packed);
  StoreTwelve(_mm256_extracti128_si256(bytes, 1), packed + kVectorBytes / 2);
}

__m256i LoadVector(const std::uint8_t* at) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)); }
void StoreVector(std::uint8_t* at, __m256i vector) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), vector); }

static_assert(kHllRegisters % kVectorRegisters == 0);

#endif

}  // namespace

std::uint8_t DenseRegister(const char* packed, std::size_t index) {
  DCHECK(index < kHllRegisters);
  const auto [byte, shift] = PlaceOf(index);
  unsigned bits = ByteAt(packed + byte) >> shift;
  if (shift > 2) bits |= ByteAt(packed + byte + 1) << (8 - shift);
  return static_cast<std::uint8_t>(bits & kMask);
}

void SetDenseRegister(char* packed, std::size_t index, std::uint8_t value) {
  DCHECK(index < kHllRegisters && value <= kMask);
  const auto [byte, shift] = PlaceOf(index);
  const auto put = [&](std::size_t at, unsigned mask, unsigned bits) {
    packed[at] = static_cast<char>((ByteAt(packed + at) & ~mask) | (bits & 0xff));
  };
  put(byte, kMask << shift, unsigned{value} << shift);
  if (shift > 2) put(byte + 1, kMask >> (8 - shift), unsigned{value} >> (8 - shift));
}

bool RaiseDenseRegister(char* packed, HllPlace place) {
  if (DenseRegister(packed, place.index) >= place.value) return false;
  SetDenseRegister(packed, place.index, place.value);
  return true;
}

void UnpackDensePortable(const char* packed, HllRegisters& registers) {
  ForEachFour(packed, [&](std::size_t i, std::uint8_t value) { registers[i] = value; });
}

void MergeDensePortable(const char* packed, HllRegisters& into) {
  ForEachFour(packed, [&](std::size_t i, std::uint8_t value) { into[i] = std::max(into[i], value); });
}

void PackDensePortable(const HllRegisters& registers, char* packed) {
  for (std::size_t i = 0; i < kHllRegisters; i += 4, packed += 3) {
    const std::uint8_t* at = &registers[i];
    const unsigned four = at[0] | unsigned{at[1]} << 6 | unsigned{at[2]} << 12 | unsigned{at[3]} << 18;
    packed[0] = static_cast<char>(four);
    packed[1] = static_cast<char>(four >> 8);
    packed[2] = static_cast<char>(four >> 16);
  }
}

#ifdef __AVX2__

bool HllUsesVectors() { return true; }

void UnpackDense(const char* packed, HllRegisters& registers) {
  for (std::size_t i = 0; i < kHllRegisters; i += kVectorRegisters, packed += kVectorBytes) {
    StoreVector(&registers[i], UnpackVector(packed));
  }
}

void MergeDense(const char* packed, HllRegisters& into) {
  for (std::size_t i = 0; i < kHllRegisters; i += kVectorRegisters, packed += kVectorBytes) {
    StoreVector(&into[i], _mm256_max_epu8(LoadVector(&into[i]), UnpackVector(packed)));
  }
}

void PackDense(const HllRegisters& registers, char* packed) {
  for (std::size_t i = 0; i < kHllRegisters; i += kVectorRegisters, packed += kVectorBytes) {
    PackVector(LoadVector(&registers[i]), packed);
  }
}

#else

bool HllUsesVectors() { return false; }
void UnpackDense(const char* packed, HllRegisters& registers) { UnpackDensePortable(packed, registers); }
void MergeDense(const char* packed, HllRegisters& into) { MergeDensePortable(packed, into); }
void PackDense(const HllRegisters& registers, char* packed) { PackDensePortable(registers, packed); }

#endif

}  // namespace zedis::types

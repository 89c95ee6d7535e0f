// HyperLogLog: how many different elements there were, to 0.81 %, in at most 12 KiB however many they are.
//
// A hash gives each element one of 2^14 registers, by 14 of its bits, and a value, the position of the first one among
// the other 50. A register keeps the greatest value it has seen; that does not depend on the order or on repetitions,
// and the registers of a union are the greater of each (Flajolet, Fusy, Gandouet, Meunier: HyperLogLog: the analysis of
// a near-optimal cardinality estimation algorithm, 2007). From how many registers hold each value follows the estimate
// (Ertl: New cardinality estimation algorithms for HyperLogLog sketches, arXiv:1702.01284, 2017, algorithm 6).
//
// The values are strings and their bytes are Redis's, since clients may carry them from one server to another:
//
//   "HYLL" | encoding 1 | zeros 3 | the last estimate 8, little endian, top bit set if it is out of date | registers
//
//   dense    16384 times 6 bits, the lowest of each byte first: 12288 bytes, see hyperloglog_dense.h
//   sparse   runs of equal registers, a byte or two each, see hyperloglog_sparse.h. While few elements are there, most
//            registers are zero; past `hll-sparse-max-bytes` a value becomes dense for good
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace zedis::types {

inline constexpr std::size_t kHllRegisters = std::size_t{1} << 14;
inline constexpr std::size_t kHllHeaderBytes = 16;
inline constexpr std::size_t kHllDenseBytes = kHllHeaderBytes + kHllRegisters * 6 / 8;
// A sparse value that is longer is corrupted: no more bytes than two for each register.
inline constexpr std::size_t kHllSparseBytesMax = kHllHeaderBytes + kHllRegisters * 2;
inline constexpr int kHllValueMax = 51;  // of the hash: 50 zeros and a one

// One byte for each register: what merging works on.
using HllRegisters = std::array<std::uint8_t, kHllRegisters>;
// How many registers hold each value. Values above kHllValueMax exist only in bytes that a client made up.
using HllHistogram = std::array<std::uint32_t, 64>;

enum class HllEncoding : std::uint8_t { kDense = 0, kSparse = 1 };

// The register of an element, and the value that it must hold at least.
struct HllPlace {
  std::uint32_t index = 0;
  std::uint8_t value = 1;
};
HllPlace HllPlaceOf(std::string_view element);

// Whether these bytes are one, as far as the header and the size say. That the runs of a sparse one add up is found out
// by who reads them.
bool IsHyperLogLog(std::string_view bytes);

// The functions below REQUIRE IsHyperLogLog(bytes).

HllEncoding HllEncodingOf(std::string_view bytes);

// The estimate that the header remembers, unless it is out of date.
std::optional<std::uint64_t> HllRemembered(std::string_view bytes);
void HllRemember(char* bytes, std::uint64_t estimate);
void HllForget(char* bytes);

// Raises registers to what the value holds. False if it is corrupted; some registers may be raised then.
bool HllMerge(std::string_view bytes, HllRegisters& into);

// The estimate from the registers, whatever the header remembers; nothing if the value is corrupted.
std::optional<std::uint64_t> HllCount(std::string_view bytes);
std::uint64_t HllEstimate(const HllHistogram& histogram);
HllHistogram HllHistogramOf(const HllRegisters& registers);

}  // namespace zedis::types

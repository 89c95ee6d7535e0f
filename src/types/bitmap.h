// Bitmaps: strings of bytes seen as bits. Bit 0 is the most significant bit of byte 0, as Redis counts them, so that
// the bits of a string read from left to right. Nothing here reads or writes beyond the bytes it is given; bits beyond
// them count as zero where the comment says so.
//
// Counting and finding use AVX2 where the target has it (1.4 and 2 times as fast as words of 64 bits,
// bitmap_bench.cc); combining is a plain loop that the compiler turns into vectors. The ends are done by bytes and
// masks.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace zedis::types {

// False beyond the end.
bool GetBit(std::string_view bytes, std::uint64_t offset);
// Returns the bit's old value. REQUIRES: the bit is within the bytes.
bool SetBit(char* bytes, std::uint64_t offset, bool bit);

// A range of bits, both ends included. REQUIRES: first <= last.
struct BitRange {
  std::uint64_t first;
  std::uint64_t last;
};

// How many bits are one. O(bytes / 32).
std::uint64_t CountOnes(std::string_view bytes);
// The same within a range. REQUIRES: the range is within the bytes.
std::uint64_t CountOnes(std::string_view bytes, BitRange range);

// The first bit of this value within a range. REQUIRES: the range is within the bytes.
std::optional<std::uint64_t> FindBit(std::string_view bytes, bool bit, BitRange range);

enum class BitOperation : std::uint8_t { kAnd, kOr, kXor, kNot };

// Writes `size` bytes to `out`: the sources combined, shorter ones continued with zeros. kNot takes one source. `out`
// must not overlap a source. REQUIRES: at least one source.
void CombineBits(BitOperation operation, std::span<const std::string_view> sources, char* out, std::size_t size);

// `width` bits (1 to 64) from `offset` on as an unsigned number, the first bit the most significant. Bits beyond the
// end are zero.
std::uint64_t GetBits(std::string_view bytes, std::uint64_t offset, int width);
// Overwrites them with the lowest `width` bits of `value`. REQUIRES: they are within the bytes.
void SetBits(char* bytes, std::uint64_t offset, int width, std::uint64_t value);

}  // namespace zedis::types

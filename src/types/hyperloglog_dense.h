// The dense registers of a HyperLogLog: 6 bits each, the lowest bits of a byte first, so that four fill three bytes:
//
//   byte   0         1         2
//   bits   11000000  22221111  33333322     (the highest bit left, the number is the register's)
//
// One register is read and written in place. What needs them all unpacks them to a byte each first: 32 at a time with
// AVX2, four at a time without. `packed` is kHllRegisters * 6 / 8 bytes; nothing beyond them is read or written.
#pragma once

#include <cstddef>

#include "types/hyperloglog.h"

namespace zedis::types {

inline constexpr std::size_t kHllPackedBytes = kHllDenseBytes - kHllHeaderBytes;

std::uint8_t DenseRegister(const char* packed, std::size_t index);
void SetDenseRegister(char* packed, std::size_t index, std::uint8_t value);
// True if the register was below.
bool RaiseDenseRegister(char* packed, HllPlace place);

void UnpackDense(const char* packed, HllRegisters& registers);
void PackDense(const HllRegisters& registers, char* packed);
// Raises registers to those that are packed.
void MergeDense(const char* packed, HllRegisters& into);

// The same without vector instructions, so that both can be tested wherever this is built.
void UnpackDensePortable(const char* packed, HllRegisters& registers);
void PackDensePortable(const HllRegisters& registers, char* packed);
void MergeDensePortable(const char* packed, HllRegisters& into);

// Whether the first three use vector instructions.
bool HllUsesVectors();

}  // namespace zedis::types

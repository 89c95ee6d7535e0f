// The sparse registers of a HyperLogLog: runs of equal registers, together 16384 of them.
//
//   00nnnnnn             n + 1 registers of zero, up to 64
//   01nnnnnn nnnnnnnn    n + 1 registers of zero, up to 16384, the higher bits first
//   1vvvvvnn             n + 1 registers of v + 1, up to 4 of up to 32
//
// A new one is a single run of 16384 zeros, two bytes. Which runs a sequence of PFADDs leads to is part of the format
// here: GET must show the bytes that Redis would have, so runs are split and joined exactly where it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "types/hyperloglog.h"

namespace zedis::types {

struct HllRun {
  std::uint32_t length = 0;  // registers
  std::uint8_t value = 0;
  std::uint8_t bytes = 0;  // that the run takes; 0: they are cut off
};

// REQUIRES: `bytes` is not empty.
inline HllRun ReadHllRun(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes[0]);
  if (first >= 0x80) {
    return {.length = (first & 3u) + 1, .value = static_cast<std::uint8_t>((first >> 2 & 31) + 1), .bytes = 1};
  }
  if (first < 0x40) return {.length = first + 1u, .value = 0, .bytes = 1};
  if (bytes.size() < 2) return {};
  return {.length = ((first & 0x3fu) << 8 | static_cast<std::uint8_t>(bytes[1])) + 1, .value = 0, .bytes = 2};
}

// Calls take(index of its first register, run) for each run that lies within the registers. False if the runs are not
// exactly all registers.
template <class Take>
bool ForEachHllRun(std::string_view runs, Take take) {
  std::size_t first = 0;
  while (!runs.empty()) {
    const HllRun run = ReadHllRun(runs);
    if (run.bytes == 0 || run.length > kHllRegisters - first) return false;
    take(first, run);
    first += run.length;
    runs.remove_prefix(run.bytes);
  }
  return first == kHllRegisters;
}

// The bytes of a sparse HyperLogLog without elements.
std::string EmptyHyperLogLog();

// Edits a value that begins sparse. Raising a register costs O(bytes), but O(1) for ascending indexes.
class HllEditor {
 public:
  enum class Change : std::uint8_t { kNone, kRaised, kCorrupted };

  // Becomes dense rather than longer than `sparse_bytes_max`, header included. REQUIRES: IsHyperLogLog(bytes).
  HllEditor(std::string bytes, std::uint64_t sparse_bytes_max)
      : bytes_(std::move(bytes)), sparse_bytes_max_(sparse_bytes_max) {}

  std::string_view Bytes() const { return bytes_; }
  bool IsDense() const { return HllEncodingOf(bytes_) == HllEncoding::kDense; }

  // Raises the register to the value; forgets the remembered estimate if that changed it.
  Change Raise(HllPlace place);
  // Raises all registers to these, after having become dense if `dense` says so. False if it is corrupted.
  bool Raise(const HllRegisters& registers, bool dense);
  // The remembered estimate is out of date from here on.
  void Forget() { HllForget(bytes_.data()); }
  // The remembered estimate stays. False if it is corrupted, and then nothing has changed.
  bool MakeDense();

 private:
  // A run of bytes_ and where it is.
  struct Position {
    HllRun run;
    std::size_t offset = 0;
    std::uint32_t first = 0;   // register
    std::size_t previous = 0;  // offset of the run before it, if it has one
    bool has_previous = false;
  };

  Position Locate(std::uint32_t index);
  Change RaiseSparse(HllPlace place);
  Change RaiseAsDense(HllPlace place);

  std::string bytes_;
  std::uint64_t sparse_bytes_max_;
  // A run that begins at this offset and register: the one before the last that was looked for.
  std::size_t resume_offset_ = kHllHeaderBytes;
  std::uint32_t resume_first_ = 0;
};

}  // namespace zedis::types

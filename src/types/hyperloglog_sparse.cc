#include "types/hyperloglog_sparse.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "types/hyperloglog_dense.h"

namespace zedis::types {
namespace {

constexpr std::uint8_t kSparseValueMax = 32;
constexpr std::uint32_t kValueRunMax = 4;
constexpr std::uint32_t kShortZeroRunMax = 64;
constexpr std::size_t kEncodingAt = 4;

bool IsValueRun(char byte) { return (static_cast<unsigned char>(byte) & 0x80) != 0; }
bool IsLongZeroRun(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x40; }

// A few runs, to be put in the place of others.
struct Runs {
  // A run before, what one run is split into, and what is joined with it.
  static constexpr std::size_t kBytesMax = 24;

  char bytes[kBytesMax];
  std::size_t size = 0;

  void AppendByte(std::uint32_t byte) { bytes[size++] = static_cast<char>(byte); }
  void Append(std::string_view more) {
    DCHECK(size + more.size() <= kBytesMax);
    std::memcpy(bytes + size, more.data(), more.size());
    size += more.size();
  }
  void AppendRun(std::uint8_t value, std::uint32_t length) {
    if (length == 0) return;
    if (value > 0) {
      AppendByte(0x80u | (value - 1u) << 2 | (length - 1));
    } else if (length <= kShortZeroRunMax) {
      AppendByte(length - 1);
    } else {
      AppendByte(0x40 | (length - 1) >> 8);
      AppendByte((length - 1) & 0xff);
    }
  }
  std::string_view View() const { return {bytes, size}; }
};

// Joins neighbours of the same value. Redis looks at five runs, the joined ones counted anew, and leaves zeros alone.
constexpr int kJoinSteps = 5;
// So many bytes behind the change can take part: each step goes on by two at most and looks one run ahead.
constexpr std::size_t kJoinBytesMax = 2 * kJoinSteps + 2;

void JoinRuns(Runs& runs) {
  std::size_t at = 0;
  for (int step = 0; step < kJoinSteps && at < runs.size; ++step) {
    char* const here = runs.bytes + at;
    if (!IsValueRun(*here)) {
      at += IsLongZeroRun(*here) ? 2 : 1;
      continue;
    }
    if (at + 1 < runs.size && IsValueRun(here[1])) {
      const HllRun one = ReadHllRun({here, 1});
      const HllRun other = ReadHllRun({here + 1, 1});
      if (one.value == other.value && one.length + other.length <= kValueRunMax) {
        std::memmove(here, here + 1, runs.size - at - 1);
        *here = static_cast<char>(0x80u | (one.value - 1u) << 2 | (one.length + other.length - 1));
        --runs.size;
        continue;
      }
    }
    ++at;
  }
}

}  // namespace

std::string EmptyHyperLogLog() {
  std::string bytes("HYLL", 4);
  bytes.resize(kHllHeaderBytes);
  bytes[kEncodingAt] = static_cast<char>(HllEncoding::kSparse);
  Runs runs;
  runs.AppendRun(0, kHllRegisters);
  return bytes += runs.View();
}

HllEditor::Change HllEditor::Raise(HllPlace place) {
  Change change = Change::kNone;
  if (!IsDense()) {
    change = RaiseSparse(place);
  } else if (RaiseDenseRegister(bytes_.data() + kHllHeaderBytes, place)) {
    change = Change::kRaised;
  }
  if (change == Change::kRaised) HllForget(bytes_.data());
  return change;
}

bool HllEditor::Raise(const HllRegisters& registers, bool dense) {
  if (dense && !MakeDense()) return false;
  for (std::uint32_t i = 0; i < kHllRegisters; ++i) {
    if (IsDense()) {
      char* const packed = bytes_.data() + kHllHeaderBytes;
      HllRegisters all = registers;
      MergeDense(packed, all);
      PackDense(all, packed);
      Forget();
      return true;
    }
    if (registers[i] > 0 && Raise({i, registers[i]}) == Change::kCorrupted) return false;
  }
  return true;
}

// The run that has the register; no bytes if there is none.
HllEditor::Position HllEditor::Locate(std::uint32_t index) {
  const std::string_view bytes = bytes_;
  Position at{.run = ReadHllRun(bytes.substr(resume_offset_)), .offset = resume_offset_, .first = resume_first_};
  // Not at the very run to resume from, because then the one before it would be unknown.
  if (index < at.first + at.run.length) {
    resume_offset_ = kHllHeaderBytes;
    resume_first_ = 0;
    at = {.run = ReadHllRun(bytes.substr(kHllHeaderBytes)), .offset = kHllHeaderBytes};
  }
  while (at.run.bytes != 0 && index >= at.first + at.run.length) {
    at.previous = at.offset;
    at.has_previous = true;
    resume_offset_ = at.offset;
    resume_first_ = at.first;
    at.first += at.run.length;
    at.offset += at.run.bytes;
    at.run = at.offset < bytes.size() ? ReadHllRun(bytes.substr(at.offset)) : HllRun{};
  }
  return at;
}

HllEditor::Change HllEditor::RaiseSparse(HllPlace place) {
  if (bytes_.size() == kHllHeaderBytes) return Change::kCorrupted;
  if (place.value > kSparseValueMax) return RaiseAsDense(place);
  const Position at = Locate(place.index);
  if (at.run.bytes == 0) return Change::kCorrupted;
  if (at.run.value >= place.value) return Change::kNone;

  Runs split;
  split.AppendRun(at.run.value, place.index - at.first);
  split.AppendRun(place.value, 1);
  split.AppendRun(at.run.value, at.first + at.run.length - 1 - place.index);
  if (split.size > at.run.bytes && bytes_.size() + split.size - at.run.bytes > sparse_bytes_max_) {
    return RaiseAsDense(place);
  }

  // The run before, the new ones, and those behind them that may be joined, at once.
  const std::size_t start = at.has_previous ? at.previous : at.offset;
  const std::size_t behind = at.offset + at.run.bytes;
  const std::string_view joinable = std::string_view(bytes_).substr(behind, kJoinBytesMax);
  Runs runs;
  runs.Append(std::string_view(bytes_).substr(start, at.offset - start));
  runs.Append(split.View());
  runs.Append(joinable);
  JoinRuns(runs);
  bytes_.replace(start, behind + joinable.size() - start, runs.View());
  return Change::kRaised;
}

HllEditor::Change HllEditor::RaiseAsDense(HllPlace place) {
  if (!MakeDense()) return Change::kCorrupted;
  CHECK(RaiseDenseRegister(bytes_.data() + kHllHeaderBytes, place));
  return Change::kRaised;
}

bool HllEditor::MakeDense() {
  if (IsDense()) return true;
  HllRegisters registers{};
  if (!HllMerge(bytes_, registers)) return false;
  bytes_.resize(kHllHeaderBytes);
  bytes_.resize(kHllDenseBytes);
  bytes_[kEncodingAt] = static_cast<char>(HllEncoding::kDense);
  PackDense(registers, bytes_.data() + kHllHeaderBytes);
  return true;
}

}  // namespace zedis::types

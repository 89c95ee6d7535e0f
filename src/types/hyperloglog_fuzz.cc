// Two fuzzers in one, chosen by the first byte. Even: the rest is taken for a HyperLogLog, header and all; if that is
// one, every reader must stay within it and agree with the others, and so must edits. Odd: the rest is a script of
// raised registers, done to a HyperLogLog and to plain registers.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "types/hyperloglog_dense.h"
#include "types/hyperloglog_sparse.h"

namespace zedis::types {
namespace {

void ReadAndEdit(std::string_view bytes) {
  if (!IsHyperLogLog(bytes)) return;
  HllRegisters registers{};
  const bool whole = HllMerge(bytes, registers);
  CHECK(HllCount(bytes).has_value() == whole);
  HllEditor dense(std::string(bytes), 3000);
  CHECK(dense.MakeDense() == whole);
  if (whole) CHECK(HllCount(bytes) == HllCount(dense.Bytes()));

  HllEditor editor(std::string(bytes), bytes.size() + bytes.size() % 7);
  for (std::uint32_t i = 0; i < 24; ++i) {
    const HllPlace place{(static_cast<std::uint8_t>(bytes[i % bytes.size()]) * 977u + i) % 16384,
                         static_cast<std::uint8_t>(1 + i * 5 % 51)};
    const HllEditor::Change change = editor.Raise(place);
    CHECK(!whole || change != HllEditor::Change::kCorrupted);
    if (whole) registers[place.index] = std::max(registers[place.index], place.value);
  }
  CHECK(IsHyperLogLog(editor.Bytes()));
  HllRegisters edited{};
  CHECK(HllMerge(editor.Bytes(), edited) == whole);
  if (whole) CHECK(edited == registers);
}

void Edit(std::string_view script) {
  HllEditor editor(EmptyHyperLogLog(), 400);
  HllRegisters twin{};
  std::uint32_t index = 0;
  while (script.size() >= 2) {
    index = (index + static_cast<std::uint8_t>(script[0])) % 16384;
    const HllPlace place{index, static_cast<std::uint8_t>(1 + static_cast<std::uint8_t>(script[1]) % 51)};
    script.remove_prefix(2);
    const bool raises = place.value > twin[index];
    CHECK(editor.Raise(place) == (raises ? HllEditor::Change::kRaised : HllEditor::Change::kNone));
    if (raises) twin[index] = place.value;
    CHECK(IsHyperLogLog(editor.Bytes()));
    CHECK(editor.IsDense() || editor.Bytes().size() <= 400);
  }
  HllRegisters registers{};
  CHECK(HllMerge(editor.Bytes(), registers) && registers == twin);
}

}  // namespace
}  // namespace zedis::types

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  data[0] % 2 == 0 ? zedis::types::ReadAndEdit(rest) : zedis::types::Edit(rest);
  return 0;
}

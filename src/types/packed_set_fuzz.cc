// Two fuzzers in one, chosen by the first byte. Even: the rest is taken for a packed set; if it validates, every
// accessor must stay within it and agree with the others. Odd: the rest is a script of edits, done to a packed set, a
// set that leaves its packed form when it must, and a std::set.
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "types/packed_set.h"
#include "types/set.h"

namespace zedis::types {
namespace {

std::string TextOf(const Element& element) {
  IntegerText digits;
  return std::string(element.Text(digits));
}

void ReadAll(std::string_view bytes) {
  if (!ValidatePackedSet(bytes)) return;
  const PackedSetView view(bytes);
  std::size_t index = 0;
  view.ForEach([&](const Element& element) {
    CHECK(TextOf(view.At(index)) == TextOf(element));
    CHECK(view.Contains(SetMember(element)) && view.Contains(SetMember(TextOf(element))));
    ++index;
    return true;
  });
  CHECK(index == view.Size());
  const Set set(view, 1);
  CHECK(set.Size() == index);
  std::vector<char> buffer(bytes.size());
  PackedSet edited(buffer.data(), std::max<std::size_t>(buffer.size(), 3), bytes);
  while (edited.Size() > 0) edited.RemoveAt(edited.Size() / 2);
}

void Edit(std::string_view script) {
  constexpr SetLimits kLimits{.intset_entries = 24, .listpack_entries = 20, .listpack_value_bytes = 40};
  char buffer[300];
  PackedSet packed(buffer, sizeof buffer);
  Set set(packed.View(), 7);
  std::set<std::string> twin;
  bool is_packed = true;
  while (script.size() >= 2) {
    const auto what = static_cast<unsigned char>(script[0]);
    const std::size_t size = static_cast<unsigned char>(script[1]) % 48;
    const std::string text(script.substr(2, size));
    script.remove_prefix(2 + text.size());
    const SetMember member(text);
    CHECK(set.Remove(member) == (twin.erase(text) == 1));
    if (is_packed) packed.Remove(member);
    if (what % 4 != 0) {
      CHECK(set.Add(member, kLimits));
      twin.insert(text);
      if (is_packed) is_packed = packed.Add(member, kLimits) == PackedSet::Result::kDone;
    }
    CHECK(set.Size() == twin.size());
    if (is_packed) CHECK(ValidatePackedSet(packed.Bytes()) && packed.Size() == twin.size());
  }
  for (const std::string& text : twin) CHECK(set.Remove(SetMember(text)));
  CHECK(set.Size() == 0);
}

}  // namespace
}  // namespace zedis::types

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  data[0] % 2 == 0 ? zedis::types::ReadAll(rest) : zedis::types::Edit(rest);
  return 0;
}

// Two fuzzers in one, chosen by the first byte. Even: the rest is taken for a packed hash; if it validates, every
// accessor must stay within it and agree with the others. Odd: the rest is a script of edits, done to a packed hash, a
// hash that leaves its packed form when it must, and a map.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "types/hash_model.h"

namespace zedis::types {
namespace {

void ReadAll(std::string_view bytes) {
  if (!ValidatePackedHash(bytes)) return;
  const PackedHashView view(bytes);
  const HashTwin::Map content = ContentOf(view);
  CHECK(content.size() == view.Size());
  for (const auto& [text, value] : content) {
    const auto item = view.Find(HashField(text));
    CHECK(item && TextOf(item->value) == value.text && item->expire_at_ms == value.expire_at_ms);
  }
  Hash hash(view, 1);
  hash.BecomeIndexed();
  CHECK(ContentOf(HashView(hash, 0)) == content && hash.Earliest() == view.Earliest());
  std::vector<char> buffer(bytes.size() + 1);
  PackedHash edited(buffer.data(), buffer.size(), bytes);
  const std::size_t due = view.CountDue(1'000'000);
  CHECK(edited.RemoveDue(1'000'000) == due && ValidatePackedHash(edited.Bytes()));
  for (const auto& [text, value] : content) edited.Remove(HashField(text), 0);
  CHECK(edited.View().IsEmpty());
}

void Edit(std::string_view script) {
  constexpr HashLimits kLimits{.listpack_entries = 20, .listpack_value_bytes = 40};
  char buffer[400];
  PackedHash packed(buffer, sizeof buffer);
  Hash hash(packed.View(), 7);
  HashTwin twin;
  bool is_packed = true;
  std::int64_t now_ms = 1000;
  while (script.size() >= 3) {
    const auto what = static_cast<unsigned char>(script[0]);
    const std::size_t size = static_cast<unsigned char>(script[1]) % 48;
    const std::int64_t time_ms = script[2] == 0 ? kNoFieldExpiry : now_ms + static_cast<unsigned char>(script[2]);
    const std::string text(script.substr(3, size));
    script.remove_prefix(3 + text.size());
    const HashField field(text);
    ++now_ms;
    switch (what % 6) {
      case 0:
        CHECK(hash.Remove(field, now_ms) == twin.Remove(text, now_ms));
        if (is_packed) packed.Remove(field, now_ms);
        break;
      case 1:
        if (const auto at = twin.map.find(text); at != twin.map.end()) {
          hash.SetExpiry(field, time_ms);
          at->second.expire_at_ms = time_ms;
          if (is_packed) is_packed = packed.SetExpiry(field, time_ms);
        }
        break;
      case 2:
        while (!hash.RemoveDueSlice(now_ms, now_ms).finished) {
        }
        twin.RemoveDue(now_ms);
        if (is_packed) packed.RemoveDue(now_ms);
        break;
      default: {
        const HashWrite write{text, time_ms, what % 2 == 0, now_ms};
        CHECK((hash.Put(field, write, kLimits) == HashPut::kAdded) == twin.Put(text, write));
        if (is_packed) is_packed = packed.Put(field, write, kLimits) <= HashPut::kReplaced;
      }
    }
    CHECK(hash.Size() == twin.map.size());
    CHECK(HashView(hash, now_ms).Size() == twin.LiveSize(now_ms));
    if (is_packed) CHECK(ValidatePackedHash(packed.Bytes()) && packed.View().Size() == twin.map.size());
  }
  CHECK(ContentOf(HashView(hash, 0)) == twin.map);
  if (is_packed) CHECK(ContentOf(packed.View()) == twin.map);
}

}  // namespace
}  // namespace zedis::types

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  data[0] % 2 == 0 ? zedis::types::ReadAll(rest) : zedis::types::Edit(rest);
  return 0;
}

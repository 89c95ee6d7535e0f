// What tests compare hashes with: a std::map, and random texts of all the sizes that matter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <tuple>

#include "types/hash.h"

namespace zedis::types {

inline std::string TextOf(const Element& element) {
  IntegerText digits;
  return std::string(element.Text(digits));
}

struct HashTwin {
  struct Value {
    std::string text;
    std::int64_t expire_at_ms;
    bool operator==(const Value&) const = default;
  };
  using Map = std::map<std::string, Value>;

  // As the forms of a hash do it.
  bool Put(const std::string& field, const HashWrite& write) {
    const auto at = map.find(field);
    const bool is_live = at != map.end() && at->second.expire_at_ms > write.now_ms;
    const bool keeps = is_live && write.keep_expiry;
    const Value value{std::string(write.value), keeps ? at->second.expire_at_ms : write.expire_at_ms};
    map.insert_or_assign(field, value);
    return !is_live;
  }
  bool Remove(const std::string& field, std::int64_t now_ms) {
    const auto at = map.find(field);
    if (at == map.end()) return false;
    const bool was_live = at->second.expire_at_ms > now_ms;
    map.erase(at);
    return was_live;
  }
  std::size_t RemoveDue(std::int64_t now_ms) {
    return std::erase_if(map, [&](const auto& pair) { return pair.second.expire_at_ms <= now_ms; });
  }
  std::int64_t Earliest() const {
    std::int64_t earliest_ms = kNoFieldExpiry;
    for (const auto& [field, value] : map) earliest_ms = std::min(earliest_ms, value.expire_at_ms);
    return earliest_ms;
  }
  std::size_t LiveSize(std::int64_t now_ms) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(map, [&](const auto& pair) { return pair.second.expire_at_ms > now_ms; }));
  }

  Map map;
};

// All that a hash holds, due or not, by its ForEach.
template <class AnyHash>
HashTwin::Map ContentOf(const AnyHash& hash) {
  HashTwin::Map content;
  std::size_t visited = 0;
  hash.ForEach([&](const HashItem& item) {
    content.insert_or_assign(TextOf(item.field), HashTwin::Value{TextOf(item.value), item.expire_at_ms});
    ++visited;
    return true;
  });
  if (content.size() != visited) content.clear();  // a field came twice: equal to nothing
  return content;
}

inline std::string RandomHashText(std::mt19937_64& random) {
  static constexpr std::size_t kSizes[] = {0,   1,   7,   10,  63,  64,   65,   125, 126,
                                           127, 254, 255, 256, 400, 1003, 1015, 5000};
  if (random() % 3 == 0) return std::to_string(static_cast<std::int64_t>(random() >> (random() % 64)));
  const std::size_t size = random() % 6 == 0 ? kSizes[random() % std::size(kSizes)] : random() % 24;
  std::string text(size, 'm');
  for (std::size_t i = 0; i < std::min<std::size_t>(size, 3); ++i) text[i] = static_cast<char>('a' + random() % 8);
  return text;
}

}  // namespace zedis::types

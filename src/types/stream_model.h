// For tests: what a stream must do, on standard containers, and random entries of all the shapes that matter.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "types/stream.h"

namespace zedis::types {

// How often random tests run: thousands of times, or millions when ZEDIS_LONG_TESTS is set.
inline int TestRounds(int rounds) { return std::getenv("ZEDIS_LONG_TESTS") != nullptr ? rounds * 300 : rounds; }

using Texts = std::vector<std::string>;  // names and values in turn

inline Texts TextsOf(const StreamEntry& entry) {
  Texts texts;
  IntegerText digits;
  entry.ForEachPair([&](const Element& name, const Element& value) {
    texts.emplace_back(name.Text(digits));
    texts.emplace_back(value.Text(digits));
  });
  return texts;
}

inline std::vector<std::string_view> ViewsOf(const Texts& texts) { return {texts.begin(), texts.end()}; }

inline std::string RandomStreamText(std::mt19937_64& random) {
  static constexpr std::size_t kSizes[] = {0, 1, 2, 5, 10, 10, 10, 62, 63, 64, 65, 300, 4095, 4096, 9000};
  if (random() % 3 == 0) return std::to_string(static_cast<std::int64_t>(random()) >> random() % 64);
  const std::size_t size = kSizes[random() % (random() % 20 == 0 ? std::size(kSizes) : 10)];
  return std::string(size, static_cast<char>('a' + random() % 26));
}

// Most entries have the same few names.
inline Texts RandomEntry(std::mt19937_64& random) {
  static const Texts kNames[] = {{"temperature", "humidity"}, {"7", "field"}, {""}, {"a", "b", "c"}, {"a", "b", "d"}};
  Texts names = kNames[random() % 6 == 0 ? random() % std::size(kNames) : 0];
  if (random() % 50 == 0) names.assign(random() % 40 + 1, RandomStreamText(random));
  Texts texts;
  for (const std::string& name : names) {
    texts.push_back(name);
    texts.push_back(RandomStreamText(random));
  }
  return texts;
}

// An id greater than `last`: most often close by.
inline StreamId RandomNextId(std::mt19937_64& random, const StreamId& last) {
  switch (random() % 8) {
    case 0:
    case 1:
    case 2:
      return *last.Next();
    case 3:
      return {last.ms, last.seq + 1 + random() % 300};
    case 4:
      return {last.ms + 62 + random() % 4, random() % 2};
    case 5:
      return {last.ms + (std::uint64_t{1} << random() % 20), random() % 3 == 0 ? random() % 1'000'000 : 0};
    default:
      return {last.ms + 1 + random() % 5, 0};
  }
}

struct StreamModel {
  std::map<StreamId, Texts> entries;
  StreamId last_id;
  StreamId max_deleted_id;
  std::uint64_t entries_added = 0;

  [[nodiscard]] std::vector<std::pair<StreamId, Texts>> Range(const StreamId& from, const StreamId& to,
                                                              bool backward) const {
    std::vector<std::pair<StreamId, Texts>> found;
    for (const auto& [id, texts] : entries) {
      if (id >= from && id <= to) found.emplace_back(id, texts);
    }
    if (backward) std::reverse(found.begin(), found.end());
    return found;
  }
  // An exact trim.
  std::uint64_t Trim(const StreamTrim& trim) {
    std::uint64_t count = 0;
    while (!entries.empty() && (trim.by == StreamTrim::By::kLength ? entries.size() > trim.length_max
                                                                   : entries.begin()->first < trim.id_min)) {
      entries.erase(entries.begin());
      ++count;
    }
    return count;
  }
};

}  // namespace zedis::types

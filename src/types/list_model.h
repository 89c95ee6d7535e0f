// For tests: what a list must do, on a std::deque, and texts of all the sizes where encodings change.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "types/list_search.h"

namespace zedis::types {

struct ListModel {
  std::deque<std::string> elements;

  std::size_t Remove(const std::string& text, std::int64_t count) {
    const std::uint64_t limit = count == 0 ? UINT64_MAX : static_cast<std::uint64_t>(count < 0 ? -count : count);
    std::size_t removed = 0;
    std::deque<std::string> kept;
    if (count < 0) std::reverse(elements.begin(), elements.end());
    for (std::string& element : elements) {
      if (removed < limit && element == text) {
        removed++;
      } else {
        kept.push_back(std::move(element));
      }
    }
    if (count < 0) std::reverse(kept.begin(), kept.end());
    elements = std::move(kept);
    return removed;
  }

  std::vector<std::size_t> Find(const std::string& text, const FindOptions& options) const {
    std::vector<std::size_t> found;
    std::int64_t matches = 0;
    for (std::size_t seen = 0; seen < elements.size(); seen++) {
      if (options.max_seen != 0 && seen == options.max_seen) break;
      const std::size_t index = options.rank > 0 ? seen : elements.size() - 1 - seen;
      if (elements[index] != text) continue;
      matches++;
      if (matches < (options.rank > 0 ? options.rank : -options.rank)) continue;
      found.push_back(index);
      if (options.count != 0 && found.size() == options.count) break;
    }
    return found;
  }
};

enum class TextMix : std::uint8_t { kTiny, kTen, kMixed, kLarge };

inline std::string RandomText(std::mt19937_64& random, TextMix mix) {
  static constexpr std::size_t kSizes[] = {0, 1, 2, 10, 20, 62, 63, 64, 65, 127, 128, 129, 255, 256, 300};
  static constexpr std::size_t kLargeSizes[] = {1000, 3990, 3995, 4000, 4001, 4095, 4096, 5000, 8100, 8192, 70000};
  std::size_t size = 0;
  switch (mix) {
    case TextMix::kTiny:
      return std::to_string(random() % 100);
    case TextMix::kTen:
      size = 10;
      break;
    case TextMix::kMixed:
      if (random() % 3 == 0) return std::to_string(static_cast<std::int64_t>(random()) >> (random() % 64));
      size = kSizes[random() % std::size(kSizes)];
      if (random() % 200 == 0) size = kLargeSizes[random() % std::size(kLargeSizes)];
      break;
    case TextMix::kLarge:
      size = kLargeSizes[random() % std::size(kLargeSizes)];
      break;
  }
  // Few different ones of each size, zero bytes among them, so that searches find something.
  std::string text(size, static_cast<char>('a' + random() % 3));
  if (size > 1 && random() % 2 == 0) text[size / 2] = static_cast<char>(random() % 3);
  return text;
}

}  // namespace zedis::types

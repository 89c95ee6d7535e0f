#include "engine/error_counts.h"

#include <algorithm>

namespace zedis::engine {

std::string_view ErrorCounts::CodeOf(std::string_view text) {
  const std::size_t blank = text.substr(0, kCodeBytesMax + 1).find(' ');
  return blank == std::string_view::npos || blank == 0 ? "ERR" : text.substr(0, blank);
}

void ErrorCounts::Count(std::string_view text) {
  ++total_;
  const std::string_view name = CodeOf(text);
  const std::size_t size = size_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < size; ++i) {
    if (codes_[i].name() == name) {
      ++codes_[i].count;
      return;
    }
  }
  if (size == kCodesMax) return;
  std::ranges::copy(name, codes_[size].bytes.begin());
  codes_[size].length = static_cast<std::uint8_t>(name.size());
  ++codes_[size].count;
  size_.store(size + 1, std::memory_order_release);
}

}  // namespace zedis::engine

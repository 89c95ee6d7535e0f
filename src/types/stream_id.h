// The id of a stream's entry: a time and a number within it. As text: "1700000000000-3".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/numbers.h"

namespace zedis::types {

struct StreamId {
  std::uint64_t ms = 0;
  std::uint64_t seq = 0;

  friend constexpr auto operator<=>(const StreamId&, const StreamId&) = default;
  [[nodiscard]] constexpr bool IsZero() const { return ms == 0 && seq == 0; }

  // The neighbours, or nothing behind the last and before the first.
  [[nodiscard]] constexpr std::optional<StreamId> Next() const {
    if (seq != UINT64_MAX) return StreamId{ms, seq + 1};
    if (ms != UINT64_MAX) return StreamId{ms + 1, 0};
    return std::nullopt;
  }
  [[nodiscard]] constexpr std::optional<StreamId> Previous() const {
    if (seq != 0) return StreamId{ms, seq - 1};
    if (ms != 0) return StreamId{ms - 1, UINT64_MAX};
    return std::nullopt;
  }
};

inline constexpr StreamId kStreamIdMax{UINT64_MAX, UINT64_MAX};

// An id as text, formatted on the spot.
class StreamIdText {
 public:
  explicit StreamIdText(const StreamId& id) {
    char* end = base::FormatUint64(text_, id.ms);
    *end++ = '-';
    size_ = static_cast<std::size_t>(base::FormatUint64(end, id.seq) - text_);
  }
  [[nodiscard]] std::string_view View() const { return {text_, size_}; }

 private:
  std::size_t size_;
  char text_[2 * base::kInt64CharsMax + 1];
};

}  // namespace zedis::types

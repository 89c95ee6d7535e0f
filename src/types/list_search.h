// What LPOS asks of either list form.
#pragma once

#include <cstdint>

namespace zedis::types {

enum class Direction : std::uint8_t { kForward, kBackward };

struct FindOptions {
  std::int64_t rank = 1;    // report from the rank-th match on; negative: counted from the tail. Not 0, not INT64_MIN.
  std::uint64_t count = 1;  // report at most so many matches; 0: all
  std::uint64_t max_seen = 0;  // look at no more than so many elements; 0: all

  [[nodiscard]] Direction direction() const { return rank < 0 ? Direction::kBackward : Direction::kForward; }
};

// Decides which of the matches a search meets are reported, and when it is over.
class MatchCounter {
 public:
  explicit MatchCounter(const FindOptions& options)
      : skip_(static_cast<std::uint64_t>(options.rank < 0 ? -options.rank : options.rank) - 1),
        left_(options.count == 0 ? UINT64_MAX : options.count) {}

  // True if this match is to be reported.
  bool Report() {
    if (skip_ > 0) {
      skip_--;
      return false;
    }
    left_--;
    return true;
  }
  [[nodiscard]] bool Done() const { return left_ == 0; }

 private:
  std::uint64_t skip_;
  std::uint64_t left_;
};

}  // namespace zedis::types

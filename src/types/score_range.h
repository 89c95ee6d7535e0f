// Where sorted sets are cut: a range of scores, or of members among those of one score.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace zedis::types {

struct ScoreBound {
  double score = 0;
  bool is_exclusive = false;

  // As the lower end of a range: does it begin behind this score?
  [[nodiscard]] bool IsAbove(double other) const { return is_exclusive ? other <= score : other < score; }
  // As the upper end: does it end before it?
  [[nodiscard]] bool IsBelow(double other) const { return is_exclusive ? other >= score : other > score; }
};

struct ScoreRange {
  ScoreBound min;
  ScoreBound max;

  // Of an entry of the set: is it before the range, is it behind it?
  [[nodiscard]] bool IsBefore(double score, std::string_view) const { return min.IsAbove(score); }
  [[nodiscard]] bool IsBehind(double score, std::string_view) const { return max.IsBelow(score); }
  static constexpr bool kReadsMembers = false;
};

struct LexBound {
  enum class Kind : std::uint8_t { kBeforeAll, kIncluded, kExcluded, kBehindAll };

  Kind kind = Kind::kBeforeAll;
  std::string_view text;

  [[nodiscard]] bool IsAbove(std::string_view member) const {
    switch (kind) {
      case Kind::kBeforeAll:
        return false;
      case Kind::kIncluded:
        return member < text;
      case Kind::kExcluded:
        return member <= text;
      case Kind::kBehindAll:
        return true;
    }
    return true;
  }
  [[nodiscard]] bool IsBelow(std::string_view member) const {
    switch (kind) {
      case Kind::kBeforeAll:
        return true;
      case Kind::kIncluded:
        return member > text;
      case Kind::kExcluded:
        return member >= text;
      case Kind::kBehindAll:
        return false;
    }
    return true;
  }
};

// Means something only if all scores are the same.
struct LexRange {
  LexBound min;
  LexBound max;

  [[nodiscard]] bool IsBefore(double, std::string_view member) const { return min.IsAbove(member); }
  [[nodiscard]] bool IsBehind(double, std::string_view member) const { return max.IsBelow(member); }
  static constexpr bool kReadsMembers = true;
};

// Ranks [first, last); first == last: none.
struct RankRange {
  std::size_t first = 0;
  std::size_t last = 0;

  [[nodiscard]] std::size_t size() const { return last - first; }
};

}  // namespace zedis::types

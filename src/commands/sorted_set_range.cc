#include "commands/sorted_set_range.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "engine/arguments.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using types::LexBound;
using types::ScoreBound;

constexpr Error kNotAScoreRange{"ERR min or max is not a float"};
constexpr Error kNotALexRange{"ERR min or max not valid string range item"};

std::optional<ScoreBound> ParseScoreBound(std::string_view text) {
  ScoreBound bound;
  if (text.starts_with('(')) {
    bound.is_exclusive = true;
    text.remove_prefix(1);
  }
  if (const auto score = base::ParseDouble(text)) [[likely]] {
    bound.score = *score;
    return bound;
  }
  // Redis takes what strtod takes: nothing at all is 0, space may come first, what is too large is infinite, and a zero
  // byte ends it.
  const std::string copy(text);
  char* end = nullptr;
  bound.score = std::strtod(copy.c_str(), &end);
  if (*end != '\0' || std::isnan(bound.score)) return std::nullopt;
  return bound;
}

std::optional<LexBound> ParseLexBound(std::string_view text) {
  const std::string_view rest = text.substr(std::min<std::size_t>(1, text.size()));
  const bool is_alone = rest.empty() || rest[0] == '\0';
  if (text.starts_with('+') && is_alone) return LexBound{LexBound::Kind::kBehindAll, {}};
  if (text.starts_with('-') && is_alone) return LexBound{LexBound::Kind::kBeforeAll, {}};
  if (text.starts_with('(')) return LexBound{LexBound::Kind::kExcluded, rest};
  if (text.starts_with('[')) return LexBound{LexBound::Kind::kIncluded, rest};
  return std::nullopt;
}

}  // namespace

Expected<types::ScoreRange> ParseScoreRange(std::string_view min, std::string_view max) {
  const auto lower = ParseScoreBound(min);
  const auto upper = ParseScoreBound(max);
  if (!lower || !upper) return std::unexpected(&kNotAScoreRange);
  return types::ScoreRange{*lower, *upper};
}

Expected<types::LexRange> ParseLexRange(std::string_view min, std::string_view max) {
  const auto lower = ParseLexBound(min);
  const auto upper = ParseLexBound(max);
  if (!lower || !upper) return std::unexpected(&kNotALexRange);
  return types::LexRange{*lower, *upper};
}

Expected<IndexRange> ParseIndexRange(std::string_view start, std::string_view stop) {
  IndexRange range{};
  TRY(range.start, ParseInteger(start));
  TRY(range.stop, ParseInteger(stop));
  return range;
}

types::RankRange IndexRange::In(std::size_t size) const {
  const auto length = static_cast<std::int64_t>(size);
  const std::int64_t first = start >= 0 ? start : std::max<std::int64_t>(start + length, 0);
  const std::int64_t last = std::min(stop >= 0 ? stop : stop + length, length - 1);
  if (first > last) return {};
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last) + 1};
}

}  // namespace zedis::commands

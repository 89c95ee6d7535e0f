// Ranges of sorted sets as clients write them.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "engine/outcome.h"
#include "types/score_range.h"

namespace zedis::commands {

// "5", "(5", "-inf" ...
engine::Expected<types::ScoreRange> ParseScoreRange(std::string_view min, std::string_view max);
// "[a", "(a", "-", "+"
engine::Expected<types::LexRange> ParseLexRange(std::string_view min, std::string_view max);
// Two indexes, negative ones from the end.
struct IndexRange {
  std::int64_t start;
  std::int64_t stop;

  types::RankRange In(std::size_t size) const;
};
engine::Expected<IndexRange> ParseIndexRange(std::string_view start, std::string_view stop);

}  // namespace zedis::commands

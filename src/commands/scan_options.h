// What SCAN, SSCAN, HSCAN and ZSCAN have in common: their cursors and options.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/arguments.h"
#include "resp/reply.h"

namespace zedis::commands {

// The walk over a table looks at up to so many times COUNT of its buckets: members may lie far apart in one that has
// shrunk.
inline constexpr std::uint64_t kScanBucketsPerCount = 10;

struct ScanOptions {
  std::uint64_t count = 10;
  std::string_view pattern;
  bool any_name = true;
  std::string_view type;
  bool any_type = true;
  bool no_values = false;
  bool no_scores = false;

  bool AcceptsName(std::string_view name) const;
  // At least COUNT, without overflow.
  std::uint64_t BucketsMax() const;
};

enum class ScanOf : std::uint8_t { kKeys, kSet, kHash, kSortedSet };

// As Redis 7.0 reads it, by strtoul: the text up to a zero byte, a sign is allowed, none at all is 0.
engine::Expected<std::uint64_t> ParseCursor(std::string_view text);

// The options from args[start] on, as this command knows them.
engine::Expected<ScanOptions> ParseScanOptions(engine::Args args, std::size_t start, ScanOf of);

// The first half of a reply.
void ReplyCursor(resp::Reply reply, std::uint64_t cursor);

}  // namespace zedis::commands

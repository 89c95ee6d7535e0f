// Glob patterns of KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET and ACL rules.
#pragma once

#include <string_view>

namespace zedis::base {

// *      any bytes, also none          ?       any one byte
// [abc]  one of the bytes, [a-z] ranges and [^...] the others; a class without ']' ends with the pattern
// \x     x itself; a backslash at the very end is itself
// Bytes are compared, ranges as signed bytes, and an empty text matches only the empty pattern (not "*"): all that
// is how redis-server 7.0 decides. O(pattern * text) at worst, for "*a*a*a*b" too; nothing is allocated.
[[nodiscard]] bool GlobMatch(std::string_view pattern, std::string_view text, bool ignore_case = false);

// True if the pattern matches every key, so that there is nothing to compare.
[[nodiscard]] inline bool GlobMatchesEverything(std::string_view pattern) { return pattern == "*"; }

}  // namespace zedis::base

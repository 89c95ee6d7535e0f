#include "server/config_match.h"

#include <algorithm>
#include <cstddef>

namespace zedis::server {
namespace {

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Takes one element (not a star) off `pattern` and says whether it matches `c`. An unclosed class ends with the
// pattern, as in Redis.
bool TakeElement(std::string_view& pattern, char c) {
  const auto take = [&pattern] {
    const char first = Lower(pattern[0]);
    pattern.remove_prefix(1);
    return first;
  };
  c = Lower(c);
  char first = take();
  if (first == '?') return true;
  if (first == '\\' && !pattern.empty()) return take() == c;
  if (first != '[') return first == c;

  const bool negated = pattern.starts_with('^');
  if (negated) take();
  bool found = false;
  while (!pattern.empty()) {
    char low = take();
    if (low == ']') break;
    if (low == '\\' && !pattern.empty()) {
      found |= take() == c;
    } else if (pattern.size() >= 2 && pattern[0] == '-') {
      take();
      char high = take();
      if (low > high) std::swap(low, high);
      found |= low <= c && c <= high;
    } else {
      found |= low == c;
    }
  }
  return found != negated;
}

}  // namespace

bool IsPattern(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

bool MatchesPattern(std::string_view pattern, std::string_view name) {
  // Where to go on after a mismatch: the latest star takes one character more. Earlier stars need no second try,
  // which is what keeps *a*a*a*b from taking exponential time.
  std::string_view after_star;
  std::string_view star_rest;
  bool has_star = false;
  while (!name.empty()) {
    if (pattern.starts_with('*')) {
      pattern.remove_prefix(1);
      after_star = pattern;
      star_rest = name;
      has_star = true;
      continue;
    }
    if (!pattern.empty() && TakeElement(pattern, name[0])) {
      name.remove_prefix(1);
      continue;
    }
    if (!has_star) return false;
    star_rest.remove_prefix(1);
    pattern = after_star;
    name = star_rest;
  }
  return pattern.find_first_not_of('*') == std::string_view::npos;
}

}  // namespace zedis::server

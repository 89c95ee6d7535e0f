// Every element of a pattern but '*' takes exactly one byte. So when a match fails behind a '*', trying longer
// runs for that last star is enough: an earlier star could only move the same elements further right. This makes two
// saved positions do instead of recursion, and bounds the time (Russ Cox, "Glob Matching Can Be Simple And Fast Too").
#include "base/glob.h"

#include <cstddef>
#include <cstring>
#include <utility>

namespace zedis::base {
namespace {

int Lower(int c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; }

struct Element {
  bool matches;
  std::size_t size;  // bytes of the pattern
};

// `at` is behind the '['.
Element MatchClass(std::string_view pattern, std::size_t at, signed char byte, bool ignore_case) {
  const std::size_t begin = at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  while (at < pattern.size() && pattern[at] != ']') {
    const std::size_t left = pattern.size() - at;
    const auto first = static_cast<signed char>(pattern[at]);
    if (first == '\\' && left >= 2) {
      // Escaped bytes are compared exactly even if case is ignored.
      found |= static_cast<signed char>(pattern[at + 1]) == byte;
      at += 2;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      int low = first;
      int high = static_cast<signed char>(pattern[at + 2]);
      int value = byte;
      if (low > high) std::swap(low, high);
      if (ignore_case) {  // after the swap: [Z-a] becomes an empty range
        low = Lower(low);
        high = Lower(high);
        value = Lower(value);
      }
      found |= low <= value && value <= high;
      at += 3;
    } else {
      found |= ignore_case ? Lower(first) == Lower(byte) : first == byte;
      ++at;
    }
  }
  if (at < pattern.size()) ++at;  // the ']'
  return {found != negated, at - begin + 1};
}

// The element at `at`, which is no '*', against one byte.
Element MatchOne(std::string_view pattern, std::size_t at, char byte, bool ignore_case) {
  const char c = pattern[at];
  if (c == '?') return {true, 1};
  if (c == '[') return MatchClass(pattern, at + 1, static_cast<signed char>(byte), ignore_case);
  const bool escaped = c == '\\' && at + 1 < pattern.size();
  const char literal = escaped ? pattern[at + 1] : c;
  const bool matches = ignore_case ? Lower(literal) == Lower(byte) : literal == byte;
  return {matches, escaped ? std::size_t{2} : std::size_t{1}};
}

bool IsPlain(char c) { return c != '*' && c != '?' && c != '[' && c != '\\'; }

}  // namespace

bool GlobMatch(std::string_view pattern, std::string_view text, bool ignore_case) {
  if (text.empty()) return pattern.empty();
  std::size_t at = 0;    // in the pattern
  std::size_t next = 0;  // in the text
  bool starred = false;
  std::size_t star_at = 0;    // behind the last star of the pattern
  std::size_t star_next = 0;  // where that star stops taking text
  while (next < text.size()) {
    if (at < pattern.size()) {
      if (pattern[at] == '*') {
        while (at < pattern.size() && pattern[at] == '*') ++at;
        if (at == pattern.size()) return true;
        starred = true;
        star_at = at;
        star_next = next;
      }
      const Element element = MatchOne(pattern, at, text[next], ignore_case);
      if (element.matches) {
        at += element.size;
        ++next;
        continue;
      }
    }
    if (!starred) return false;
    at = star_at;
    next = ++star_next;
    if (!ignore_case && IsPlain(pattern[at]) && next < text.size()) {
      const void* const found = std::memchr(text.data() + next, pattern[at], text.size() - next);
      if (found == nullptr) return false;
      next = star_next = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
    }
  }
  while (at < pattern.size() && pattern[at] == '*') ++at;
  return at == pattern.size();
}

}  // namespace zedis::base

// A slow glob matcher by the definition, for tests: every way a star can go is tried.
#pragma once

#include <optional>
#include <string_view>

namespace zedis::base {

class GlobReference {
 public:
  GlobReference(bool ignore_case, long steps_max) : ignore_case_(ignore_case), steps_left_(steps_max) {}

  // Nothing if it would take more than the steps allowed.
  std::optional<bool> Match(std::string_view pattern, std::string_view text) {
    if (text.empty()) return pattern.empty();
    const bool result = MatchRest(pattern, text);
    if (steps_left_ <= 0) return std::nullopt;
    return result;
  }

 private:
  char Fold(char c) const { return ignore_case_ && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

  bool MatchRest(std::string_view pattern, std::string_view text) {
    if (--steps_left_ <= 0) return false;
    if (pattern.empty()) return text.empty();
    if (pattern[0] == '*') {
      for (std::size_t taken = 0; taken <= text.size(); ++taken) {
        if (MatchRest(pattern.substr(1), text.substr(taken))) return true;
      }
      return false;
    }
    if (text.empty()) return false;
    bool good = false;
    if (pattern[0] == '?') {
      good = true;
    } else if (pattern[0] == '[') {
      pattern.remove_prefix(1);
      good = TakeClass(pattern, text[0]);
      return good && MatchRest(pattern, text.substr(1));
    } else {
      if (pattern[0] == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
      good = Fold(pattern[0]) == Fold(text[0]);
    }
    return good && MatchRest(pattern.substr(1), text.substr(1));
  }

  // Removes the class with its closing bracket from the front of `pattern`.
  bool TakeClass(std::string_view& pattern, char c) const {
    const bool negated = pattern.starts_with('^');
    if (negated) pattern.remove_prefix(1);
    bool found = false;
    while (!pattern.empty() && pattern[0] != ']') {
      if (pattern[0] == '\\' && pattern.size() >= 2) {
        if (pattern[1] == c) found = true;
        pattern.remove_prefix(2);
      } else if (pattern.size() >= 3 && pattern[1] == '-') {
        auto low = static_cast<signed char>(pattern[0]);
        auto high = static_cast<signed char>(pattern[2]);
        if (high < low) {
          const signed char other = low;
          low = high;
          high = other;
        }
        if (static_cast<signed char>(Fold(static_cast<char>(low))) <= static_cast<signed char>(Fold(c)) &&
            static_cast<signed char>(Fold(c)) <= static_cast<signed char>(Fold(static_cast<char>(high)))) {
          found = true;
        }
        pattern.remove_prefix(3);
      } else {
        if (Fold(pattern[0]) == Fold(c)) found = true;
        pattern.remove_prefix(1);
      }
    }
    if (!pattern.empty()) pattern.remove_prefix(1);
    return found != negated;
  }

  bool ignore_case_;
  long steps_left_;
};

}  // namespace zedis::base

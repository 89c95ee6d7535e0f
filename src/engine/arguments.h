// Reading arguments: numbers with the error texts of Redis, and a cursor over options that every family uses.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/numbers.h"
#include "engine/command.h"
#include "engine/errors.h"
#include "engine/registry.h"

namespace zedis::engine {

inline Expected<std::int64_t> ParseInteger(std::string_view text, const Error& error = kNotAnInteger) {
  if (const auto value = base::ParseInt64(text)) [[likely]]
    return *value;
  return std::unexpected(&error);
}

// An integer within [least, most], else `error`.
inline Expected<std::int64_t> ParseIntegerIn(std::string_view text, std::int64_t least, std::int64_t most,
                                             const Error& error) {
  const auto value = base::ParseInt64(text);
  if (!value || *value < least || *value > most) return std::unexpected(&error);
  return *value;
}

// What of a client's text an error shows: at most `size_max` bytes, and nothing from a zero byte on, as Redis does.
inline std::string_view Shown(std::string_view text, std::size_t size_max = 128) {
  text = text.substr(0, size_max);
  return text.substr(0, text.find('\0'));
}

// Walks over the arguments behind the fixed ones.
class OptionCursor {
 public:
  OptionCursor(Args args, std::size_t start) : args_(args), next_(start) {}

  bool done() const { return next_ >= args_.size(); }
  std::size_t left() const { return args_.size() - next_; }
  std::size_t position() const { return next_; }

  // Consumes the next argument if it is this word (given in lower case), in any case.
  bool Take(std::string_view word) {
    if (done() || !EqualsIgnoreCase(word, args_[next_])) return false;
    ++next_;
    return true;
  }
  // The same, only if at least `values` arguments follow the word.
  bool TakeWith(std::string_view word, std::size_t values) {
    if (left() <= values || !EqualsIgnoreCase(word, args_[next_])) return false;
    ++next_;
    return true;
  }
  // The next argument, whatever it is. REQUIRES: !done().
  std::string_view Next() { return args_[next_++]; }

 private:
  Args args_;
  std::size_t next_;
};

}  // namespace zedis::engine

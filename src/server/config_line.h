// One line of a configuration file: words, some of them quoted.
//
//   "..."  with \n \r \t \a \b \xHH and backslash before any other character for that character
//   '...'  with \' only
//
// A closing quote must be followed by a space or the end of the line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace zedis::server {

// The words of `line`; nothing if its quotes do not match.
std::optional<std::vector<std::string>> SplitConfigLine(std::string_view line);

// `text` in double quotes, so that SplitConfigLine gives it back.
std::string QuoteConfigWord(std::string_view text);

// A line of words with single blanks between them, those in quotes that SplitConfigLine would not give back otherwise.
std::string QuoteOddWords(std::string_view line);

}  // namespace zedis::server

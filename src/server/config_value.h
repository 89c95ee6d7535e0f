// Turns the words of a directive into a value, with Redis's texts for what is wrong with them.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config_directive.h"

namespace zedis::server {

inline constexpr std::string_view kWrongNumberOfArguments = "wrong number of arguments";

// `words` are those after the directive's name. `current` is the value that is to be replaced.
std::expected<Value, std::string> ParseValue(const Directive& directive, Words words, const Value& current);

// The value of a table row's `initial`. The row must be well-formed.
Value InitialValue(const Directive& directive);

// A canonical decimal integer: no sign but '-', no leading zeros, no spaces.
std::optional<std::int64_t> ParseConfigInt(std::string_view text);

// Digits and a unit: none or b (1), k (1000), kb (1024), m, mb, g, gb, in either case. Too many digits saturate.
std::optional<std::uint64_t> ParseMemory(std::string_view text);

// The parser of integers, for special parsers that refine it.
std::expected<Value, std::string> ParseIntValue(const Directive& directive, std::string_view text);
std::expected<Value, std::string> ParseMemoryValue(const Directive& directive, std::string_view text);

// Pieces between single spaces; "" has none.
std::vector<std::string> SplitAtSpaces(std::string_view text);

bool EqualsIgnoringCase(std::string_view a, std::string_view b);

}  // namespace zedis::server

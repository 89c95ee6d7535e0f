#include "server/config_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/check.h"

namespace zedis::server {
namespace {

using Result = std::expected<Value, std::string>;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string OutOfRange(std::string_view min, std::string_view max) {
  return fmt::format("argument must be between {} and {} inclusive", min, max);
}

Result ParseBool(std::string_view text) {
  if (EqualsIgnoringCase(text, "yes")) return Value{"yes", 1};
  if (EqualsIgnoringCase(text, "no")) return Value{"no", 0};
  return std::unexpected("argument must be 'yes' or 'no'");
}

Result ParsePercent(std::string_view text) {
  const auto percent = ParseConfigInt(text.substr(0, text.size() - 1));
  if (!percent || *percent < 0) return std::unexpected("argument must be a memory or percent value");
  if (*percent > 100) return std::unexpected("percentage argument must be less or equal to 100");
  return Value{*percent == 0 ? "0" : fmt::format("{}%", *percent), -*percent};
}

Result ParseMemoryOrPercent(std::string_view text) {
  if (text.ends_with('%')) return ParsePercent(text);
  const auto bytes = ParseMemory(text);
  if (!bytes || *bytes > static_cast<std::uint64_t>(kInt64Max)) {
    return std::unexpected("argument must be a memory or percent value");
  }
  return Value{std::to_string(*bytes), static_cast<std::int64_t>(*bytes)};
}

Result ParseOctal(const Directive& directive, std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 8);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::unexpected("argument couldn't be parsed as an octal number");
  }
  if (number < directive.min || number > static_cast<std::int64_t>(directive.max)) {
    return std::unexpected(OutOfRange(fmt::format("{:o}", directive.min), fmt::format("{:o}", directive.max)));
  }
  return Value{fmt::format("{:o}", number), number};
}

std::string OneOf(Names names) {
  return fmt::format("argument(s) must be one of the following: {}", fmt::join(names, ", "));
}

std::optional<std::size_t> IndexOfName(Names names, std::string_view text) {
  const auto found = std::ranges::find_if(names, [&](auto name) { return EqualsIgnoringCase(name, text); });
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

Result ParseEnum(const Directive& directive, std::string_view text) {
  const auto index = IndexOfName(directive.names, text);
  if (!index) return std::unexpected(OneOf(directive.names));
  return Value{std::string(directive.names[*index]), static_cast<std::int64_t>(*index)};
}

Result ParseFlags(const Directive& directive, Words words) {
  if (words.empty()) return std::unexpected(OneOf(directive.names));
  std::int64_t bits = 0;
  for (const auto& word : words) {
    const auto index = IndexOfName(directive.names, word);
    if (!index) return std::unexpected(OneOf(directive.names));
    if (*index > 0) bits |= std::int64_t{1} << (*index - 1);
  }
  std::string text;
  for (std::size_t i = 1; i < directive.names.size(); ++i) {
    if ((bits >> (i - 1) & 1) == 0) continue;
    if (!text.empty()) text += ' ';
    text += directive.names[i];
  }
  if (bits == 0) text = directive.names[0];
  return Value{text, bits};
}

Result ParseKind(const Directive& directive, Words words) {
  if (directive.kind == ValueKind::kFlags) return ParseFlags(directive, words);
  if (words.size() != 1) return std::unexpected(std::string(kWrongNumberOfArguments));
  const std::string& text = words[0];
  switch (directive.kind) {
    case ValueKind::kBool:
      return ParseBool(text);
    case ValueKind::kInt:
      return ParseIntValue(directive, text);
    case ValueKind::kMemory:
      return ParseMemoryValue(directive, text);
    case ValueKind::kMemoryOrPercent:
      return ParseMemoryOrPercent(text);
    case ValueKind::kOctal:
      return ParseOctal(directive, text);
    case ValueKind::kEnum:
      return ParseEnum(directive, text);
    case ValueKind::kFlags:
      break;  // handled above
    case ValueKind::kString:
      return Value{text, 0};
  }
  std::abort();
}

}  // namespace

bool EqualsIgnoringCase(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, Lower, Lower); }

std::vector<std::string> SplitAtSpaces(std::string_view text) {
  std::vector<std::string> pieces;
  if (text.empty()) return pieces;
  for (std::size_t start = 0;;) {
    const std::size_t end = text.find(' ', start);
    pieces.emplace_back(text.substr(start, end - start));
    if (end == std::string_view::npos) return pieces;
    start = end + 1;
  }
}

std::optional<std::int64_t> ParseConfigInt(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits[0] == '0' && text != "0")) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> ParseMemory(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view unit = text.substr(digits);
  std::uint64_t factor = 0;
  if (unit.empty() || EqualsIgnoringCase(unit, "b")) factor = 1;
  if (EqualsIgnoringCase(unit, "k")) factor = 1000;
  if (EqualsIgnoringCase(unit, "kb")) factor = 1024;
  if (EqualsIgnoringCase(unit, "m")) factor = 1000 * 1000;
  if (EqualsIgnoringCase(unit, "mb")) factor = 1024 * 1024;
  if (EqualsIgnoringCase(unit, "g")) factor = 1000 * 1000 * 1000;
  if (EqualsIgnoringCase(unit, "gb")) factor = 1024 * 1024 * 1024;
  if (factor == 0) return std::nullopt;
  std::uint64_t number = 0;  // stays 0 without digits, as in Redis
  if (std::from_chars(text.data(), text.data() + digits, number).ec == std::errc::result_out_of_range) {
    number = kUint64Max;
  }
  // Redis lets the product wrap around, which turns a typing error into a tiny limit.
  if (factor > 1 && number > kUint64Max / factor) return std::nullopt;
  return number * factor;
}

Result ParseIntValue(const Directive& directive, std::string_view text) {
  const auto number = ParseConfigInt(text);
  if (!number) return std::unexpected("argument couldn't be parsed into an integer");
  if (*number < directive.min || *number > static_cast<std::int64_t>(directive.max)) {
    return std::unexpected(OutOfRange(std::to_string(directive.min), std::to_string(directive.max)));
  }
  return Value{std::to_string(*number), *number};
}

Result ParseMemoryValue(const Directive& directive, std::string_view text) {
  const auto bytes = ParseMemory(text);
  if (!bytes) return std::unexpected("argument must be a memory value");
  if (*bytes < static_cast<std::uint64_t>(directive.min) || *bytes > directive.max) {
    return std::unexpected(OutOfRange(std::to_string(directive.min), std::to_string(directive.max)));
  }
  return Value{std::to_string(*bytes),
               static_cast<std::int64_t>(std::min(*bytes, static_cast<std::uint64_t>(kInt64Max)))};
}

Result ParseValue(const Directive& directive, Words words, const Value& current) {
  std::vector<std::string> pieces;
  if (directive.multi_arg && words.size() == 1) {
    pieces = SplitAtSpaces(words[0]);
    words = pieces;
  }
  auto value = directive.parse != nullptr ? directive.parse(directive, words, current) : ParseKind(directive, words);
  if (value && directive.status == Status::kUnsupportedWhenOn && value->text != InitialValue(directive).text) {
    return std::unexpected(fmt::format("not supported yet: the only value accepted is '{}'", directive.initial));
  }
  return value;
}

Value InitialValue(const Directive& directive) {
  Directive any = directive;
  any.status = Status::kActive;
  const std::string initial(directive.initial);
  const auto value = ParseValue(any, Words(&initial, 1), Value{});
  CHECK(value.has_value());
  return *value;
}

}  // namespace zedis::server

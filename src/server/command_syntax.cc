#include "server/command_syntax.h"

#include <algorithm>
#include <utility>

namespace zedis::server {
namespace {

bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsNameByte(char c) {
  return IsUpper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = IsUpper(c) ? static_cast<char>(c | 0x20) : c;
  return lower;
}

// By recursive descent, a function for each rule. All of them return false at what they do not understand.
class Parser {
 public:
  explicit Parser(std::string_view line) : left_(line) {}

  bool Line(std::vector<SyntaxArgument>& arguments) { return Arguments(arguments, ' ') && left_.empty(); }

 private:
  struct Word {
    std::string_view text;
    bool is_token = false;
  };

  bool Take(std::string_view text) {
    if (!left_.starts_with(text)) return false;
    left_.remove_prefix(text.size());
    return true;
  }

  // Arguments with `separator` between them.
  bool Arguments(std::vector<SyntaxArgument>& arguments, char separator) {
    do {
      if (!Argument(arguments.emplace_back())) return false;
    } while (Take({&separator, 1}));
    return true;
  }

  bool Argument(SyntaxArgument& argument) {
    argument.is_optional = Take("[");
    Word word;
    if (!ReadWord(word)) return false;
    if (word.is_token && left_.starts_with(' ') && NameFollows()) {
      left_.remove_prefix(1);
      argument.token = word.text;
      if (!ReadWord(word) || word.is_token) return false;
    }
    if (!Kind(argument, word) || !Suffixes(argument)) return false;
    return !argument.is_optional || Take("]");
  }

  // Behind a word and a blank: an argument that belongs to it, not another word or an option.
  bool NameFollows() const {
    const char next = left_.size() > 1 ? left_[1] : ' ';
    return next == '\'' || (IsNameByte(next) && !IsUpper(next));
  }

  bool ReadWord(Word& word) {
    for (const char quote : {'"', '\''}) {
      if (!Take({&quote, 1})) continue;
      const std::size_t end = left_.find(quote);
      if (end == std::string_view::npos) return false;
      word = {left_.substr(0, end), quote == '"'};
      left_.remove_prefix(end + 1);
      return true;
    }
    const auto end = std::ranges::find_if_not(left_, IsNameByte);
    word.text = left_.substr(0, static_cast<std::size_t>(end - left_.begin()));
    word.is_token = std::ranges::any_of(word.text, IsUpper);
    left_.remove_prefix(word.text.size());
    return !word.text.empty();
  }

  bool Kind(SyntaxArgument& argument, const Word& word) {
    argument.name = word.is_token ? Lower(word.text) : std::string(word.text);
    if (word.is_token || Take("=")) {
      Word token = word;
      if (!word.is_token && (!ReadWord(token) || !token.is_token)) return false;
      argument.type = "pure-token";
      argument.token = token.text;
      return true;
    }
    if (Take("(")) {
      argument.type = "oneof";
      return Arguments(argument.arguments, '|') && Take(")");
    }
    if (Take("{")) {
      argument.type = "block";
      return Arguments(argument.arguments, ' ') && Take("}");
    }
    static constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {":int", "integer"}, {":double", "double"}, {":pattern", "pattern"}, {":time", "unix-time"}, {":key", "key"}};
    for (const auto& [suffix, type] : kTypes) {
      if (Take(suffix)) argument.type = type;
    }
    if (argument.type.empty()) argument.type = left_.starts_with('#') ? "key" : "string";
    if (!Take("#")) return true;
    if (left_.empty() || left_[0] < '0' || left_[0] > '9') return false;
    argument.key_spec = left_[0] - '0';
    left_.remove_prefix(1);
    return true;
  }

  bool Suffixes(SyntaxArgument& argument) {
    if (Take("@")) argument.since = Version();
    if (Take("!")) argument.deprecated_since = Version();
    argument.is_multiple = Take("...");
    argument.repeats_token = argument.is_multiple && Take("+");
    return true;
  }

  // Digits and points. "..." is no part of it: that says that there may be several.
  std::string_view Version() {
    std::size_t end = std::min(left_.find_first_not_of("0123456789."), left_.size());
    end = std::min(end, left_.find(".."));
    const std::string_view version = left_.substr(0, end);
    left_.remove_prefix(end);
    return version;
  }

  std::string_view left_;
};

void ReplyFlags(const resp::Reply& reply, const SyntaxArgument& argument) {
  const std::pair<bool, std::string_view> flags[] = {{argument.is_optional, "optional"},
                                                     {argument.is_multiple, "multiple"},
                                                     {argument.repeats_token, "multiple_token"}};
  reply.Bulk("flags");
  reply.SetHeader(
      static_cast<std::uint64_t>(std::ranges::count_if(flags, [](const auto& flag) { return flag.first; })));
  for (const auto& [is_set, name] : flags) {
    if (is_set) reply.SimpleString(name);
  }
}

}  // namespace

std::optional<std::vector<SyntaxArgument>> ParseSyntax(std::string_view line) {
  std::vector<SyntaxArgument> arguments;
  if (line.empty() || Parser(line).Line(arguments)) return arguments;
  return std::nullopt;
}

void ReplyArguments(const resp::Reply& reply, const std::vector<SyntaxArgument>& arguments) {
  reply.ArrayHeader(arguments.size());
  for (const SyntaxArgument& argument : arguments) {
    const auto header = reply.DeferMap();
    std::uint64_t fields = 2;
    const auto text = [&](std::string_view name, std::string_view value) {
      reply.Bulk(name);
      reply.Bulk(value);
    };
    const auto text_if_any = [&](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      text(name, value);
      ++fields;
    };
    text("name", argument.name);
    text("type", argument.type);
    if (argument.key_spec >= 0) {
      reply.Bulk("key_spec_index");
      reply.Integer(argument.key_spec);
      ++fields;
    }
    if (argument.token) {
      text("token", *argument.token);
      ++fields;
    }
    text_if_any("since", argument.since);
    text_if_any("deprecated_since", argument.deprecated_since);
    if (argument.is_optional || argument.is_multiple) {
      ReplyFlags(reply, argument);
      ++fields;
    }
    if (!argument.arguments.empty()) {
      reply.Bulk("arguments");
      ReplyArguments(reply, argument.arguments);
      ++fields;
    }
    reply.CloseMap(header, fields);
  }
}

}  // namespace zedis::server

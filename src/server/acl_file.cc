#include "server/acl_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace zedis::server {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string_view> SplitWords(std::string_view line) {
  std::vector<std::string_view> words;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    // Blanks between words make empty rules, which change nothing.
    words.push_back(Trim(line.substr(0, end)));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  std::erase(words, std::string_view());
  return words;
}

class Parser {
 public:
  Parser(std::string_view file, const RuleWorld& world,
         const std::function<std::uint64_t(std::string_view)>& identity_of)
      : file_(file), world_(world), identity_of_(identity_of) {}

  void ParseLine(std::size_t number, std::string_view line) {
    const std::vector<std::string_view> words = SplitWords(line);
    if (words.empty()) return;
    if (words[0] != "user" || words.size() < 2) {
      errors_ += fmt::format("{}:{} should start with user keyword followed by the username. ", file_, number);
      return;
    }
    const std::string_view name = words[1];
    if (users_.contains(name)) {
      errors_ += fmt::format("WARNING: Duplicate user '{}' found on line {}. ", name, number);
      return;
    }
    User user(std::string(name), identity_of_(name), world_.all_channels);
    const auto rules = JoinSelectors(std::span(words).subspan(2));
    if (!rules) {
      errors_ += fmt::format("{}:{}: Unmatched parenthesis in selector definition.", file_, number);
      return;
    }
    ApplyAll(user, *rules, number);
    users_.emplace(name, std::make_shared<const User>(std::move(user)));
  }

  const std::string& errors() const { return errors_; }
  Users TakeUsers() { return std::move(users_); }

 private:
  void ApplyAll(User& user, const std::vector<std::string>& rules, std::size_t number) {
    bool other_told = false;
    for (const std::string& rule : rules) {
      const auto applied = user.Apply(world_, rule);
      if (applied) continue;
      // Only commands are shown: anything else might be a password. Of the others the first is enough.
      if (applied.error() == RuleError::kUnknownCommand) {
        errors_ +=
            fmt::format("{}:{}: Error in applying operation '{}': {}. ", file_, number, rule, TextOf(applied.error()));
      } else if (!other_told) {
        errors_ += fmt::format("{}:{}: {}. ", file_, number, TextOf(applied.error()));
        other_told = true;
      }
    }
  }

  const std::string_view file_;
  const RuleWorld& world_;
  const std::function<std::uint64_t(std::string_view)>& identity_of_;
  Users users_;
  std::string errors_;
};

}  // namespace

std::expected<Users, std::string> ParseUsers(std::string_view file, std::string_view text, const RuleWorld& world,
                                             const std::function<std::uint64_t(std::string_view)>& identity_of) {
  Parser parser(file, world, identity_of);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    parser.ParseLine(number, Trim(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!parser.errors().empty()) {
    return std::unexpected(parser.errors() +
                           "WARNING: ACL errors detected, no change to the previously active ACL rules was performed");
  }
  return parser.TakeUsers();
}

}  // namespace zedis::server

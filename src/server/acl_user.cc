#include "server/acl_user.h"

#include <algorithm>
#include <optional>
#include <ranges>

#include "server/acl_password.h"
#include "server/config_line.h"

namespace zedis::server {

using engine::EqualsIgnoreCase;

User User::MakeDefault(std::uint64_t identity) {
  User user("default", identity, true);
  user.enabled_ = true;
  user.no_password_ = true;
  user.selectors_.front() = Selector::Unrestricted();
  return user;
}

RuleResult User::Apply(const RuleWorld& world, std::string_view rule) {
  const auto is = [&](std::string_view word) { return EqualsIgnoreCase(word, rule); };
  if (rule.empty()) return {};
  if (is("on")) {
    enabled_ = true;
  } else if (is("off")) {
    enabled_ = false;
  } else if (is("nopass")) {
    no_password_ = true;
    password_hashes_.clear();
  } else if (is("resetpass")) {
    no_password_ = false;
    password_hashes_.clear();
  } else if (is("sanitize-payload")) {
    payload_ = Payload::kSanitize;
  } else if (is("skip-sanitize-payload")) {
    payload_ = Payload::kSkip;
  } else if (is("clearselectors")) {
    selectors_.erase(selectors_.begin() + 1, selectors_.end());
  } else if (is("reset")) {
    Reset(world);
  } else if (std::string_view("><#!").contains(rule[0])) {
    return ApplyPassword(rule);
  } else if (rule.starts_with('(') && rule.ends_with(')')) {
    return AddSelector(world, rule.substr(1, rule.size() - 2));
  } else {
    return selectors_.front().Apply(world, rule);
  }
  return {};
}

RuleResult User::ApplyPassword(std::string_view rule) {
  const bool is_hash = rule[0] == '#' || rule[0] == '!';
  const bool adds = rule[0] == '>' || rule[0] == '#';
  rule.remove_prefix(1);
  if (is_hash && !IsPasswordHash(rule)) return std::unexpected(RuleError::kBadHash);
  std::string hash = is_hash ? std::string(rule) : HashPassword(rule);
  const auto found = std::ranges::find(password_hashes_, hash);
  if (adds) {
    if (found == password_hashes_.end()) password_hashes_.push_back(std::move(hash));
    no_password_ = false;
  } else if (found != password_hashes_.end()) {
    password_hashes_.erase(found);
  } else {
    return std::unexpected(RuleError::kNoSuchPassword);
  }
  return {};
}

RuleResult User::AddSelector(const RuleWorld& world, std::string_view rules) {
  const auto words = SplitConfigLine(rules);
  if (!words) return std::unexpected(RuleError::kSyntax);
  Selector selector(world.all_channels);
  for (const std::string& word : *words) {
    if (auto applied = selector.Apply(world, word); !applied) return applied;
  }
  selectors_.push_back(std::move(selector));
  return {};
}

void User::Reset(const RuleWorld& world) {
  enabled_ = false;
  no_password_ = false;
  payload_ = Payload::kSanitize;
  password_hashes_.clear();
  selectors_.assign(1, Selector(world.all_channels));
}

Denial User::Check(const engine::ResolvedCommand& command, engine::Args args, int database) const {
  Denial strongest;
  for (const Selector& selector : selectors_) {
    const Denial denial = selector.Check(command, args, database);
    if (!denial) return denial;
    strongest = std::max(strongest, denial);
  }
  return strongest;
}

bool User::MayReadEveryKey(const engine::ResolvedCommand& command, engine::Args args, int database) const {
  return std::ranges::any_of(selectors_, [&](const Selector& selector) {
    return selector.ReadsEveryKey() && !selector.Check(command, args, database);
  });
}

bool User::MayListen(std::string_view channel, bool is_pattern) const {
  return std::ranges::any_of(selectors_,
                             [&](const Selector& selector) { return selector.MayListen(channel, is_pattern); });
}

std::vector<std::string_view> User::Flags() const {
  std::vector<std::string_view> flags{enabled_ ? "on" : "off"};
  if (no_password_) flags.emplace_back("nopass");
  if (payload_ == Payload::kSkip) flags.emplace_back("skip-sanitize-payload");
  if (payload_ == Payload::kSanitize) flags.emplace_back("sanitize-payload");
  return flags;
}

std::string User::Line(const CommandCatalog& catalog) const {
  std::string line = "user " + name_;
  for (const std::string_view flag : Flags()) line.append(" ").append(flag);
  for (const std::string& hash : password_hashes_) line.append(" #").append(hash);
  line.append(" ").append(selectors_.front().Rules(catalog));
  for (const Selector& selector : selectors() | std::views::drop(1)) {
    line.append(" (").append(QuoteOddWords(selector.Rules(catalog))).append(")");
  }
  return line;
}

std::expected<std::vector<std::string>, std::string> JoinSelectors(std::span<const std::string_view> words) {
  std::vector<std::string> rules;
  std::optional<std::string_view> opened;
  for (const std::string_view word : words) {
    if (opened) {
      rules.back().append(" ").append(word);
      if (word.ends_with(')')) opened.reset();
    } else {
      rules.emplace_back(word);
      if (word.starts_with('(') && !word.ends_with(')')) opened = word;
    }
  }
  if (opened) return std::unexpected(std::string(*opened));
  return rules;
}

}  // namespace zedis::server

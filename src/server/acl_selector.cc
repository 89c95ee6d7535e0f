#include "server/acl_selector.h"

#include <algorithm>
#include <cctype>
#include <limits>

#include "base/check.h"
#include "base/glob.h"
#include "base/numbers.h"
#include "server/command_describe.h"
#include "server/key_flags.h"

namespace zedis::server {

using engine::EqualsIgnoreCase;
using engine::ResolvedCommand;

namespace {

bool SameWord(std::string_view one, std::string_view other) {
  const auto lower = [](unsigned char c) { return std::tolower(c); };
  return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace

Selector Selector::Unrestricted() {
  Selector selector(true);
  selector.AllowAll(true);
  selector.all_keys_ = true;
  return selector;
}

// --- rules ---

RuleResult Selector::Apply(const RuleWorld& world, std::string_view rule) {
  const auto is = [&](std::string_view word) { return EqualsIgnoreCase(word, rule); };
  if (is("allkeys") || is("~*")) {
    all_keys_ = true;
    keys_.clear();
  } else if (is("resetkeys")) {
    all_keys_ = false;
    keys_.clear();
  } else if (is("allchannels") || is("&*")) {
    all_channels_ = true;
    channels_.clear();
  } else if (is("resetchannels")) {
    all_channels_ = false;
    channels_.clear();
  } else if (is("allcommands") || is("+@all")) {
    AllowAll(true);
  } else if (is("nocommands") || is("-@all")) {
    AllowAll(false);
  } else if (is("alldbs")) {
    all_databases_ = true;
    databases_.clear();
  } else if (is("resetdbs")) {
    all_databases_ = false;
    databases_.clear();
  } else if (rule.starts_with('~') || rule.starts_with('%')) {
    return AddKeyPattern(rule);
  } else if (rule.starts_with('&')) {
    return AddChannel(rule.substr(1));
  } else if (rule.starts_with('+') || rule.starts_with('-')) {
    return ApplyCommandRule(world, rule);
  } else if (EqualsIgnoreCase("db=", rule.substr(0, 3))) {
    return SetDatabases(world, rule.substr(3));
  } else if (!rule.empty()) {
    return std::unexpected(RuleError::kSyntax);
  }
  return {};
}

RuleResult Selector::AddKeyPattern(std::string_view rule) {
  if (all_keys_) return std::unexpected(RuleError::kPatternAfterAllKeys);
  std::uint8_t access = kRead | kWrite;
  std::size_t start = 1;
  if (rule[0] == '%') {
    access = 0;
    for (; start < rule.size() && rule[start] != '~'; ++start) {
      const int letter = std::toupper(static_cast<unsigned char>(rule[start]));
      const std::uint8_t wanted = letter == 'R' ? kRead : letter == 'W' ? kWrite : 0;
      if (wanted == 0 || (access & wanted) != 0) return std::unexpected(RuleError::kSyntax);
      access |= wanted;
    }
    if (access == 0) return std::unexpected(RuleError::kSyntax);
    start = std::min(start + 1, rule.size());
  }
  const std::string_view pattern = rule.substr(start);
  if (HasSpaces(pattern)) return std::unexpected(RuleError::kSyntax);
  const auto found = std::ranges::find(keys_, pattern, &KeyPattern::pattern);
  if (found != keys_.end()) {
    found->access |= access;
  } else {
    keys_.push_back({std::string(pattern), access});
  }
  return {};
}

RuleResult Selector::AddChannel(std::string_view pattern) {
  if (all_channels_) return std::unexpected(RuleError::kPatternAfterAllChannels);
  if (HasSpaces(pattern)) return std::unexpected(RuleError::kSyntax);
  if (std::ranges::find(channels_, pattern) == channels_.end()) channels_.emplace_back(pattern);
  return {};
}

RuleResult Selector::SetDatabases(const RuleWorld& world, std::string_view list) {
  std::vector<int> databases;
  for (bool more = true; more;) {
    const std::size_t comma = list.find(',');
    more = comma != std::string_view::npos;
    const auto number = base::ParseInt64(list.substr(0, comma));
    if (!number || *number < 0) return std::unexpected(RuleError::kSyntax);
    if (*number >= world.databases) return std::unexpected(RuleError::kDatabaseOutOfRange);
    const int database = static_cast<int>(*number);
    if (std::ranges::find(databases, database) == databases.end()) databases.push_back(database);
    if (more) list.remove_prefix(comma + 1);
  }
  all_databases_ = false;
  databases_ = std::move(databases);
  return {};
}

RuleResult Selector::ApplyCommandRule(const RuleWorld& world, std::string_view rule) {
  const bool on = rule[0] == '+';
  const std::string_view name = rule.substr(1);
  if (name.starts_with('@')) {
    const auto category = FindCategory(name.substr(1));
    if (!category) return std::unexpected(RuleError::kUnknownCommand);
    AllowCategory(world.catalog, *category, on);
    return {};
  }
  const std::size_t bar = name.rfind('|');
  if (on && bar != std::string_view::npos) return ApplySubcommandRule(world, name, bar);
  if (const ResolvedCommand* command = world.catalog.Find(name)) {
    Allow(*command, on);
    return {};
  }
  if (world.catalog.IsRemoved(name)) return {};
  return std::unexpected(RuleError::kUnknownCommand);
}

// "+config|get", or "+select|0" where a command without subcommands is allowed with this first argument.
RuleResult Selector::ApplySubcommandRule(const RuleWorld& world, std::string_view name, std::size_t bar) {
  const std::string_view argument = name.substr(bar + 1);
  const ResolvedCommand* command = world.catalog.Find(name.substr(0, bar));
  if (command == nullptr) {
    if (world.catalog.IsRemoved(name)) return {};
    return std::unexpected(RuleError::kUnknownCommand);
  }
  if (command->parent != nullptr) return std::unexpected(RuleError::kFirstArgumentOfSubcommand);
  if (argument.empty()) return std::unexpected(RuleError::kSyntax);
  if (command->has_subcommands) {
    const ResolvedCommand* subcommand = world.catalog.Find(name);
    if (subcommand == nullptr) return std::unexpected(RuleError::kUnknownCommand);
    Allow(*subcommand, true);
    return {};
  }
  std::vector<std::string>& allowed = first_arguments_[command->number];
  if (std::ranges::none_of(allowed, [&](std::string_view one) { return SameWord(one, argument); })) {
    allowed.emplace_back(argument);
  }
  return {};
}

void Selector::SetBit(std::uint32_t number, bool on) {
  CHECK(number < kBits);
  const std::uint64_t bit = std::uint64_t{1} << (number % 64);
  on ? commands_[number / 64] |= bit : commands_[number / 64] &= ~bit;
  if (!on) all_commands_ = false;
}

void Selector::AllowAll(bool on) {
  commands_.fill(on ? ~std::uint64_t{0} : 0);
  all_commands_ = on;
  first_arguments_.clear();
}

void Selector::Allow(const ResolvedCommand& command, bool on) {
  SetBit(command.number, on);
  first_arguments_.erase(command.number);
  for (const ResolvedCommand& subcommand : command.subcommands) SetBit(subcommand.number, on);
}

void Selector::AllowCategory(const CommandCatalog& catalog, std::uint32_t category, bool on) {
  for (const ResolvedCommand* command : catalog.all()) {
    if (IsListed(*command) && (command->categories & category) != 0) Allow(*command, on);
  }
}

// --- decisions ---

Denial Selector::Check(const ResolvedCommand& command, engine::Args args, int database) const {
  if (!all_databases_) {
    if (const Denial denial = CheckDatabases(command, args, database)) return denial;
  }
  if (!all_commands_ && (command.flags & engine::kNoAuth) == 0 && !MayRun(command, args)) {
    return {DenialReason::kCommand, 0};
  }
  if (!all_keys_ && command.shape != ResolvedCommand::KeyShape::kNone) {
    if (const Denial denial = CheckKeys(command, args)) return denial;
  }
  if (!all_channels_ && (command.flags & engine::kPubsub) != 0) return CheckChannels(command, args);
  return {};
}

bool Selector::MayRun(const ResolvedCommand& command, engine::Args args) const {
  if (Bit(command.number)) [[likely]]
    return true;
  const auto found = first_arguments_.find(command.number);
  if (found == first_arguments_.end() || args.size() < 2) return false;
  return std::ranges::any_of(found->second, [&](std::string_view argument) { return SameWord(argument, args[1]); });
}

bool Selector::MayAccess(std::string_view key, std::uint32_t flags) const {
  std::uint8_t needed = 0;
  if ((flags & engine::kKeyAccess) != 0) needed |= kRead;
  if ((flags & (engine::kKeyInsert | engine::kKeyDelete | engine::kKeyUpdate)) != 0) needed |= kWrite;
  return std::ranges::any_of(keys_, [&](const KeyPattern& allowed) {
    return (allowed.access & needed) == needed && base::GlobMatch(allowed.pattern, key);
  });
}

// As in Redis a request whose arguments contradict the key specifications is let through: its handler refuses it.
Denial Selector::CheckKeys(const ResolvedCommand& command, engine::Args args) const {
  Denial denial;
  const bool fits = engine::ForEachKey(*command.row, args, [&](std::size_t i, const engine::KeySpec& spec) {
    if (denial || (spec.flags & engine::kKeyNotKey) != 0) return;
    if (!MayAccess(args[i], KeyFlagsOf(*command.row, args, spec))) denial = {DenialReason::kKey, i};
  });
  return fits ? denial : Denial{};
}

bool Selector::ReadsEveryKey() const {
  return all_keys_ || std::ranges::any_of(keys_, [](const KeyPattern& allowed) {
           return (allowed.access & kRead) != 0 && base::GlobMatchesEverything(allowed.pattern);
         });
}

bool Selector::MayListen(std::string_view channel, bool is_pattern) const {
  if (all_channels_) return true;
  // What a pattern lets through is only known to be allowed if the very same pattern is.
  return std::ranges::any_of(channels_, [&](const std::string& allowed) {
    return is_pattern ? allowed == channel : base::GlobMatch(allowed, channel);
  });
}

namespace {

struct ChannelArguments {
  std::string_view command;
  std::size_t last;  // 0: to the end
  bool are_patterns;
};
// The first argument is a channel in all of them. Who wants to hear no more may always say so.
constexpr ChannelArguments kChannelArguments[] = {{"publish", 1, false},
                                                  {"spublish", 1, false},
                                                  {"subscribe", 0, false},
                                                  {"ssubscribe", 0, false},
                                                  {"psubscribe", 0, true}};

}  // namespace

Denial Selector::CheckChannels(const ResolvedCommand& command, engine::Args args) const {
  const auto found = std::ranges::find(kChannelArguments, command.row->name, &ChannelArguments::command);
  if (found == std::end(kChannelArguments)) return {};
  const std::size_t end = found->last == 0 ? args.size() : std::min(found->last + 1, args.size());
  for (std::size_t i = 1; i < end; ++i) {
    if (!MayListen(args[i], found->are_patterns)) return {DenialReason::kChannel, i};
  }
  return {};
}

bool Selector::MayUse(int database) const {
  return all_databases_ || std::ranges::find(databases_, database) != databases_.end();
}

namespace {

// The arguments that name a database other than the selected one.
std::vector<std::size_t> DatabaseArguments(std::string_view command, engine::Args args) {
  if (command == "select") return {1};
  if (command == "swapdb") return {1, 2};
  if (command == "move") return {2};
  if (command == "migrate") return {4};
  if (command == "copy") {
    for (std::size_t i = 3; i + 1 < args.size(); ++i) {
      if (EqualsIgnoreCase("db", args[i])) return {i + 1};
    }
  }
  return {};
}

}  // namespace

Denial Selector::CheckDatabases(const ResolvedCommand& command, engine::Args args, int database) const {
  const std::string_view name = command.row->name;
  if (name == "flushall") return {DenialReason::kDatabase, 0};
  constexpr std::uint32_t kOfKeys = engine::kCatKeyspace | engine::kCatRead | engine::kCatWrite;
  const bool is_of_keys = !command.row->keys.empty() || (command.categories & kOfKeys) != 0;
  if (is_of_keys && name != "swapdb" && !MayUse(database)) return {DenialReason::kDatabase, 0};
  for (const std::size_t i : DatabaseArguments(name, args)) {
    // What is no number of a database is for the handler to refuse.
    const auto number = i < args.size() ? base::ParseInt64(args[i]) : std::nullopt;
    const bool is_one = number && *number >= 0 && *number <= std::numeric_limits<int>::max();
    if (is_one && !MayUse(static_cast<int>(*number))) return {DenialReason::kDatabase, i};
  }
  return {};
}

}  // namespace zedis::server

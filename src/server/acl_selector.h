// Selector: one set of permissions: commands, keys, channels, databases. A user has one of its own and may have more;
// a command may run if one of them allows all of it.
//
// Commands are bits by ResolvedCommand::number. The last bit stands for commands that do not exist: it says whether the
// list began with +@all or -@all, which is how a description begins.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry.h"
#include "server/acl_rule.h"
#include "server/command_describe.h"

namespace zedis::server {

// What keeps a command from running, the weakest first: of several selectors' reasons the strongest is told.
enum class DenialReason : std::uint8_t { kNone, kDatabase, kCommand, kKey, kChannel };

struct Denial {
  DenialReason reason = DenialReason::kNone;
  std::size_t argument = 0;  // the index of the key, channel or database; 0: the command as such

  explicit operator bool() const { return reason != DenialReason::kNone; }
  auto operator<=>(const Denial&) const = default;
};

class Selector {
 public:
  explicit Selector(bool all_channels) : all_channels_(all_channels) {}

  // Everything is allowed.
  static Selector Unrestricted();

  // One rule, as ACL SETUSER takes it. After an error the selector is what it was.
  RuleResult Apply(const RuleWorld& world, std::string_view rule);

  bool unrestricted() const { return all_commands_ && all_keys_ && all_channels_ && all_databases_; }

  // `database`: the one that the client has selected.
  Denial Check(const engine::ResolvedCommand& command, engine::Args args, int database) const;
  // Whether every key may be read.
  bool ReadsEveryKey() const;
  // Whether somebody who is under this may listen to a channel, or to a pattern of channels.
  bool MayListen(std::string_view channel, bool is_pattern) const;

  // "-@all +get", "~a* %R~b", "&c*", "db=0,1": the texts of ACL GETUSER.
  std::string CommandRules(const CommandCatalog& catalog) const;
  std::string KeyRules() const;
  std::string ChannelRules() const;
  std::string DatabaseRules() const;  // "" where all are allowed
  // All of them, as in ACL LIST.
  std::string Rules(const CommandCatalog& catalog) const;

 private:
  static constexpr std::size_t kBits = 1024;
  static constexpr std::uint32_t kFutureBit = kBits - 1;

  enum KeyAccess : std::uint8_t { kRead = 1, kWrite = 2 };
  struct KeyPattern {
    std::string pattern;
    std::uint8_t access;
  };

  bool Bit(std::uint32_t number) const { return (commands_[number / 64] >> (number % 64) & 1) != 0; }
  void SetBit(std::uint32_t number, bool on);
  void AllowAll(bool on);
  void Allow(const engine::ResolvedCommand& command, bool on);
  void AllowCategory(const CommandCatalog& catalog, std::uint32_t category, bool on);

  RuleResult ApplyCommandRule(const RuleWorld& world, std::string_view rule);
  RuleResult ApplySubcommandRule(const RuleWorld& world, std::string_view name, std::size_t bar);
  RuleResult AddKeyPattern(std::string_view rule);
  RuleResult AddChannel(std::string_view pattern);
  RuleResult SetDatabases(const RuleWorld& world, std::string_view list);

  bool MayRun(const engine::ResolvedCommand& command, engine::Args args) const;
  bool MayAccess(std::string_view key, std::uint32_t flags) const;
  bool MayUse(int database) const;
  Denial CheckDatabases(const engine::ResolvedCommand& command, engine::Args args, int database) const;
  Denial CheckKeys(const engine::ResolvedCommand& command, engine::Args args) const;
  Denial CheckChannels(const engine::ResolvedCommand& command, engine::Args args) const;

  // For CommandRules: the category that is most to be told next of a selector that holds what is still untold.
  std::optional<CategoryName> BestCategory(const CommandCatalog& catalog, bool adding, std::uint32_t used) const;
  void DescribeRest(const CommandCatalog& catalog, Selector& shown, std::string& text) const;

  bool all_commands_ = false;
  bool all_keys_ = false;
  bool all_channels_ = false;
  bool all_databases_ = true;
  std::array<std::uint64_t, kBits / 64> commands_{};
  // Of commands that are not allowed: first arguments with which they are.
  std::map<std::uint32_t, std::vector<std::string>> first_arguments_;
  std::vector<KeyPattern> keys_;
  std::vector<std::string> channels_;
  std::vector<int> databases_;
};

}  // namespace zedis::server

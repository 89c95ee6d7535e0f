// One rule of an access list, "+get" or "~cache:*": what can be wrong with it, and what it is applied against.
#pragma once

#include <cstdint>
#include <expected>
#include <string_view>

#include "server/acl_catalog.h"

namespace zedis::server {

enum class RuleError : std::uint8_t {
  kUnknownCommand,
  kSyntax,
  kPatternAfterAllKeys,
  kPatternAfterAllChannels,
  kNoSuchPassword,
  kBadHash,
  kFirstArgumentOfSubcommand,
  kDatabaseOutOfRange,
};

// As Redis words it.
std::string_view TextOf(RuleError error);

using RuleResult = std::expected<void, RuleError>;

// What rules refer to besides their own text.
struct RuleWorld {
  const CommandCatalog& catalog;
  int databases;      // how many there are
  bool all_channels;  // acl-pubsub-default: what a new user, a new selector, and `reset` begin with
};

// Neither patterns nor names may have them: they would not come back from a line of a file.
bool HasSpaces(std::string_view text);

}  // namespace zedis::server

// The directives of redis.conf that Zedis knows: those of Redis 7.4, the newer ones of Valkey, and its own.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "server/config_directive.h"

namespace zedis::server {

// In the order of redis.conf, by subject.
std::span<const Directive> Directives();

struct DirectiveMatch {
  std::size_t index;  // into Directives()
  bool by_alias;
};

// Finds a directive by either of its names, in any case.
std::optional<DirectiveMatch> FindDirective(std::string_view name);

// Lines that are not directives with a value. Null if `name` is none of them.
struct RefusedLine {
  std::string_view name;
  std::string_view reason;  // empty: obsolete, accepted and ignored
};
const RefusedLine* FindRefusedLine(std::string_view name);

}  // namespace zedis::server

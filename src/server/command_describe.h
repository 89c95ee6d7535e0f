// What COMMAND INFO and COMMAND DOCS say about a row, in the shapes of Redis.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "engine/registry.h"
#include "resp/reply.h"

namespace zedis::server {

// A command that COMMAND lists, not one that comes later.
inline bool IsListed(const engine::ResolvedCommand& command) { return (command.row->flags & engine::kNotYet) == 0; }

// Ten fields: name, arity, flags, first key, last key, step, categories, tips, key specifications, subcommands.
void DescribeCommand(const resp::Reply& reply, const engine::ResolvedCommand& command);

// The name, then a map of what it is for.
void DocumentCommand(const resp::Reply& reply, const engine::ResolvedCommand& command);

// A set of the names of key flags: RO, access...
void ReplyKeyFlags(const resp::Reply& reply, std::uint32_t flags);

// Of access rules, in the order in which Redis lists them.
struct CategoryName {
  std::uint32_t bit;
  std::string_view name;
};
std::span<const CategoryName> CategoryNames();

// The category of this name, if there is one.
std::optional<engine::Categories> FindCategory(std::string_view name);

}  // namespace zedis::server

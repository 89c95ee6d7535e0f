// CommandCatalog: the commands as access rules name them. Rules use the names of the rows, subcommands as "config|get",
// whatever names rename-command has given them.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry.h"

namespace zedis::server {

class CommandCatalog {
 public:
  explicit CommandCatalog(const engine::Registry& registry);

  // In any case; null if there is none. O(log n).
  const engine::ResolvedCommand* Find(std::string_view name) const;

  // rename-command has taken it away: rules may name it and have nothing to decide.
  bool IsRemoved(std::string_view name) const;

  // With subcommands, sorted by name.
  std::span<const engine::ResolvedCommand* const> all() const { return all_; }

 private:
  void Add(const engine::ResolvedCommand& command);

  const engine::Registry& registry_;
  std::vector<const engine::ResolvedCommand*> all_;
};

}  // namespace zedis::server

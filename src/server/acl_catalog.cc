#include "server/acl_catalog.h"

#include <algorithm>

namespace zedis::server {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower;
}

std::string_view NameOf(const engine::ResolvedCommand* command) { return command->row->name; }

}  // namespace

CommandCatalog::CommandCatalog(const engine::Registry& registry) : registry_(registry) {
  for (const engine::ResolvedCommand& command : registry.commands()) Add(command);
  std::ranges::sort(all_, {}, NameOf);
}

void CommandCatalog::Add(const engine::ResolvedCommand& command) {
  all_.push_back(&command);
  for (const engine::ResolvedCommand& subcommand : command.subcommands) all_.push_back(&subcommand);
}

const engine::ResolvedCommand* CommandCatalog::Find(std::string_view name) const {
  const std::string wanted = LowerCase(name);
  const auto found = std::ranges::lower_bound(all_, std::string_view(wanted), {}, NameOf);
  return found != all_.end() && NameOf(*found) == wanted ? *found : nullptr;
}

bool CommandCatalog::IsRemoved(std::string_view name) const {
  const std::string wanted = LowerCase(name.substr(0, name.find('|')));
  return std::ranges::any_of(registry_.renames(), [&](const engine::Rename& rename) {
    return rename.name.empty() && rename.original == wanted;
  });
}

}  // namespace zedis::server

#include "server/renames.h"

#include <algorithm>

#include "server/tables.h"

namespace zedis::server {
namespace {

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  return lower;
}

bool IsOwnName(std::string_view name) {
  for (const Table table : AllTables()) {
    if (std::ranges::any_of(table, [&](const engine::Command& row) { return row.name == name; })) return true;
  }
  return false;
}

}  // namespace

std::expected<void, std::string> Renames::Add(std::string_view from, std::string_view to) {
  const std::string old_name = LowerCase(from);
  const std::string new_name = LowerCase(to);
  const auto named = [&](const std::string& name) { return std::ranges::find(list_, name, &engine::Rename::name); };
  const auto has_own_name = [&](const std::string& name) {
    return IsOwnName(name) && std::ranges::find(list_, name, &engine::Rename::original) == list_.end();
  };
  auto renamed = old_name.empty() ? list_.end() : named(old_name);
  if (renamed == list_.end()) {
    if (!has_own_name(old_name)) return std::unexpected("No such command in rename-command");
    renamed = list_.insert(list_.end(), engine::Rename{.original = old_name, .name = old_name});
  }
  renamed->name.clear();
  if (new_name.empty()) return {};
  if (named(new_name) != list_.end() || has_own_name(new_name)) {
    return std::unexpected("Target command name already exists");
  }
  renamed->name = new_name;
  return {};
}

}  // namespace zedis::server

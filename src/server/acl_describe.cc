// How a selector is told: the shortest list of rules that Redis 7.0 finds for it, which need not be those it was given.
//
// It begins with all commands or none, then takes categories, each time the one that is right for most commands and
// wrong for the fewest, as long as one is right more often than wrong. Single commands mend the rest.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <limits>

#include "server/acl_selector.h"
#include "server/command_describe.h"

namespace zedis::server {

using engine::ResolvedCommand;

std::optional<CategoryName> Selector::BestCategory(const CommandCatalog& catalog, bool adding,
                                                   std::uint32_t used) const {
  std::optional<CategoryName> best;
  std::size_t fewest_wrong = std::numeric_limits<std::size_t>::max();
  std::size_t most_right = 0;
  for (const CategoryName& category : CategoryNames()) {
    if ((used & category.bit) != 0) continue;
    std::size_t on = 0;
    std::size_t off = 0;
    for (const ResolvedCommand* command : catalog.all()) {
      if (!IsListed(*command) || (command->categories & category.bit) == 0) continue;
      ++(Bit(command->number) ? on : off);
    }
    const std::size_t right = adding ? on : off;
    const std::size_t wrong = adding ? off : on;
    if (right > wrong && (wrong < fewest_wrong || (wrong == fewest_wrong && right > most_right))) {
      best = category;
      fewest_wrong = wrong;
      most_right = right;
    }
  }
  return best;
}

void Selector::DescribeRest(const CommandCatalog& catalog, Selector& shown, std::string& text) const {
  for (const ResolvedCommand* command : catalog.all()) {
    const bool on = Bit(command->number);
    if (on != shown.Bit(command->number)) {
      text += fmt::format(" {}{}", on ? '+' : '-', command->row->name);
      shown.Allow(*command, on);
    }
    const auto arguments = first_arguments_.find(command->number);
    if (on || arguments == first_arguments_.end()) continue;
    for (const std::string& argument : arguments->second) {
      text += fmt::format(" +{}|{}", command->row->name, argument);
    }
  }
}

std::string Selector::CommandRules(const CommandCatalog& catalog) const {
  const bool adding = !Bit(kFutureBit);
  std::string text = adding ? "-@all" : "+@all";
  Selector shown(false);
  shown.AllowAll(!adding);
  // What a category has settled no longer counts for the next one.
  Selector open = *this;
  std::uint32_t used = 0;
  while (const auto category = open.BestCategory(catalog, adding, used)) {
    shown.AllowCategory(catalog, category->bit, adding);
    open.AllowCategory(catalog, category->bit, !adding);
    used |= category->bit;
    text += fmt::format(" {}@{}", adding ? '+' : '-', category->name);
  }
  DescribeRest(catalog, shown, text);
  return text;
}

std::string Selector::KeyRules() const {
  if (all_keys_) return "~*";
  std::string text;
  for (const KeyPattern& key : keys_) {
    const std::string_view access = key.access == kRead ? "%R" : key.access == kWrite ? "%W" : "";
    text += fmt::format("{}{}~{}", text.empty() ? "" : " ", access, key.pattern);
  }
  return text;
}

std::string Selector::ChannelRules() const {
  if (all_channels_) return "&*";
  std::string text;
  for (const std::string& channel : channels_) text += fmt::format("{}&{}", text.empty() ? "" : " ", channel);
  return text;
}

std::string Selector::DatabaseRules() const {
  if (all_databases_) return {};
  if (databases_.empty()) return "resetdbs";
  return fmt::format("db={}", fmt::join(databases_, ","));
}

std::string Selector::Rules(const CommandCatalog& catalog) const {
  std::string text;
  const auto add = [&](std::string_view part) {
    if (!part.empty()) text.append(part).append(" ");
  };
  add(KeyRules());
  if (!all_channels_) add("resetchannels");
  add(ChannelRules());
  add(DatabaseRules());
  return text + CommandRules(catalog);
}

}  // namespace zedis::server

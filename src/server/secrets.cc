#include "server/secrets.h"

#include "server/config_table.h"

namespace zedis::server {
namespace {

using engine::EqualsIgnoreCase;

void HideFrom(std::vector<std::string_view>& shown, std::size_t first, std::size_t count) {
  for (std::size_t i = first; i < shown.size() && i < first + count; ++i) shown[i] = kRedacted;
}

// What follows the word `auth`, so many values.
void HideBehind(std::vector<std::string_view>& shown, std::size_t from, std::string_view word, std::size_t values) {
  for (std::size_t i = from; i < shown.size(); ++i) {
    if (!EqualsIgnoreCase(word, shown[i])) continue;
    HideFrom(shown, i + 1, values);
    i += values;
  }
}

void HideSettings(std::vector<std::string_view>& shown) {
  for (std::size_t i = 2; i + 1 < shown.size(); i += 2) {
    const auto directive = FindDirective(shown[i]);
    if (directive && Directives()[directive->index].sensitive) HideFrom(shown, i + 1, 1);
  }
}

}  // namespace

std::vector<std::string_view> WithoutSecrets(const engine::ResolvedCommand& command, engine::Args args) {
  std::vector<std::string_view> shown(args.begin(), args.end());
  const std::string_view name = command.row->name;
  if (name == "auth") {
    HideFrom(shown, 1, shown.size());
  } else if (name == "hello") {
    HideBehind(shown, 2, "auth", 2);
  } else if (name == "config|set") {
    HideSettings(shown);
  } else if (name == "acl|setuser") {
    HideFrom(shown, 2, shown.size());
  } else if (name == "migrate") {
    HideBehind(shown, 6, "auth", 1);
    HideBehind(shown, 6, "auth2", 2);
  }
  return shown;
}

}  // namespace zedis::server

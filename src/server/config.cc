#include "server/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "base/check.h"
#include "server/config_match.h"
#include "server/config_table.h"
#include "server/config_value.h"

namespace zedis::server {
namespace {

// The line breaks that a client sent would break the reply.
std::string OneLine(std::string_view text) {
  std::string line(text);
  std::ranges::replace(line, '\r', ' ');
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::unexpected<std::string> SetFailed(std::string_view name, std::string_view reason) {
  return std::unexpected(
      fmt::format("CONFIG SET failed (possibly related to argument '{}') - {}", OneLine(name), reason));
}

}  // namespace

Config::Config(base::Tunables& tunables, std::string working_directory)
    : tunables_(tunables),
      working_directory_(std::move(working_directory)),
      config_(InitialValues(working_directory_)) {
  for (std::size_t i = 0; i < config_.values.size(); ++i) Publish(i, config_.values[i]);
}

std::expected<void, std::string> Config::Load(const CommandLine& line, std::string_view standard_input) {
  const std::lock_guard lock(values_mutex_);
  ConfigLoader loader(config_, working_directory_);
  if (!line.file.empty()) {
    // Made absolute before `dir` can matter, so that CONFIG REWRITE finds the file again.
    std::error_code error;
    file_ = std::filesystem::absolute(line.file, error).string();
    if (auto result = loader.LoadFile(file_); !result) return result;
  }
  if (line.reads_stdin) {
    if (auto result = loader.LoadText("standard input", standard_input); !result) return result;
  }
  if (auto result = loader.LoadOptions(line.options); !result) return result;
  for (std::size_t i = 0; i < config_.values.size(); ++i) Publish(i, config_.values[i]);
  return {};
}

std::vector<std::string> Config::Given(Status status) const {
  const std::lock_guard lock(values_mutex_);
  std::vector<std::string> names;
  for (std::size_t i = 0; i < config_.given.size(); ++i) {
    const Directive& directive = Directives()[i];
    if (config_.given[i] && directive.status == status) names.emplace_back(directive.name);
  }
  std::ranges::sort(names);
  return names;
}

std::size_t Config::IndexOf(std::string_view name) const {
  const auto match = FindDirective(name);
  CHECK(match.has_value() && !match->by_alias);
  return match->index;
}

std::string Config::Text(std::string_view name) const {
  const std::size_t index = IndexOf(name);
  const std::lock_guard lock(values_mutex_);
  return config_.values[index].text;
}

std::int64_t Config::Number(std::string_view name) const {
  const std::size_t index = IndexOf(name);
  const std::lock_guard lock(values_mutex_);
  return config_.values[index].number;
}

void Config::OnChange(std::string_view name, Handler handler) {
  CHECK(handlers_.emplace(IndexOf(name), std::move(handler)).second);
}

Config::Pairs Config::Get(std::span<const std::string_view> patterns) const {
  Pairs pairs;
  std::set<std::pair<std::size_t, bool>> seen;  // directive, by alias
  const std::lock_guard lock(values_mutex_);
  const auto add = [&](std::string_view name, std::size_t index, bool by_alias) {
    if (seen.emplace(index, by_alias).second) pairs.emplace_back(name, config_.values[index].text);
  };
  for (const std::string_view pattern : patterns) {
    if (!IsPattern(pattern)) {
      if (const auto match = FindDirective(pattern)) add(pattern, match->index, match->by_alias);
      continue;
    }
    for (std::size_t i = 0; i < Directives().size(); ++i) {
      const Directive& directive = Directives()[i];
      if (directive.hidden) continue;
      if (MatchesPattern(pattern, directive.name)) add(directive.name, i, false);
      if (!directive.alias.empty() && MatchesPattern(pattern, directive.alias)) add(directive.alias, i, true);
    }
  }
  return pairs;
}

std::expected<std::vector<Config::Change>, std::string> Config::Plan(std::span<const Assignment> assignments,
                                                                     bool is_local) const {
  const std::int64_t protection = Number("enable-protected-configs");  // no, yes, local
  const bool may_set_guarded = protection == 1 || (protection == 2 && is_local);
  std::vector<Change> changes;
  std::set<std::pair<std::size_t, bool>> seen;  // an alias does not count as a duplicate, as in Redis
  for (const auto& [name, text] : assignments) {
    const auto match = FindDirective(name);
    if (!match) {
      return std::unexpected(fmt::format("Unknown option or number of arguments for CONFIG SET - '{}'", OneLine(name)));
    }
    const Directive& directive = Directives()[match->index];
    if (directive.immutable) return SetFailed(name, "can't set immutable config");
    if (directive.guarded && !may_set_guarded) return SetFailed(name, "can't set protected config");
    if (!seen.emplace(match->index, match->by_alias).second) return SetFailed(name, "duplicate parameter");
    changes.push_back({match->index, std::string(match->by_alias ? directive.alias : directive.name), {}});
  }
  return changes;
}

std::expected<void, std::string> Config::ParseAll(std::span<const Assignment> assignments,
                                                  std::vector<Change>& changes) const {
  const std::lock_guard lock(values_mutex_);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    Change& change = changes[i];
    const Directive& directive = Directives()[change.index];
    const std::string word(assignments[i].second);
    auto value = ParseValue(directive, Words(&word, 1), directive.appends ? Value{} : config_.values[change.index]);
    if (!value) return SetFailed(change.name, value.error());
    change.value = *std::move(value);
  }
  return {};
}

void Config::Publish(std::size_t index, const Value& value) {
  const Directive& directive = Directives()[index];
  if (directive.tunable != nullptr) (tunables_.*directive.tunable).Set(value.number);
  if (directive.publish != nullptr) directive.publish(value, tunables_);
}

void Config::Store(const std::vector<Change>& changes) {
  const std::lock_guard lock(values_mutex_);
  for (const auto& change : changes) {
    config_.values[change.index] = change.value;
    Publish(change.index, change.value);
  }
}

std::expected<void, std::string> Config::Set(std::span<const Assignment> assignments, bool is_local) {
  const std::lock_guard lock(change_mutex_);
  TRY(auto changes, Plan(assignments, is_local));
  if (auto parsed = ParseAll(assignments, changes); !parsed) return parsed;

  std::vector<Change> old = changes;
  {
    const std::lock_guard values_lock(values_mutex_);
    for (auto& change : old) change.value = config_.values[change.index];
  }
  Store(changes);

  std::vector<std::size_t> handled;  // indices into `changes`
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto handler = handlers_.find(changes[i].index);
    const bool is_new = changes[i].value.text != old[i].value.text || Directives()[changes[i].index].refreshes;
    if (handler == handlers_.end() || !is_new) continue;
    const auto result = handler->second(changes[i].value);
    if (result) {
      handled.push_back(i);
      continue;
    }
    Store(old);
    for (auto it = handled.rbegin(); it != handled.rend(); ++it) {
      (void)handlers_.at(changes[*it].index)(old[*it].value);
    }
    return SetFailed(changes[i].name, OneLine(result.error()));
  }
  return {};
}

}  // namespace zedis::server

#include "server/command_describe.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <span>
#include <string>

#include "base/check.h"
#include "server/command_syntax.h"

namespace zedis::server {
namespace {

using engine::Command;
using engine::KeySpec;
using engine::ResolvedCommand;

using Named = CategoryName;

// In the order in which Redis shows them; those it hides are not here.
constexpr Named kFlagNames[] = {
    {engine::kWrite, "write"},
    {engine::kReadonly, "readonly"},
    {engine::kDenyOom, "denyoom"},
    {engine::kAdmin, "admin"},
    {engine::kPubsub, "pubsub"},
    {engine::kNoScript, "noscript"},
    {engine::kBlocking, "blocking"},
    {engine::kLoading, "loading"},
    {engine::kStale, "stale"},
    {engine::kSkipMonitor, "skip_monitor"},
    {engine::kSkipSlowlog, "skip_slowlog"},
    {engine::kAsking, "asking"},
    {engine::kFast, "fast"},
    {engine::kNoAuth, "no_auth"},
    {engine::kMayReplicate, "may_replicate"},
    {engine::kNoMandatoryKeys, "no_mandatory_keys"},
    {engine::kNoAsyncLoading, "no_async_loading"},
    {engine::kNoMulti, "no_multi"},
    {engine::kMovableKeys, "movablekeys"},
    {engine::kAllowBusy, "allow_busy"},
};

constexpr Named kCategoryNames[] = {
    {engine::kCatKeyspace, "keyspace"},
    {engine::kCatRead, "read"},
    {engine::kCatWrite, "write"},
    {engine::kCatSet, "set"},
    {engine::kCatSortedSet, "sortedset"},
    {engine::kCatList, "list"},
    {engine::kCatHash, "hash"},
    {engine::kCatString, "string"},
    {engine::kCatBitmap, "bitmap"},
    {engine::kCatHyperLogLog, "hyperloglog"},
    {engine::kCatGeo, "geo"},
    {engine::kCatStream, "stream"},
    {engine::kCatPubsub, "pubsub"},
    {engine::kCatAdmin, "admin"},
    {engine::kCatFast, "fast"},
    {engine::kCatSlow, "slow"},
    {engine::kCatBlocking, "blocking"},
    {engine::kCatDangerous, "dangerous"},
    {engine::kCatConnection, "connection"},
    {engine::kCatTransaction, "transaction"},
    {engine::kCatScripting, "scripting"},
};

constexpr Named kKeyFlagNames[] = {
    {engine::kKeyReadOnly, "RO"},
    {engine::kKeyReadWrite, "RW"},
    {engine::kKeyOverwrite, "OW"},
    {engine::kKeyRemove, "RM"},
    {engine::kKeyAccess, "access"},
    {engine::kKeyUpdate, "update"},
    {engine::kKeyInsert, "insert"},
    {engine::kKeyDelete, "delete"},
    {engine::kKeyNotKey, "not_key"},
    {engine::kKeyIncomplete, "incomplete"},
    {engine::kKeyVariableFlags, "variable_flags"},
};

// A set of simple strings, each behind `prefix`.
void ReplyNames(const resp::Reply& reply, std::span<const Named> names, std::uint32_t bits,
                std::string_view prefix = "") {
  const auto header = reply.DeferSet();
  std::uint64_t count = 0;
  for (const Named& named : names) {
    if ((bits & named.bit) == 0) continue;
    reply.SimpleString(std::string(prefix) += named.name);
    ++count;
  }
  reply.CloseSet(header, count);
}

bool IsRangeFromIndex(const KeySpec& spec) { return spec.keyword.empty() && spec.find == KeySpec::Find::kRange; }

std::uint32_t ShownFlags(const Command& row) {
  std::uint32_t flags = row.flags;
  for (const KeySpec& spec : row.keys) {
    if (!IsRangeFromIndex(spec) || (spec.flags & engine::kKeyIncomplete) != 0) flags |= engine::kMovableKeys;
  }
  return flags;
}

struct KeyRange {
  int first = 0;
  int last = 0;
  int step = 0;
};

// The old way to say where keys are: one range, as far as the specifications make one without a gap.
KeyRange RangeOf(const Command& row) {
  KeyRange range;
  for (const KeySpec& spec : row.keys) {
    if (!IsRangeFromIndex(spec)) continue;
    // A range that is followed by others must end where they begin.
    const bool is_first = range.first == 0;
    if (!is_first && (spec.step != range.step || range.last < 0 || spec.index != range.last + 1)) continue;
    if (is_first) range.first = spec.index;
    range.last = spec.last >= 0 ? spec.index + spec.last : spec.last;
    range.step = spec.step;
  }
  return range;
}

void ReplyKeySpec(const resp::Reply& reply, const KeySpec& spec) {
  reply.MapHeader(spec.notes.empty() ? 3 : 4);
  if (!spec.notes.empty()) {
    reply.Bulk("notes");
    reply.Bulk(spec.notes);
  }
  reply.Bulk("flags");
  ReplyKeyFlags(reply, spec.flags);

  const auto field = [&](std::string_view name, std::int64_t value) {
    reply.Bulk(name);
    reply.Integer(value);
  };
  const auto type = [&](std::string_view name) {
    reply.MapHeader(2);
    reply.Bulk("type");
    reply.Bulk(name);
    reply.Bulk("spec");
  };
  reply.Bulk("begin_search");
  if (spec.find == KeySpec::Find::kUnknown) {
    type("unknown");
    reply.MapHeader(0);
  } else if (spec.keyword.empty()) {
    type("index");
    reply.MapHeader(1);
    field("index", spec.index);
  } else {
    type("keyword");
    reply.MapHeader(2);
    reply.Bulk("keyword");
    reply.Bulk(spec.keyword);
    field("startfrom", spec.start_from);
  }
  reply.Bulk("find_keys");
  switch (spec.find) {
    case KeySpec::Find::kRange:
      type("range");
      reply.MapHeader(3);
      field("lastkey", spec.last);
      field("keystep", spec.step);
      field("limit", spec.limit);
      return;
    case KeySpec::Find::kKeynum:
      type("keynum");
      reply.MapHeader(3);
      field("keynumidx", spec.keynum_index);
      field("firstkey", spec.first_key);
      field("keystep", spec.step);
      return;
    case KeySpec::Find::kUnknown:
      type("unknown");
      reply.MapHeader(0);
      return;
  }
}

std::size_t CountListed(std::span<const ResolvedCommand> commands) {
  return static_cast<std::size_t>(std::ranges::count_if(commands, IsListed));
}

// A set of pairs: a version and what it brought.
void ReplyHistory(const resp::Reply& reply, std::string_view history) {
  reply.SetHeader(static_cast<std::uint64_t>(std::ranges::count(history, '\n')) + 1);
  while (!history.empty()) {
    const std::string_view line = history.substr(0, history.find('\n'));
    const std::size_t blank = line.find(' ');
    CHECK(blank != std::string_view::npos);
    reply.ArrayHeader(2);
    reply.Bulk(line.substr(0, blank));
    reply.Bulk(line.substr(blank + 1));
    history.remove_prefix(std::min(line.size() + 1, history.size()));
  }
}

}  // namespace

void ReplyKeyFlags(const resp::Reply& reply, std::uint32_t flags) { ReplyNames(reply, kKeyFlagNames, flags); }

std::span<const CategoryName> CategoryNames() { return kCategoryNames; }

std::optional<engine::Categories> FindCategory(std::string_view name) {
  for (const Named& named : kCategoryNames) {
    if (engine::EqualsIgnoreCase(named.name, name)) return static_cast<engine::Categories>(named.bit);
  }
  return std::nullopt;
}

void DescribeCommand(const resp::Reply& reply, const ResolvedCommand& command) {
  const Command& row = *command.row;
  const KeyRange range = RangeOf(row);
  reply.ArrayHeader(10);
  reply.Bulk(row.name);
  reply.Integer(row.arity.value);
  ReplyNames(reply, kFlagNames, ShownFlags(row));
  reply.Integer(range.first);
  reply.Integer(range.last);
  reply.Integer(range.step);
  ReplyNames(reply, kCategoryNames, command.categories, "@");
  reply.SetHeader(row.tips.size());
  for (const std::string_view tip : row.tips) reply.Bulk(tip);
  reply.SetHeader(row.keys.size());
  for (const KeySpec& spec : row.keys) ReplyKeySpec(reply, spec);
  const std::size_t subcommands = CountListed(command.subcommands);
  // An empty list of subcommands is a set, a list of some an array: so does Redis.
  if (subcommands == 0) return reply.SetHeader(0);
  reply.ArrayHeader(subcommands);
  for (const ResolvedCommand& subcommand : command.subcommands) {
    if (IsListed(subcommand)) DescribeCommand(reply, subcommand);
  }
}

void DocumentCommand(const resp::Reply& reply, const ResolvedCommand& command) {
  const Command& row = *command.row;
  reply.Bulk(row.name);
  const auto header = reply.DeferMap();
  std::uint64_t fields = 0;
  const auto text = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    reply.Bulk(name);
    reply.Bulk(value);
    ++fields;
  };
  text("summary", row.summary);
  text("since", row.since);
  text("group", row.group);
  text("complexity", row.complexity);
  const bool is_deprecated = !row.deprecated_since.empty();
  if (is_deprecated || row.is_internal) {
    reply.Bulk("doc_flags");
    reply.SetHeader(is_deprecated && row.is_internal ? 2 : 1);
    if (is_deprecated) reply.SimpleString("deprecated");
    if (row.is_internal) reply.SimpleString("syscmd");
    ++fields;
  }
  text("deprecated_since", row.deprecated_since);
  text("replaced_by", row.replaced_by);
  if (!row.history.empty()) {
    reply.Bulk("history");
    ReplyHistory(reply, row.history);
    ++fields;
  }
  const auto arguments = ParseSyntax(row.syntax);
  CHECK(arguments);
  if (!arguments->empty()) {
    reply.Bulk("arguments");
    ReplyArguments(reply, *arguments);
    ++fields;
  }
  const std::size_t subcommands = CountListed(command.subcommands);
  if (subcommands != 0) {
    reply.Bulk("subcommands");
    reply.MapHeader(subcommands);
    for (const ResolvedCommand& subcommand : command.subcommands) {
      if (IsListed(subcommand)) DocumentCommand(reply, subcommand);
    }
    ++fields;
  }
  reply.CloseMap(header, fields);
}

}  // namespace zedis::server

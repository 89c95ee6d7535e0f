// COMMAND: what the server's commands are, derived from their rows.
#include <algorithm>
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/help.h"
#include "engine/arguments.h"
#include "server/command_describe.h"
#include "server/key_flags.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kInvalidCommand{"ERR Invalid command specified"};
constexpr Error kNoKeyArguments{"ERR The command has no key arguments"};
constexpr Error kInvalidCount{"ERR Invalid number of arguments specified for command"};
constexpr Error kInvalidArguments{"ERR Invalid arguments specified for command"};

template <class Visit>
void ForEachListed(const Registry& registry, Visit visit) {
  for (const ResolvedCommand& command : registry.commands()) {
    if (IsListed(command)) visit(command);
  }
}

std::uint64_t CountListed(const Registry& registry) {
  std::uint64_t count = 0;
  ForEachListed(registry, [&](const ResolvedCommand&) { ++count; });
  return count;
}

// "get", or "client|id". Null if there is no such command.
const ResolvedCommand* FindByFullName(const Registry& registry, std::string_view name) {
  const std::size_t bar = name.find('|');
  const ResolvedCommand* command = registry.Find(name.substr(0, bar));
  if (command != nullptr && bar != std::string_view::npos) {
    command = Registry::FindSubcommand(*command, name.substr(bar + 1));
  }
  return command != nullptr && IsListed(*command) ? command : nullptr;
}

Outcome InfoOfAll(Context& ctx, Args) {
  ctx.reply.ArrayHeader(CountListed(ctx.registry));
  ForEachListed(ctx.registry, [&](const ResolvedCommand& command) { DescribeCommand(ctx.reply, command); });
  return Done();
}

Outcome Count(Context& ctx, Args) {
  ctx.reply.Integer(static_cast<std::int64_t>(CountListed(ctx.registry)));
  return Done();
}

Outcome Info(Context& ctx, Args args) {
  if (args.size() == 2) return InfoOfAll(ctx, args);
  ctx.reply.ArrayHeader(args.size() - 2);
  for (const std::string_view name : args.subspan(2)) {
    const ResolvedCommand* command = FindByFullName(ctx.registry, name);
    if (command == nullptr) {
      ctx.reply.NullArray();
    } else {
      DescribeCommand(ctx.reply, *command);
    }
  }
  return Done();
}

Outcome Docs(Context& ctx, Args args) {
  const auto header = ctx.reply.DeferMap();
  std::uint64_t count = 0;
  const auto document = [&](const ResolvedCommand& command) {
    DocumentCommand(ctx.reply, command);
    ++count;
  };
  if (args.size() == 2) {
    ForEachListed(ctx.registry, document);
  } else {
    for (const std::string_view name : args.subspan(2)) {
      const ResolvedCommand* command = FindByFullName(ctx.registry, name);
      if (command != nullptr) document(*command);
    }
  }
  ctx.reply.CloseMap(header, count);
  return Done();
}

// --- keys of a request ---

struct FoundKey {
  std::string_view name;
  std::uint32_t flags;
};

const ResolvedCommand* FindForRequest(const Registry& registry, Args request) {
  const ResolvedCommand* command = registry.Find(request[0]);
  if (command != nullptr && !command->subcommands.empty() && request.size() > 1) {
    command = Registry::FindSubcommand(*command, request[1]);
  }
  return command != nullptr && IsListed(*command) ? command : nullptr;
}

Expected<std::vector<FoundKey>> KeysOf(Context& ctx, Args request) {
  const ResolvedCommand* command = FindForRequest(ctx.registry, request);
  if (command == nullptr) return std::unexpected(&kInvalidCommand);
  const Command& row = *command->row;
  if (row.keys.empty()) return std::unexpected(&kNoKeyArguments);
  if (!row.arity.Accepts(request.size())) return std::unexpected(&kInvalidCount);
  std::vector<FoundKey> keys;
  const bool fits = ForEachKey(row, request, [&](std::size_t i, const KeySpec& spec) {
    if ((spec.flags & kKeyNotKey) == 0) keys.push_back({request[i], KeyFlagsOf(row, request, spec)});
  });
  if (!fits || (keys.empty() && (row.flags & kNoMandatoryKeys) == 0)) return std::unexpected(&kInvalidArguments);
  return keys;
}

Outcome GetKeys(Context& ctx, Args args) {
  TRY(const std::vector<FoundKey> keys, KeysOf(ctx, args.subspan(2)));
  ctx.reply.ArrayHeader(keys.size());
  for (const FoundKey& key : keys) ctx.reply.Bulk(key.name);
  return Done();
}

Outcome GetKeysAndFlags(Context& ctx, Args args) {
  TRY(const std::vector<FoundKey> keys, KeysOf(ctx, args.subspan(2)));
  ctx.reply.ArrayHeader(keys.size());
  for (const FoundKey& key : keys) {
    ctx.reply.ArrayHeader(2);
    ctx.reply.Bulk(key.name);
    ReplyKeyFlags(ctx.reply, key.flags);
  }
  return Done();
}

// --- COMMAND LIST ---

template <class Accept>
Outcome ListAccepted(Context& ctx, Accept accept) {
  const auto header = ctx.reply.DeferArray();
  std::uint64_t count = 0;
  const auto list = [&](const ResolvedCommand& command) {
    if (!IsListed(command) || !accept(command)) return;
    ctx.reply.Bulk(command.row->name);
    ++count;
  };
  for (const ResolvedCommand& command : ctx.registry.commands()) {
    list(command);
    std::ranges::for_each(command.subcommands, list);
  }
  ctx.reply.CloseArray(header, count);
  return Done();
}

Outcome List(Context& ctx, Args args) {
  if (args.size() == 2) return ListAccepted(ctx, [](const ResolvedCommand&) { return true; });
  if (args.size() != 5 || !EqualsIgnoreCase("filterby", args[2])) return kSyntaxError;
  const std::string_view filter = args[4];
  if (EqualsIgnoreCase("module", args[3])) {
    return ListAccepted(ctx, [](const ResolvedCommand&) { return false; });  // there are no modules
  }
  if (EqualsIgnoreCase("aclcat", args[3])) {
    const auto category = FindCategory(filter);
    return ListAccepted(
        ctx, [&](const ResolvedCommand& command) { return category && (command.categories & *category) != 0; });
  }
  if (EqualsIgnoreCase("pattern", args[3])) {
    return ListAccepted(ctx, [&](const ResolvedCommand& command) {
      return base::GlobMatch(filter, command.row->name, /*ignore_case=*/true);
    });
  }
  return kSyntaxError;
}

constexpr std::string_view kHelp[] = {
    "(no subcommand)",
    "    Return details of all commands.",
    "COUNT",
    "    Return how many commands there are.",
    "LIST [FILTERBY (MODULE <name>|ACLCAT <category>|PATTERN <pattern>)]",
    "    Return the names of all commands, or of those that a filter accepts.",
    "INFO [<command-name> ...]",
    "    Return details of some commands, or of all if none is named.",
    "DOCS [<command-name> ...]",
    "    Return what some commands are for, or all if none is named.",
    "GETKEYS <full-command>",
    "    Return which arguments of a request are keys.",
    "GETKEYSANDFLAGS <full-command>",
    "    Return the keys of a request and what it does to each.",
};

constexpr std::string_view kUnordered[] = {"nondeterministic_output_order"};

constexpr Command Sub(const ServerRow& row) { return MakeRow(row, kLoading | kStale | kSentinel, kCatConnection); }

constexpr std::string_view kPerCommand = "O(N) where N is the total number of commands";
constexpr std::string_view kPerName = "O(N) where N is the number of commands to look up";
constexpr std::string_view kPerArgument = "O(N) where N is the number of arguments to the command";

constexpr Command kSubcommands[] = {
    Sub({"command|count", Exactly(1), Count, "2.8.13", {}, "O(1)", "Counts the commands."}),
    WithSyntax(Sub({"command|docs", AtLeast(1), Docs, "7.0.0", kUnordered, kPerName, "Tells what commands are for."}),
               "[command-name...]"),
    Sub({"command|getkeys", AtLeast(2), GetKeys, "2.8.13", {}, kPerArgument, "Finds the keys of a request."}),
    Sub({"command|getkeysandflags",
         AtLeast(2),
         GetKeysAndFlags,
         "7.0.0",
         {},
         kPerArgument,
         "Finds the keys of a request and what it does to them."}),
    commands::HelpRow("command|help", "server", "5.0.0", kSentinel, kCatConnection),
    WithSyntax(Sub({"command|info", AtLeast(1), Info, "2.8.13", kUnordered, kPerName, "Describes commands in detail."}),
               "[command-name...]", "7.0.0 All commands if none is named."),
    WithSyntax(Sub({"command|list", AtLeast(1), List, "7.0.0", kUnordered, kPerCommand, "Names the commands."}),
               "[FILTERBY filterby(MODULE module-name|ACLCAT category|PATTERN pattern:pattern)]"),
};

constexpr Command kCommandCommands[] = {
    {.name = "command",
     .arity = AtLeast(0),
     .flags = kLoading | kStale | kSentinel,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = InfoOfAll,
     .subcommands = kSubcommands,
     .since = "2.8.13",
     .group = "server",
     .summary = "Describes all commands in detail.",
     .complexity = kPerCommand,
     .tips = kUnordered,
     .help = kHelp},
};

}  // namespace

Table CommandCommands() { return kCommandCommands; }

}  // namespace zedis::server

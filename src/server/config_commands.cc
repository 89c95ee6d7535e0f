// CONFIG: the settings, see server/config.h.
#include <vector>

#include "commands/help.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

Outcome Get(Context& ctx, Args args) {
  const Config::Pairs pairs = ServicesOf(ctx).config.Get(args.subspan(2));
  ctx.reply.MapHeader(pairs.size());
  for (const auto& [name, value] : pairs) {
    ctx.reply.Bulk(name);
    ctx.reply.Bulk(value);
  }
  return Done();
}

Outcome Set(Context& ctx, Args args) {
  if (args.size() % 2 != 0) return kSyntaxError;
  std::vector<Config::Assignment> assignments;
  for (std::size_t i = 2; i < args.size(); i += 2) assignments.emplace_back(args[i], args[i + 1]);
  Services& services = ServicesOf(ctx);
  const auto result = services.config.Set(assignments, services.clients.IsLocal(*ctx.session));
  if (!result) return ctx.Fail("ERR {}", result.error());
  ctx.SetTime(ctx.now_ms);  // the policy says what accesses write: already in the next command of this batch
  ctx.reply.Ok();
  return Done();
}

Outcome ResetStat(Context& ctx, Args) {
  ServicesOf(ctx).metrics.Reset();
  ctx.reply.Ok();
  return Done();
}

Outcome Rewrite(Context& ctx, Args) {
  Services& services = ServicesOf(ctx);
  const auto result = services.config.Rewrite();
  if (!result) {
    services.log.Warning("CONFIG REWRITE failed: {}", result.error());
    return ctx.Fail("ERR {}", result.error());
  }
  services.log.Notice("CONFIG REWRITE executed with success.");
  ctx.reply.Ok();
  return Done();
}

constexpr std::string_view kHelp[] = {
    "GET <pattern> [<pattern> ...]",
    "    Return the directives whose names match, with their values.",
    "SET <directive> <value> [<directive> <value> ...]",
    "    Change directives, all of them or none.",
    "RESETSTAT",
    "    Let the counters of INFO start again from zero.",
    "REWRITE",
    "    Write what has changed into the configuration file.",
};

constexpr std::string_view kAllNodes[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};

constexpr Command Sub(const ServerRow& row) { return MakeRow(row, kAdmin | kNoScript | kLoading | kStale); }

constexpr std::string_view kPerParameter = "O(N) when N is the number of configuration parameters provided";

constexpr Command kSubcommands[] = {
    WithSyntax(Sub({"config|get", AtLeast(2), Get, "2.0.0", {}, kPerParameter, "Returns directives and their values."}),
               "parameter{parameter}...", "7.0.0 Several patterns."),
    commands::HelpRow("config|help", "server", "5.0.0"),
    Sub({"config|resetstat", Exactly(1), ResetStat, "2.0.0", kAllNodes, "O(1)",
         "Lets the counters of INFO start anew."}),
    Sub({"config|rewrite", Exactly(1), Rewrite, "2.8.0", kAllNodes, "O(1)",
         "Writes changed directives into the configuration file."}),
    WithSyntax(Sub({"config|set", AtLeast(3), Set, "2.0.0", kAllNodes, kPerParameter, "Changes directives."}),
               "parameter_value{parameter value}...", "7.0.0 Several directives."),
};

constexpr Command kConfigCommands[] = {
    {.name = "config",
     .arity = AtLeast(1),
     .locks = Locks::kNone,
     .subcommands = kSubcommands,
     .since = "2.0.0",
     .group = "server",
     .summary = "Holds the commands about the server's configuration.",
     .complexity = "Depends on subcommand.",
     .help = kHelp},
};

}  // namespace

Table ConfigCommands() { return kConfigCommands; }

}  // namespace zedis::server

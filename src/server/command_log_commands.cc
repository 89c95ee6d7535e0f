// SLOWLOG, and COMMANDLOG, which is Valkey's: the same for large requests and replies.
#include <optional>

#include "commands/help.h"
#include "engine/arguments.h"
#include "server/observation.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using Kind = CommandLog::Kind;

constexpr Error kBadCount{"ERR count should be greater than or equal to -1"};
constexpr Error kBadKind{"ERR type should be one of the following: slow, large-request, large-reply"};
constexpr std::int64_t kCountUsual = 10;

CommandLog& LogOf(Context& ctx) { return ServicesOf(ctx).observation.command_log; }

Expected<Kind> ParseKind(std::string_view word) {
  if (EqualsIgnoreCase("slow", word)) return Kind::kSlow;
  if (EqualsIgnoreCase("large-request", word)) return Kind::kLargeRequest;
  if (EqualsIgnoreCase("large-reply", word)) return Kind::kLargeReply;
  return std::unexpected(&kBadKind);
}

void ReplyNewest(Context& ctx, Kind kind, std::int64_t count) {
  const auto most = count < 0 ? std::string_view::npos : static_cast<std::size_t>(count);
  const std::vector<CommandLog::Entry> entries = LogOf(ctx).Newest(kind, most);
  ctx.reply.ArrayHeader(entries.size());
  for (const CommandLog::Entry& entry : entries) {
    ctx.reply.ArrayHeader(6);
    ctx.reply.Integer(entry.id);
    ctx.reply.Integer(entry.time_s);
    ctx.reply.Integer(entry.value);
    ctx.reply.ArrayHeader(entry.arguments.size());
    for (const std::string& argument : entry.arguments) ctx.reply.Bulk(argument);
    ctx.reply.Bulk(entry.peer);
    ctx.reply.Bulk(entry.client_name);
  }
}

void ReplyLength(Context& ctx, Kind kind) { ctx.reply.Integer(static_cast<std::int64_t>(LogOf(ctx).Length(kind))); }

Outcome SlowGet(Context& ctx, Args args) {
  if (args.size() > 3) {
    return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try SLOWLOG HELP.", Shown(args[1]));
  }
  std::int64_t count = kCountUsual;
  if (args.size() == 3) {
    TRY(count, ParseIntegerIn(args[2], -1, INT64_MAX, kBadCount));
  }
  ReplyNewest(ctx, Kind::kSlow, count);
  return Done();
}

Outcome SlowLength(Context& ctx, Args) {
  ReplyLength(ctx, Kind::kSlow);
  return Done();
}

Outcome SlowReset(Context& ctx, Args) {
  LogOf(ctx).Reset(Kind::kSlow);
  ctx.reply.Ok();
  return Done();
}

Outcome Get(Context& ctx, Args args) {
  TRY(const std::int64_t count, ParseIntegerIn(args[2], -1, INT64_MAX, kBadCount));
  TRY(const Kind kind, ParseKind(args[3]));
  ReplyNewest(ctx, kind, count);
  return Done();
}

Outcome Length(Context& ctx, Args args) {
  TRY(const Kind kind, ParseKind(args[2]));
  ReplyLength(ctx, kind);
  return Done();
}

Outcome Reset(Context& ctx, Args args) {
  TRY(const Kind kind, ParseKind(args[2]));
  LogOf(ctx).Reset(kind);
  ctx.reply.Ok();
  return Done();
}

constexpr std::string_view kSlowHelp[] = {
    "GET [<count>]",
    "    Return the newest entries (default: 10, -1: all), each of them:",
    "    number, time, microseconds that it took, arguments, address of the client, its name",
    "LEN",
    "    Return how many entries there are.",
    "RESET",
    "    Forget all entries.",
};

constexpr std::string_view kHelp[] = {
    "GET <count> <type>",
    "    Return the newest entries (-1: all) of a type, each of them:",
    "    number, time, value, arguments, address of the client, its name",
    "    Types and their values:",
    "    * SLOW: the microseconds that the command took",
    "    * LARGE-REQUEST: the bytes of the request",
    "    * LARGE-REPLY: the bytes of the reply",
    "LEN <type>",
    "    Return how many entries of a type there are.",
    "RESET <type>",
    "    Forget all entries of a type.",
};

constexpr std::uint32_t kUsual = kAdmin | kLoading | kStale;
constexpr std::string_view kGetTips[] = {"request_policy:all_nodes", "nondeterministic_output"};
constexpr std::string_view kLengthTips[] = {"request_policy:all_nodes", "response_policy:agg_sum",
                                            "nondeterministic_output"};
constexpr std::string_view kResetTips[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};

constexpr Command Sub(const ServerRow& row) { return MakeRow(row, kUsual); }

constexpr std::string_view kKindSyntax = "type(SLOW|LARGE-REQUEST|LARGE-REPLY)";

constexpr Command kSlowSubcommands[] = {
    WithSyntax(Sub({"slowlog|get", AtLeast(1), SlowGet, "2.2.12", kGetTips,
                    "O(N) where N is the number of entries in the reply", "Shows the latest slow commands."}),
               "[count:int]", "4.0.0 Address and name of the client."),
    commands::HelpRow("slowlog|help", "server", "6.2.0"),
    Sub({"slowlog|len", Exactly(1), SlowLength, "2.2.12", kLengthTips, "O(1)", "Counts the slow commands noted."}),
    Sub({"slowlog|reset", Exactly(1), SlowReset, "2.2.12", kResetTips, "O(N) where N is the number of entries",
         "Forgets the slow commands noted."}),
};

constexpr Command kSubcommands[] = {
    WithSyntax(Sub({"commandlog|get", Exactly(3), Get, "8.1.0", kGetTips,
                    "O(N) where N is the number of entries in the reply", "Shows the latest entries of a log."}),
               "count:int type(SLOW|LARGE-REQUEST|LARGE-REPLY)"),
    commands::HelpRow("commandlog|help", "server", "8.1.0"),
    WithSyntax(
        Sub({"commandlog|len", Exactly(2), Length, "8.1.0", kLengthTips, "O(1)", "Counts the entries of a log."}),
        kKindSyntax),
    WithSyntax(Sub({"commandlog|reset", Exactly(2), Reset, "8.1.0", kResetTips, "O(N) where N is the number of entries",
                    "Forgets the entries of a log."}),
               kKindSyntax),
};

constexpr Command Container(std::string_view name, std::string_view since, std::span<const Command> subcommands,
                            std::string_view summary, std::span<const std::string_view> help) {
  return {.name = name,
          .arity = AtLeast(1),
          .subcommands = subcommands,
          .since = since,
          .group = "server",
          .summary = summary,
          .complexity = "Depends on subcommand.",
          .help = help};
}

constexpr Command kCommandLogCommands[] = {
    Container("slowlog", "2.2.12", kSlowSubcommands, "Holds the commands about slow commands.", kSlowHelp),
    Container("commandlog", "8.1.0", kSubcommands,
              "Holds the commands about slow commands, large requests and replies.", kHelp),
};

}  // namespace

Table CommandLogCommands() { return kCommandLogCommands; }

}  // namespace zedis::server

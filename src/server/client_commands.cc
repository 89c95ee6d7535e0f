// CLIENT: what a connection says about itself, and what is known of all of them.
#include "base/check.h"
#include "commands/help.h"
#include "engine/arguments.h"
#include "server/client_control.h"
#include "server/client_filter.h"
#include "server/client_line.h"
#include "server/client_unblock.h"
#include "server/not_yet.h"
#include "server/services.h"
#include "server/session_fields.h"
#include "server/tables.h"
#include "server/tracking_commands.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

Outcome Id(Context& ctx, Args) {
  ctx.reply.Integer(static_cast<std::int64_t>(ctx.session->id));
  return Done();
}

Outcome GetName(Context& ctx, Args) {
  // The texts are changed by this thread alone, so reading needs no lock.
  const Session::Texts* texts = ctx.session->texts.get();
  if (texts == nullptr || texts->name.empty()) {
    ctx.reply.NullBulk();
  } else {
    ctx.reply.Bulk(texts->name);
  }
  return Done();
}

Outcome SetName(Context& ctx, Args args) {
  if (!IsShowable(args[2])) return kBadClientName;
  SetText(*ctx.session, &Session::Texts::name, args[2]);
  ctx.reply.Ok();
  return Done();
}

Outcome SetInfo(Context& ctx, Args args) {
  const bool is_name = EqualsIgnoreCase("lib-name", args[2]);
  if (!is_name && !EqualsIgnoreCase("lib-ver", args[2])) {
    return ctx.Fail("ERR Unrecognized option '{}'", Shown(args[2], std::string_view::npos));
  }
  if (!IsShowable(args[3])) {
    return ctx.Fail("ERR {} cannot contain spaces, newlines or special characters.", is_name ? "lib-name" : "lib-ver");
  }
  SetText(*ctx.session, is_name ? &Session::Texts::library_name : &Session::Texts::library_version, args[3]);
  ctx.reply.Ok();
  return Done();
}

Outcome Info(Context& ctx, Args) {
  std::string line;
  ServicesOf(ctx).clients.Find(
      ctx.session->id, [&](const ClientRegistry::Client& client) { AppendClientLine(client, ctx.now_ms, line); });
  ctx.reply.Verbatim("txt", line);
  return Done();
}

Outcome List(Context& ctx, Args args) {
  TRY(const ClientFilter filter, ClientFilter::Parse(ctx, args, 2));
  std::string lines;
  ServicesOf(ctx).clients.ForEach([&](const ClientRegistry::Client& client) {
    if (!IsEnding(client) && filter.Accepts(client, *ctx.session, ctx.now_ms))
      AppendClientLine(client, ctx.now_ms, lines);
  });
  ctx.reply.Verbatim("txt", lines);
  return Done();
}

// Says nothing when replies are switched off, from this one on; the worker drops the replies of later commands.
Outcome SetReply(Context& ctx, Args args) {
  Session& session = *ctx.session;
  if (EqualsIgnoreCase("on", args[2])) {
    session.reply_mode = ReplyMode::kOn;
    ctx.reply.Ok();
  } else if (EqualsIgnoreCase("off", args[2])) {
    session.reply_mode = ReplyMode::kOff;
  } else if (EqualsIgnoreCase("skip", args[2])) {
    if (session.reply_mode != ReplyMode::kOff) session.reply_mode = ReplyMode::kSkipNext;
  } else {
    return kSyntaxError;
  }
  return Done();
}

Expected<bool> ParseOnOff(std::string_view word) {
  if (EqualsIgnoreCase("on", word)) return true;
  if (EqualsIgnoreCase("off", word)) return false;
  return std::unexpected(&kSyntaxError);
}

Outcome NoEvict(Context& ctx, Args args) {
  TRY(const bool on, ParseOnOff(args[2]));
  SetNoEvict(*ctx.session, on);
  ctx.reply.Ok();
  return Done();
}

Outcome NoTouch(Context& ctx, Args args) {
  TRY(const bool on, ParseOnOff(args[2]));
  SetNoTouch(*ctx.session, on);
  ctx.reply.Ok();
  return Done();
}

constexpr std::string_view kHelp[] = {
    "CACHING (YES|NO)",
    "    Track the keys of the next command, or do not. For OPTIN and OPTOUT.",
    "GETNAME",
    "    Return the name that this connection has given itself.",
    "GETREDIR",
    "    Return the number of the connection that hears of changed keys instead of this one.",
    "ID",
    "    Return the number of this connection.",
    "INFO",
    "    Return what the server knows about this connection.",
    "KILL <ip:port>",
    "    End the connection from an address.",
    "KILL <option> <value> [<option> <value> ...]",
    "    End all connections that match. Options are those of LIST; SKIPME is YES unless given.",
    "LIST [options ...]",
    "    Return what the server knows about all connections, one a line. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Only those of a type.",
    "    * ID <id> [<id> ...]",
    "      Only those with one of the numbers.",
    "    * ADDR, LADDR, IP, NAME, LIB-NAME, LIB-VER, USER, FLAGS, DB <value>",
    "      Only those whose field has the value; with NOT- in front, all others.",
    "    * MAXAGE <seconds>, IDLE <seconds>",
    "      Only those that are at least so old, or have been idle for so long.",
    "    * SKIPME (YES|NO)",
    "      Leave this connection out (default: no).",
    "NO-EVICT (ON|OFF)",
    "    Keep this connection when the memory of clients has to shrink.",
    "NO-TOUCH (ON|OFF)",
    "    Let what this connection reads look as if nobody had read it.",
    "PAUSE <milliseconds> [WRITE|ALL]",
    "    Hold up all commands, or those that write, for a time.",
    "REPLY (ON|OFF|SKIP)",
    "    Switch the replies of this connection on or off, or skip the next one.",
    "SETINFO <option> <value>",
    "    Say which library the client uses: LIB-NAME or LIB-VER.",
    "SETNAME <name>",
    "    Give this connection a name.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]",
    "    Tell this connection when keys change that it may have cached.",
    "TRACKINGINFO",
    "    Return what this connection has asked for by TRACKING.",
    "UNBLOCK <id> [TIMEOUT|ERROR]",
    "    End what the connection with this number waits for, as if its time were up (default) or with an error.",
    "UNPAUSE",
    "    End a pause.",
};

constexpr std::uint32_t kUsual = kNoScript | kLoading | kStale | kSentinel;
constexpr std::string_view kUnsteady[] = {"nondeterministic_output"};
constexpr std::string_view kAllNodes[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};

constexpr Command Sub(std::string_view name, Arity arity, Handler run, std::string_view since,
                      std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = kUsual,
          .categories = kCatConnection,
          .locks = Locks::kNone,
          .run = run,
          .since = since,
          .group = "connection",
          .summary = summary,
          .complexity = "O(1)"};
}
constexpr Command With(Command row, std::uint32_t more_flags, std::span<const std::string_view> tips,
                       std::string_view complexity = "O(1)") {
  row.flags |= more_flags;
  row.tips = tips;
  row.complexity = complexity;
  return row;
}

constexpr Command WithAllLocks(Command row) {
  row.locks = Locks::kAll;
  return row;
}

constexpr std::string_view kKillSyntax =
    "filter('ip:port'!2.8.12|new-format([ID client-id:int@2.8.12]|"
    "[TYPE normal_master_slave_pubsub(NORMAL|MASTER@3.2.0|SLAVE|REPLICA@5.0.0|PUBSUB)@2.8.12]|[USER username]|"
    "[ADDR 'ip:port']|[LADDR 'ip:port'@6.2.0]|[SKIPME 'yes/no']|[MAXAGE maxage:int@7.4.0])...)";
constexpr std::string_view kKillHistory =
    "2.8.12 Filters.\n"
    "2.8.12 ID.\n"
    "3.2.0 TYPE MASTER.\n"
    "5.0.0 TYPE REPLICA.\n"
    "6.2.0 LADDR.\n"
    "7.4.0 MAXAGE.\n"
    "8.1.0 Several numbers.\n"
    "9.0.0 More filters.";
constexpr std::string_view kOnOrOff = "enabled(ON|OFF)";
constexpr std::string_view kListSyntax =
    "[TYPE normal_master_replica_pubsub(NORMAL|MASTER|REPLICA|PUBSUB)@5.0.0] [ID id{client-id:int...}@6.2.0] "
    "[USER username@8.1.0] [ADDR 'ip:port'@8.1.0] [LADDR 'ip:port'@8.1.0] [SKIPME yes_no(YES|NO)@8.1.0] "
    "[MAXAGE maxage:int@8.1.0] [FLAGS flags@9.0.0] [NAME name@9.0.0] [IDLE idle:int@9.0.0] "
    "[LIB-NAME lib-name@9.0.0] [LIB-VER lib-ver@9.0.0] [DB db:int@9.0.0] [IP ip@9.0.0]";
constexpr std::string_view kListHistory =
    "2.8.12 The field id.\n"
    "5.0.0 TYPE.\n"
    "6.0.0 The field user.\n"
    "6.2.0 ID; the fields argv-mem, tot-mem, laddr and redir.\n"
    "7.0.0 The fields resp, multi-mem, rbs and rbp.\n"
    "7.0.3 The field ssub.\n"
    "7.2.0 The fields lib-name and lib-ver.\n"
    "8.1.0 Several filters; the fields tot-net-in, tot-net-out and tot-cmds.\n"
    "9.0.0 More filters.";

constexpr Command kClientSubcommands[] = {
    WithSyntax(Sub("client|caching", Exactly(2), ClientCaching, "6.0.0",
                   "Says whether the keys of the next command are to be tracked."),
               "mode(YES|NO)"),
    Sub("client|getname", Exactly(1), GetName, "2.6.9", "Returns the name of the connection."),
    Sub("client|getredir", Exactly(1), ClientGetRedir, "6.0.0",
        "Returns the number of the connection that hears of changed keys instead of this one."),
    commands::HelpRow("client|help", "connection", "5.0.0", kSentinel, kCatConnection),
    Sub("client|id", Exactly(1), Id, "5.0.0", "Returns the number of the connection."),
    With(Sub("client|info", Exactly(1), Info, "6.2.0", "Describes the connection in one line."), 0, kUnsteady),
    WithSyntax(With(Sub("client|kill", AtLeast(2), KillClients, "2.4.0", "Ends connections."), kAdmin, {},
                    "O(N) where N is the number of client connections"),
               kKillSyntax, kKillHistory),
    WithSyntax(With(Sub("client|list", AtLeast(1), List, "2.4.0", "Describes all connections, a line for each."),
                    kAdmin, kUnsteady, "O(N) where N is the number of client connections"),
               kListSyntax, kListHistory),
    WithSyntax(With(Sub("client|no-evict", Exactly(2), NoEvict, "7.0.0",
                        "Spares the connection when memory of clients has to be freed."),
                    kAdmin, {}),
               kOnOrOff),
    WithSyntax(
        Sub("client|no-touch", Exactly(2), NoTouch, "7.2.0", "Makes the connection's reads leave no trace on keys."),
        kOnOrOff),
    WithSyntax(
        WithAllLocks(
            With(Sub("client|pause", AtLeast(2), PauseClients, "2.9.50", "Holds up commands for a time."), kAdmin, {})),
        "timeout:int [mode(WRITE|ALL)@6.2.0]", "6.2.0 WRITE."),
    WithSyntax(Sub("client|reply", Exactly(2), SetReply, "3.2.0", "Switches the replies to the connection on or off."),
               "on_off_skip(ON|OFF|SKIP)"),
    WithSyntax(
        With(Sub("client|setinfo", Exactly(3), SetInfo, "7.2.0", "Notes which library the client uses."), 0, kAllNodes),
        "attr(LIB-NAME libname|LIB-VER libver)"),
    WithSyntax(With(Sub("client|setname", Exactly(2), SetName, "2.6.9", "Gives the connection a name."), 0, kAllNodes),
               "connection-name"),
    WithSyntax(With(Sub("client|tracking", AtLeast(2), ClientTracking, "6.0.0",
                        "Tells the connection when keys change that it may have cached."),
                    0, {}, "O(1). O(N) with BCAST, N being the number of prefixes of all connections."),
               "status(ON|OFF) [REDIRECT client-id:int] [PREFIX prefix...+] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]"),
    Sub("client|trackinginfo", Exactly(1), ClientTrackingInfo, "6.2.0",
        "Returns what the connection has asked for by CLIENT TRACKING."),
    WithSyntax(
        With(Sub("client|unblock", AtLeast(2), UnblockClient, "5.0.0", "Ends the waiting of another connection."),
             kAdmin, {}, "O(log N) where N is the number of client connections"),
        kUnblockClientSyntax),
    With(Sub("client|unpause", Exactly(1), UnpauseClients, "6.2.0", "Ends a pause."), kAdmin, {},
         "O(N) where N is the number of clients held up"),
};

constexpr Command kClientCommands[] = {
    {.name = "client",
     .arity = AtLeast(1),
     .flags = kSentinel,
     .locks = Locks::kNone,
     .subcommands = kClientSubcommands,
     .since = "2.4.0",
     .group = "connection",
     .summary = "Holds the commands about connections of clients.",
     .complexity = "Depends on subcommand.",
     .help = kHelp},
};

}  // namespace

Table ClientCommands() { return kClientCommands; }

}  // namespace zedis::server

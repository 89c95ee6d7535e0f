// PING, ECHO, QUIT, SELECT: what a connection does without knowing the server around it. The rest is in
// server/session_commands.cc and server/client_commands.cc.
#include <limits>

#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kNotAnInt32{"ERR value is out of range, value must between -2147483648 and 2147483647"};

Outcome Ping(Context& ctx, Args args) {
  if (args.size() > 2) return ctx.Fail("ERR wrong number of arguments for 'ping' command");
  if (ctx.session->subscriptions != nullptr && !ctx.reply.IsResp3()) {
    // Such a client expects nothing but messages.
    ctx.reply.ArrayHeader(2);
    ctx.reply.Bulk("pong");
    ctx.reply.Bulk(args.size() == 2 ? args[1] : "");
  } else if (args.size() == 2) {
    ctx.reply.Bulk(args[1]);
  } else {
    ctx.reply.Pong();
  }
  return Done();
}

Outcome Echo(Context& ctx, Args args) {
  ctx.reply.Bulk(args[1]);
  return Done();
}

Outcome Quit(Context& ctx, Args) {
  ctx.session->close_after_reply = true;
  ctx.reply.Ok();
  return Done();
}

Outcome Select(Context& ctx, Args args) {
  TRY(const std::int64_t index, ParseInteger(args[1]));
  if (index < std::numeric_limits<std::int32_t>::min() || index > std::numeric_limits<std::int32_t>::max()) {
    return kNotAnInt32;
  }
  if (index < 0 || index >= ctx.keyspace.databases()) return kDatabaseIndexOutOfRange;
  ctx.session->database.Set(static_cast<std::int32_t>(index));
  ctx.reply.Ok();
  return Done();
}

constexpr std::string_view kPingTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};

constexpr Command kConnectionCommands[] = {
    {.name = "ping",
     .arity = AtLeast(0),
     .flags = kFast | kSentinel | kWhileSubscribed,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Ping,
     .since = "1.0.0",
     .group = "connection",
     .summary = "Answers PONG, or what it was given, so that a client knows the server lives.",
     .complexity = "O(1)",
     .tips = kPingTips,
     .syntax = "[message]"},
    {.name = "echo",
     .arity = Exactly(1),
     .flags = kLoading | kStale | kFast,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Echo,
     .since = "1.0.0",
     .group = "connection",
     .summary = "Answers with the string it was given.",
     .complexity = "O(1)",
     .syntax = "message"},
    {.name = "quit",
     .arity = AtLeast(0),
     .flags = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy | kWhileSubscribed,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Quit,
     .in_multi = InMulti::kEnds,
     .since = "1.0.0",
     .group = "connection",
     .summary = "Closes the connection when all replies have been sent.",
     .complexity = "O(1)",
     .deprecated_since = "7.2.0",
     .replaced_by = "just closing the connection"},
    {.name = "select",
     .arity = Exactly(1),
     .flags = kLoading | kStale | kFast,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Select,
     .since = "1.0.0",
     .group = "connection",
     .summary = "Makes another logical database the one that later commands work on.",
     .complexity = "O(1)",
     .syntax = "index:int"},
};

}  // namespace

Table ConnectionCommands() { return kConnectionCommands; }

}  // namespace zedis::commands

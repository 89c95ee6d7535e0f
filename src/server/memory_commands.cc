// MEMORY: what keys take, and where the memory of the server is.
#include "commands/help.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "engine/visit.h"
#include "server/memory_report.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

// SAMPLES asks Redis to estimate large collections by so many of their elements. Here every figure is exact.
Outcome Usage(Context& ctx, Args args) {
  for (OptionCursor cursor(args, 3); !cursor.done();) {
    if (!cursor.TakeWith("samples", 1)) return kSyntaxError;
    TRY(const std::int64_t samples, ParseInteger(cursor.Next()));
    if (samples < 0) return kSyntaxError;
  }
  const store::Key key = ctx.KeyAt(args, 2);
  const bool found = ctx.Peek(key) != nullptr;
  const store::Database& database = ctx.DatabaseOf(key);
  found ? ctx.reply.Integer(static_cast<std::int64_t>(database.MemoryOf(database.FindSlot(key))))
        : ctx.reply.NullBulk();
  return Done();
}

Outcome Stats(Context& ctx, Args) {
  ReplyMemoryStats(ctx, MeasureMemory(ctx));
  return Done();
}

Outcome Doctor(Context& ctx, Args) {
  ctx.reply.Verbatim("txt", MemoryAdvice(ctx, MeasureMemory(ctx)));
  return Done();
}

Outcome MallocStats(Context& ctx, Args) {
  ctx.reply.Verbatim("txt", ArenaTable(ctx));
  return Done();
}

// Gives all empty pages of all arenas back to the system; each shard is held for a slice of them at a time.
Outcome Purge(Context& ctx, Args) {
  constexpr std::size_t kPagesPerSlice = 64;
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
    for (bool more = true; more;) {
      VisitShard(ctx, shard,
                 [&](int number) { more = ctx.keyspace.shard(number).arena.Trim(kPagesPerSlice) == kPagesPerSlice; });
    }
  }
  ctx.reply.Ok();
  return Done();
}

constexpr std::string_view kHelp[] = {
    "DOCTOR",
    "    Say in words what stands out.",
    "MALLOC-STATS",
    "    Return what the arenas of the shards hold.",
    "PURGE",
    "    Give empty pages back to the system.",
    "STATS",
    "    Return where the memory is.",
    "USAGE <key> [SAMPLES <count>]",
    "    Tells how many bytes a key and its value take. The figure is exact, whatever the samples.",
};

constexpr KeySpec kUsageKey[] = {{.flags = kKeyReadOnly, .index = 2}};

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:all_shards",
                                      "response_policy:special"};
constexpr std::string_view kPurgeTips[] = {"request_policy:all_shards", "response_policy:all_succeeded"};
constexpr std::string_view kAllKeys = "O(N) where N is the number of keys, some 600 of them at a step.";

constexpr Command Visiting(const ServerRow& row) {
  Command command = MakeRow(row, 0);
  command.locks = Locks::kVisit;
  return command;
}

constexpr Command kMemorySubcommands[] = {
    Visiting({"memory|doctor", Exactly(1), Doctor, "4.0.0", kTips, kAllKeys, "Judges the use of memory in words."}),
    Visiting({"memory|malloc-stats", Exactly(1), MallocStats, "4.0.0", kTips, "O(1)", "Shows what the arenas hold."}),
    Visiting({"memory|purge", Exactly(1), Purge, "4.0.0", kPurgeTips, "O(N) where N is the number of empty pages.",
              "Gives empty pages back to the system."}),
    Visiting({"memory|stats", Exactly(1), Stats, "4.0.0", kTips, kAllKeys, "Shows where the memory is."}),
    commands::HelpRow("memory|help", "server", "4.0.0"),
    {.name = "memory|usage",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .keys = kUsageKey,
     .run = Usage,
     .since = "4.0.0",
     .group = "server",
     .summary = "Tells how many bytes a key and its value take.",
     .complexity = "O(1), for streams O(N), N being the number of groups and consumers.",
     .syntax = "key#0 [SAMPLES count:int]"},
};

constexpr Command kMemoryCommands[] = {
    {.name = "memory",
     .arity = AtLeast(1),
     .subcommands = kMemorySubcommands,
     .since = "4.0.0",
     .group = "server",
     .summary = "Holds the commands about memory.",
     .complexity = "Depends on subcommand.",
     .help = kHelp},
};

}  // namespace

Table MemoryCommands() { return kMemoryCommands; }

}  // namespace zedis::server

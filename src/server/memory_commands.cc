// MEMORY: what keys take.
#include "commands/help.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "server/not_yet.h"
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

constexpr std::string_view kHelp[] = {
    "USAGE <key> [SAMPLES <count>]",
    "    Tells how many bytes a key and its value take. The figure is exact, whatever the samples.",
};

constexpr KeySpec kUsageKey[] = {{.flags = kKeyReadOnly, .index = 2}};

constexpr Command kMemorySubcommands[] = {
    NotYetSubcommand("memory|doctor"),
    commands::HelpRow("memory|help", "server", "4.0.0"),
    NotYetSubcommand("memory|malloc-stats"),
    NotYetSubcommand("memory|purge"),
    NotYetSubcommand("memory|stats"),
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

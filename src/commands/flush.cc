// Changes of whole databases: all shards are locked, what went is freed in slices by the shards' garbage lists.
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kInvalidFirst{"ERR invalid first DB index"};
constexpr Error kInvalidSecond{"ERR invalid second DB index"};

// SYNC and ASYNC make no difference: neither waits for memory to be freed.
bool ValidFlushOption(Args args) {
  if (args.size() == 1) return true;
  return args.size() == 2 && (EqualsIgnoreCase("sync", args[1]) || EqualsIgnoreCase("async", args[1]));
}

void Flush(Context& ctx, int database) {
  ctx.door.ReportFlush(ctx, database);
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
    store::Database& part = ctx.keyspace.database(shard, database);
    ctx.stats.changes += part.size();
    part.Clear();
  }
}

Outcome FlushDb(Context& ctx, Args args) {
  if (!ValidFlushOption(args)) return kSyntaxError;
  Flush(ctx, ctx.session->database.Get());
  ctx.reply.Ok();
  return Done();
}

Outcome FlushAll(Context& ctx, Args args) {
  if (!ValidFlushOption(args)) return kSyntaxError;
  for (int database = 0; database < ctx.keyspace.databases(); ++database) Flush(ctx, database);
  ctx.reply.Ok();
  return Done();
}

Outcome SwapDb(Context& ctx, Args args) {
  TRY(const std::int64_t one, ParseIntegerIn(args[1], INT32_MIN, INT32_MAX, kInvalidFirst));
  TRY(const std::int64_t other, ParseIntegerIn(args[2], INT32_MIN, INT32_MAX, kInvalidSecond));
  const int databases = ctx.keyspace.databases();
  if (one < 0 || one >= databases || other < 0 || other >= databases) return kDatabaseIndexOutOfRange;
  if (one != other) {
    for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
      ctx.keyspace.database(shard, static_cast<int>(one)).Swap(ctx.keyspace.database(shard, static_cast<int>(other)));
    }
    ctx.door.ReportSwap(ctx, static_cast<int>(one), static_cast<int>(other));
  }
  ++ctx.stats.changes;  // as in Redis, also for a database with itself
  ctx.reply.Ok();
  return Done();
}

constexpr std::string_view kEverywhere[] = {"request_policy:all_shards", "response_policy:all_succeeded"};

constexpr Command kFlushCommands[] = {
    {.name = "flushdb",
     .arity = AtLeast(0),
     .flags = kWrite,
     .categories = kCatKeyspace | kCatDangerous,
     .locks = Locks::kAll,
     .run = FlushDb,
     .since = "1.0.0",
     .group = "server",
     .summary = "Deletes all keys of the current database.",
     .complexity = "O(1) for each shard; memory is freed in the background.",
     .tips = kEverywhere,
     .syntax = "[async(ASYNC@4.0.0|SYNC@6.2.0)]",
     .history = "4.0.0 ASYNC.\n"
                "6.2.0 SYNC."},
    {.name = "flushall",
     .arity = AtLeast(0),
     .flags = kWrite,
     .categories = kCatKeyspace | kCatDangerous,
     .locks = Locks::kAll,
     .run = FlushAll,
     .since = "1.0.0",
     .group = "server",
     .summary = "Deletes all keys of all databases.",
     .complexity = "O(1) for each shard and database; memory is freed in the background.",
     .tips = kEverywhere,
     .syntax = "[async(ASYNC@4.0.0|SYNC@6.2.0)]",
     .history = "4.0.0 ASYNC.\n"
                "6.2.0 SYNC."},
    {.name = "swapdb",
     .arity = Exactly(2),
     .flags = kWrite | kFast,
     .categories = kCatKeyspace | kCatDangerous,
     .locks = Locks::kAll,
     .run = SwapDb,
     .since = "4.0.0",
     .group = "server",
     .summary = "Exchanges the keys of two databases.",
     .complexity = "O(1) for each shard.",
     .syntax = "index1:int index2:int"},
};

}  // namespace

Table FlushCommands() { return kFlushCommands; }

}  // namespace zedis::commands

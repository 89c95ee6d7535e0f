// DUMP and RESTORE: a value as bytes that any server of the family can take in.
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "rdb/load.h"
#include "rdb/payload.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;

constexpr Error kBusyKey{"BUSYKEY Target key name already exists."};
constexpr Error kInvalidTtl{"ERR Invalid TTL value, must be >= 0"};
constexpr Error kInvalidIdleTime{"ERR Invalid IDLETIME value, must be >= 0"};
constexpr Error kInvalidFrequency{"ERR Invalid FREQ value, must be >= 0 and <= 255"};
constexpr Error kWrongPayload{"ERR DUMP payload version or checksum are wrong"};
constexpr Error kBadDataFormat{"ERR Bad data format"};

Outcome Dump(Context& ctx, Args args) {
  const Entry* entry = ctx.Find(ctx.KeyAt(args, 1));
  entry != nullptr ? ctx.reply.Bulk(rdb::MakePayload(*entry, ctx.tunables)) : ctx.reply.NullBulk();
  return Done();
}

struct RestoreOptions {
  bool replace = false;
  bool absolute_ttl = false;
  std::optional<std::int64_t> idle_s;
  std::optional<std::int64_t> frequency;
};

Expected<RestoreOptions> ParseRestoreOptions(Args args) {
  RestoreOptions options;
  OptionCursor cursor(args, 4);
  while (!cursor.done()) {
    if (cursor.Take("replace")) {
      options.replace = true;
    } else if (cursor.Take("absttl")) {
      options.absolute_ttl = true;
    } else if (!options.frequency && cursor.TakeWith("idletime", 1)) {
      TRY(options.idle_s, ParseInteger(cursor.Next()));
      if (*options.idle_s < 0) return std::unexpected(&kInvalidIdleTime);
    } else if (!options.idle_s && cursor.TakeWith("freq", 1)) {
      TRY(options.frequency, ParseInteger(cursor.Next()));
      if (*options.frequency < 0 || *options.frequency > 255) return std::unexpected(&kInvalidFrequency);
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  return options;
}

// When the key is due. A sum beyond the end of time wraps around and is over, as in Redis.
std::int64_t ExpiryOf(const Context& ctx, std::int64_t ttl_ms, bool absolute) {
  if (ttl_ms == 0) return store::kNoExpiry;
  if (absolute) return ttl_ms;
  const std::int64_t expire_at_ms =
      static_cast<std::int64_t>(static_cast<std::uint64_t>(ttl_ms) + static_cast<std::uint64_t>(ctx.now_ms));
  return std::max<std::int64_t>(expire_at_ms, 0);
}

void SetAccess(Context& ctx, const RestoreOptions& options, Entry* entry) {
  const bool counts = store::PolicyCountsAccesses(ctx.tunables);
  if (counts && options.frequency) {
    entry->SetAccess(store::AccessWithFrequency(static_cast<std::uint32_t>(*options.frequency), ctx.now_ms));
  } else if (!counts && options.idle_s) {
    entry->SetAccess(store::AccessAfterIdle(*options.idle_s, ctx.now_ms));
  }
}

Outcome Restore(Context& ctx, Args args) {
  TRY(const RestoreOptions options, ParseRestoreOptions(args));
  const Key key = ctx.KeyAt(args, 1);
  if (!options.replace && ctx.FindForWrite(key) != nullptr) return kBusyKey;
  TRY(const std::int64_t ttl_ms, ParseInteger(args[2]));
  if (ttl_ms < 0) return kInvalidTtl;
  const auto payload = rdb::CheckPayload(args[3]);
  if (!payload) return kWrongPayload;
  rdb::Reader reader(payload->body);
  const std::uint8_t type = reader.Byte();
  rdb::LoadedValue value;
  const rdb::LoadOptions load{.tunables = ctx.tunables, .seed = ctx.keyspace.seed(), .version = payload->version};
  if (!reader.ok() || !rdb::LoadValue(type, reader, load, value)) return kBadDataFormat;

  ctx.reply.Ok();
  // What is there goes first, so that nothing of it stays: neither its clock nor what watchers know of it.
  const bool erased = ctx.FindForWrite(key) != nullptr && ctx.Erase(key);
  const std::int64_t expire_at_ms = ExpiryOf(ctx, ttl_ms, options.absolute_ttl);
  if (expire_at_ms != store::kNoExpiry && expire_at_ms <= ctx.now_ms) {
    if (erased) ctx.Changed(key, {base::kNotifyGeneric, "del"});
    return Done();
  }
  SetAccess(ctx, options, ctx.Put(key, value.Take(), expire_at_ms));
  ctx.Changed(key, {base::kNotifyGeneric, "restore"});
  return Done();
}

constexpr KeySpec kRestoreKey[] = {{.flags = kKeyOverwrite | kKeyUpdate}};
constexpr std::string_view kNondeterministic[] = {"nondeterministic_output"};
constexpr std::string_view kRestoreHistory =
    "3.0.0 REPLACE.\n"
    "5.0.0 ABSTTL.\n"
    "5.0.0 IDLETIME and FREQ.";

constexpr Command RestoreRow(std::string_view name, std::uint32_t more_flags, std::string_view since,
                             std::string_view group, std::string_view summary) {
  return {.name = name,
          .arity = AtLeast(3),
          .flags = kWrite | kDenyOom | more_flags,
          .categories = kCatKeyspace | kCatDangerous,
          .keys = kRestoreKey,
          .run = Restore,
          .since = since,
          .group = group,
          .summary = summary,
          .complexity = "O(N), N being the size of the value; for a large collection with the cost of building it.",
          .syntax =
              "key#0 ttl:int serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds:int@5.0.0] "
              "[FREQ frequency:int@5.0.0]",
          .history = kRestoreHistory};
}

constexpr Command Internal(Command row) {
  row.is_internal = true;
  return row;
}

constexpr Command kDumpCommands[] = {
    {.name = "dump",
     .arity = Exactly(1),
     .flags = kReadonly,
     .categories = kCatKeyspace,
     .keys = kReadOneKey,
     .run = Dump,
     .since = "2.6.0",
     .group = "generic",
     .summary = "Gives a value as bytes, which RESTORE turns into a value again.",
     .complexity = "O(N), N being the size of the value.",
     .tips = kNondeterministic,
     .syntax = "key#0"},
    RestoreRow("restore", 0, "2.6.0", "generic", "Makes a key of the bytes that DUMP gave."),
    Internal(RestoreRow("restore-asking", kAsking, "3.0.0", "server",
                        "RESTORE for the nodes of a cluster, while a slot moves.")),
};

}  // namespace

Table DumpCommands() { return kDumpCommands; }

}  // namespace zedis::commands

// OBJECT: how a key's value is stored and when it was used.
#include "commands/help.h"
#include "commands/tables.h"
#include "engine/context.h"
#include "store/access.h"
#include "store/value_ops.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;

constexpr Error kNoFrequency{
    "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching "
    "between policies at runtime LRU and LFU data will take some time to adjust."};
constexpr Error kNoIdleTime{
    "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies "
    "at runtime LRU and LFU data will take some time to adjust."};

Outcome ObjectEncoding(Context& ctx, Args args) {
  const Entry* entry = ctx.InspectQuietly(ctx.KeyAt(args, 2));
  entry != nullptr ? ctx.reply.Bulk(store::EncodingName(*entry, ctx.tunables)) : ctx.reply.NullBulk();
  return Done();
}

Outcome ObjectFreq(Context& ctx, Args args) {
  const Entry* entry = ctx.InspectQuietly(ctx.KeyAt(args, 2));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  if (!store::PolicyCountsAccesses(ctx.tunables)) return kNoFrequency;
  ctx.reply.Integer(store::AccessFrequency(entry->access(), ctx.now_ms, ctx.tunables));
  return Done();
}

Outcome ObjectIdleTime(Context& ctx, Args args) {
  const Entry* entry = ctx.InspectQuietly(ctx.KeyAt(args, 2));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  if (store::PolicyCountsAccesses(ctx.tunables)) return kNoIdleTime;
  ctx.reply.Integer(store::IdleSeconds(entry->access(), ctx.now_ms));
  return Done();
}

// Values are not shared: always 1.
Outcome ObjectRefCount(Context& ctx, Args args) {
  const Entry* entry = ctx.InspectQuietly(ctx.KeyAt(args, 2));
  entry != nullptr ? ctx.reply.Integer(1) : ctx.reply.NullBulk();
  return Done();
}

constexpr std::string_view kHelp[] = {
    "ENCODING <key>", "    Names the way in which the value is stored.",
    "FREQ <key>",     "    Tells the access counter, about the logarithm of recent accesses (LFU policies).",
    "IDLETIME <key>", "    Tells the seconds since the last access (all other policies).",
    "REFCOUNT <key>", "    Tells how many references the value has.",
};

constexpr KeySpec kObjectKey[] = {{.flags = kKeyReadOnly, .index = 2}};
constexpr std::string_view kNondeterministic[] = {"nondeterministic_output"};

constexpr Command ObjectRow(std::string_view name, Handler run, std::string_view since, std::string_view summary) {
  return {.name = name,
          .arity = Exactly(2),
          .flags = kReadonly,
          .categories = kCatKeyspace,
          .keys = kObjectKey,
          .run = run,
          .since = since,
          .group = "generic",
          .summary = summary,
          .complexity = "O(1)",
          .tips = kNondeterministic,
          .syntax = "key#0"};
}

constexpr Command kObjectSubcommands[] = {
    ObjectRow("object|encoding", ObjectEncoding, "2.2.3", "Names the way in which a value is stored."),
    ObjectRow("object|freq", ObjectFreq, "4.0.0", "Tells how often a key is used, on a logarithmic scale."),
    HelpRow("object|help", "generic", "6.2.0", 0, kCatKeyspace),
    ObjectRow("object|idletime", ObjectIdleTime, "2.2.3", "Tells how long a key has not been used."),
    ObjectRow("object|refcount", ObjectRefCount, "2.2.3", "Tells how many references a value has."),
};

constexpr Command kObjectCommands[] = {
    {.name = "object",
     .arity = AtLeast(1),
     .subcommands = kObjectSubcommands,
     .since = "2.2.3",
     .group = "generic",
     .summary = "Groups the commands that look into how values are stored.",
     .complexity = "Depends on the subcommand.",
     .help = kHelp},
};

}  // namespace

Table ObjectCommands() { return kObjectCommands; }

}  // namespace zedis::commands

// Strings of several keys at once.

#include "commands/expiry_options.h"
#include "commands/string_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;

constexpr Event kSetEvent{base::kNotifyString, "set"};

Outcome MGet(Context& ctx, Args args) {
  ctx.reply.ArrayHeader(args.size() - 1);
  for (std::size_t i = 1; i < args.size(); ++i) {
    const Entry* entry = ctx.Find(ctx.KeyAt(args, i));
    ReplyStringOrNull(ctx, entry != nullptr && entry->type() == Type::kString ? entry : nullptr);
  }
  return Done();
}

// Pairs of key and value from argument `first` up to `end`.
struct Pairs {
  std::size_t first;
  std::size_t end;
};

std::size_t CountExisting(Context& ctx, Args args, Pairs pairs) {
  std::size_t existing = 0;
  for (std::size_t i = pairs.first; i < pairs.end; i += 2) {
    if (ctx.FindForWrite(ctx.KeyAt(args, i)) != nullptr) ++existing;
  }
  return existing;
}

void StoreAll(Context& ctx, Args args, Pairs pairs) {
  for (std::size_t i = pairs.first; i < pairs.end; i += 2) {
    const Key key = ctx.KeyAt(args, i);
    StoreString(ctx, key, args[i + 1], store::kNoExpiry);
    ctx.Changed(key, kSetEvent);
  }
}

Outcome WrongNumber(Context& ctx) {
  return ctx.Fail("ERR wrong number of arguments for '{}' command", ctx.command->row->name);
}

Outcome MSet(Context& ctx, Args args) {
  if (args.size() % 2 == 0) return WrongNumber(ctx);
  StoreAll(ctx, args, {1, args.size()});
  ctx.reply.Ok();
  return Done();
}

Outcome MSetNx(Context& ctx, Args args) {
  if (args.size() % 2 == 0) return WrongNumber(ctx);
  const Pairs pairs{1, args.size()};
  const bool none_exists = CountExisting(ctx, args, pairs) == 0;
  if (none_exists) StoreAll(ctx, args, pairs);
  ctx.reply.Integer(none_exists ? 1 : 0);
  return Done();
}

struct MSetExOptions {
  Pairs pairs{};
  bool if_missing = false;
  bool if_exists = false;
  ExpiryOption expiry;
};

Expected<MSetExOptions> ParseMSetEx(Context& ctx, Args args) {
  static constexpr Error kInvalidCount{"ERR invalid numkeys value or out of range"};
  TRY(const std::int64_t count, ParseIntegerIn(args[1], 1, INT32_MAX, kInvalidCount));
  if (static_cast<std::size_t>(count) > (args.size() - 2) / 2) return std::unexpected(&kSyntaxError);
  MSetExOptions options;
  options.pairs = {2, 2 + 2 * static_cast<std::size_t>(count)};
  OptionCursor cursor(args, options.pairs.end);
  while (!cursor.done()) {
    const bool no_condition = !options.if_missing && !options.if_exists;
    if (no_condition && cursor.Take("nx")) {
      options.if_missing = true;
    } else if (no_condition && cursor.Take("xx")) {
      options.if_exists = true;
    } else if (options.expiry.kind != ExpiryOption::Kind::kNone ||
               !options.expiry.Take(cursor, ExpiryOption::kKeepTtl)) {
      return std::unexpected(&kSyntaxError);
    }
  }
  TRY(options.expiry.at_ms, options.expiry.Resolve(ctx));
  return options;
}

Outcome MSetEx(Context& ctx, Args args) {
  TRY(const MSetExOptions options, ParseMSetEx(ctx, args));
  const Pairs pairs = options.pairs;
  if (options.if_missing || options.if_exists) {
    const std::size_t wanted = options.if_missing ? 0 : (pairs.end - pairs.first) / 2;
    if (CountExisting(ctx, args, pairs) != wanted) {
      ctx.reply.Integer(0);
      return Done();
    }
  }
  ctx.reply.Integer(1);
  const ExpiryOption& expiry = options.expiry;
  for (std::size_t i = pairs.first; i < pairs.end; i += 2) {
    const Key key = ctx.KeyAt(args, i);
    if (expiry.IsPast(ctx)) {
      // Nothing is stored that would be gone at once.
      if (ctx.FindForWrite(key) == nullptr) continue;
      ctx.Erase(key);
      ctx.Changed(key, {base::kNotifyGeneric, "del"});
      continue;
    }
    std::int64_t at_ms = expiry.at_ms;
    if (expiry.kind == ExpiryOption::Kind::kKeepTtl) {
      const Entry* entry = ctx.FindForWrite(key);
      at_ms = entry != nullptr ? entry->ExpiryOrNone() : store::kNoExpiry;
    }
    StoreString(ctx, key, args[i + 1], at_ms);
    ctx.Changed(key, kSetEvent);
    if (expiry.sets_time()) ctx.Changed(key, {base::kNotifyGeneric, "expire"}, 0);
  }
  return Done();
}

constexpr KeySpec kMSetKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate, .last = -1, .step = 2}};
constexpr KeySpec kMSetNxKeys[] = {{.flags = kKeyOverwrite | kKeyInsert, .last = -1, .step = 2}};
constexpr KeySpec kMSetExKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate,
                                    .index = 1,
                                    .find = KeySpec::Find::kKeynum,
                                    .step = 2,
                                    .keynum_index = 0,
                                    .first_key = 1}};
constexpr std::string_view kMGetTips[] = {"request_policy:multi_shard"};
constexpr std::string_view kMSetTips[] = {"request_policy:multi_shard", "response_policy:all_succeeded"};

constexpr Command kCommands[] = {
    {.name = "mget",
     .arity = AtLeast(1),
     .flags = kReadonly | kFast,
     .categories = kCatString,
     .keys = kReadManyKeys,
     .run = MGet,
     .since = "1.0.0",
     .group = "string",
     .summary = "Returns the string values of several keys at one moment.",
     .complexity = "O(N), N being the number of keys",
     .tips = kMGetTips,
     .syntax = "key#0..."},
    {.name = "mset",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kMSetKeys,
     .run = MSet,
     .since = "1.0.1",
     .group = "string",
     .summary = "Stores strings in several keys at one moment.",
     .complexity = "O(N), N being the number of keys",
     .tips = kMSetTips,
     .syntax = "key_value{key#0 value}..."},
    {.name = "msetnx",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kMSetNxKeys,
     .run = MSetNx,
     .since = "1.0.1",
     .group = "string",
     .summary = "Stores strings in several keys if none of them exists.",
     .complexity = "O(N), N being the number of keys",
     .syntax = "key_value{key#0 value}..."},
    {.name = "msetex",
     .arity = AtLeast(3),
     .flags = kWrite | kDenyOom | kMovableKeys,
     .categories = kCatString,
     .keys = kMSetExKeys,
     .run = MSetEx,
     .since = "9.1.0",
     .group = "string",
     .summary = "Stores strings in several keys on a condition and with a common time to live.",
     .complexity = "O(N), N being the number of keys",
     .syntax = "numkeys:int data{key#0 value}... [condition(NX|XX)] [expiration(EX seconds:int|PX "
               "milliseconds:int|EXAT unix-time-seconds:time|PXAT unix-time-milliseconds:time|KEEPTTL)]"},
};

}  // namespace

Table ManyStringsCommands() { return kCommands; }

}  // namespace zedis::commands

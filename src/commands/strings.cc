// Strings one at a time: GET, SET and what is like them.

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
constexpr Event kExpireEvent{base::kNotifyGeneric, "expire"};
constexpr Event kDelEvent{base::kNotifyGeneric, "del"};

Outcome Get(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  ReplyStringOrNull(ctx, entry);
  return Done();
}

struct SetOptions {
  enum class Condition : std::uint8_t { kNone, kIfMissing, kIfExists, kIfEqual };

  Condition condition = Condition::kNone;
  bool get = false;
  ExpiryOption expiry;
  std::string_view compared;
};

Expected<SetOptions> ParseSetOptions(Context& ctx, Args args) {
  using Condition = SetOptions::Condition;
  SetOptions options;
  Condition& condition = options.condition;
  OptionCursor cursor(args, 3);
  while (!cursor.done()) {
    // As in Redis, a word may come again, but not after one that excludes it.
    if ((condition == Condition::kNone || condition == Condition::kIfMissing) && cursor.Take("nx")) {
      condition = Condition::kIfMissing;
    } else if ((condition == Condition::kNone || condition == Condition::kIfExists) && cursor.Take("xx")) {
      condition = Condition::kIfExists;
    } else if (condition == Condition::kNone && cursor.TakeWith("ifeq", 1)) {
      condition = Condition::kIfEqual;
      options.compared = cursor.Next();
    } else if (cursor.Take("get")) {
      options.get = true;
    } else if (!options.expiry.Take(cursor, ExpiryOption::kKeepTtl)) {
      return std::unexpected(&kSyntaxError);
    }
  }
  TRY(options.expiry.at_ms, options.expiry.Resolve(ctx));
  return options;
}

bool ConditionHolds(const SetOptions& options, const Entry* entry) {
  switch (options.condition) {
    case SetOptions::Condition::kNone:
      return true;
    case SetOptions::Condition::kIfMissing:
      return entry == nullptr;
    case SetOptions::Condition::kIfExists:
      return entry != nullptr;
    case SetOptions::Condition::kIfEqual:
      return entry != nullptr && StringText(*entry) == options.compared;
  }
  return false;
}

Outcome SetPlain(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  StoreString(ctx, key, args[2], store::kNoExpiry);
  ctx.Changed(key, kSetEvent);
  ctx.reply.Ok();
  return Done();
}

Outcome Set(Context& ctx, Args args) {
  if (args.size() == 3) [[likely]]
    return SetPlain(ctx, args);
  TRY(const SetOptions options, ParseSetOptions(ctx, args));
  const Key key = ctx.KeyAt(args, 1);
  // GET makes it a reader too, whose hit or miss counts.
  const Entry* entry = options.get ? ctx.Find(key) : ctx.FindForWrite(key);
  const bool needs_string = options.get || options.condition == SetOptions::Condition::kIfEqual;
  if (needs_string && entry != nullptr && entry->type() != Type::kString) return kWrongType;
  const bool holds = ConditionHolds(options, entry);
  if (options.get) {
    ReplyStringOrNull(ctx, entry);
  } else {
    holds ? ctx.reply.Ok() : ctx.reply.NullBulk();
  }
  if (!holds) return Done();
  const bool keep = options.expiry.kind == ExpiryOption::Kind::kKeepTtl && entry != nullptr;
  // A time in the past is stored like any other: the key expires at its next look-up.
  StoreString(ctx, key, args[2], keep ? entry->ExpiryOrNone() : options.expiry.at_ms);
  ctx.Changed(key, kSetEvent);
  if (options.expiry.sets_time()) ctx.Changed(key, kExpireEvent, 0);
  return Done();
}

Outcome SetNx(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  const bool missing = ctx.FindForWrite(key) == nullptr;
  if (missing) {
    StoreString(ctx, key, args[2], store::kNoExpiry);
    ctx.Changed(key, kSetEvent);
  }
  ctx.reply.Integer(missing ? 1 : 0);
  return Done();
}

// SETEX and PSETEX: key, time, value.
Outcome SetWithTime(Context& ctx, Args args, ExpiryOption::Kind kind) {
  const ExpiryOption expiry{.kind = kind, .time = args[2]};
  TRY(const std::int64_t at_ms, expiry.Resolve(ctx));
  const Key key = ctx.KeyAt(args, 1);
  StoreString(ctx, key, args[3], at_ms);
  ctx.Changed(key, kSetEvent);
  ctx.Changed(key, kExpireEvent, 0);
  ctx.reply.Ok();
  return Done();
}
Outcome SetEx(Context& ctx, Args args) { return SetWithTime(ctx, args, ExpiryOption::Kind::kSeconds); }
Outcome PSetEx(Context& ctx, Args args) { return SetWithTime(ctx, args, ExpiryOption::Kind::kMilliseconds); }

Outcome GetSet(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const Entry* entry, ctx.FindAs(Type::kString, key));
  ReplyStringOrNull(ctx, entry);
  StoreString(ctx, key, args[2], store::kNoExpiry);
  ctx.Changed(key, kSetEvent);
  return Done();
}

Outcome GetDel(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const Entry* entry, ctx.FindAs(Type::kString, key));
  ReplyStringOrNull(ctx, entry);
  if (entry == nullptr) return Done();
  ctx.Erase(key);
  ctx.Changed(key, kDelEvent);
  return Done();
}

Outcome GetEx(Context& ctx, Args args) {
  ExpiryOption expiry;
  OptionCursor cursor(args, 2);
  while (!cursor.done()) {
    if (!expiry.Take(cursor, ExpiryOption::kPersist)) return kSyntaxError;
  }
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindAs(Type::kString, key));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  TRY(expiry.at_ms, expiry.Resolve(ctx));
  ReplyStringOrNull(ctx, entry);
  if (expiry.IsPast(ctx)) {
    ctx.Erase(key);
    ctx.Changed(key, kDelEvent);
  } else if (expiry.sets_time()) {
    ctx.SetExpiry(key, entry, expiry.at_ms);
    ctx.Changed(key, kExpireEvent);
  } else if (expiry.kind == ExpiryOption::Kind::kPersist && entry->has_ttl()) {
    ctx.SetExpiry(key, entry, store::kNoExpiry);
    ctx.Changed(key, {base::kNotifyGeneric, "persist"});
  }
  return Done();
}

Outcome DelIfEq(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const Entry* entry, ctx.FindForWriteAs(Type::kString, key));
  const bool equal = entry != nullptr && StringText(*entry) == args[2];
  if (equal) {
    ctx.Erase(key);
    ctx.Changed(key, kDelEvent);
  }
  ctx.reply.Integer(equal ? 1 : 0);
  return Done();
}

constexpr KeySpec kSetKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate | kKeyVariableFlags,
                                 .notes = "RW and ACCESS due to the optional `GET` argument"}};
constexpr KeySpec kInsertKey[] = {{.flags = kKeyOverwrite | kKeyInsert}};
constexpr KeySpec kOverwriteKey[] = {{.flags = kKeyOverwrite | kKeyUpdate}};
constexpr KeySpec kReadUpdateKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};
constexpr KeySpec kGetExKeys[] = {
    {.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate, .notes = "RW and UPDATE because it changes the TTL"}};
constexpr KeySpec kReadDeleteKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyRemove | kKeyAccess | kKeyDelete}};

constexpr Command kStringCommands[] = {
    {.name = "get",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatString,
     .keys = kReadOneKey,
     .run = Get,
     .since = "1.0.0",
     .group = "string",
     .summary = "Returns the string value of a key.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "set",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kSetKeys,
     .run = Set,
     .since = "1.0.0",
     .group = "string",
     .summary = "Stores a string in a key, whatever was there before.",
     .complexity = "O(1)",
     .syntax = "key#0 value [condition(NX|XX|IFEQ comparison-value@8.1.0)@2.6.12] [GET@6.2.0] [expiration(EX "
               "seconds:int@2.6.12|PX milliseconds:int@2.6.12|EXAT unix-time-seconds:time@6.2.0|PXAT "
               "unix-time-milliseconds:time@6.2.0|KEEPTTL@6.0.0)]",
     .history = "2.6.12 EX, PX, NX and XX.\n"
                "6.0.0 KEEPTTL.\n"
                "6.2.0 GET, EXAT and PXAT.\n"
                "7.0.0 GET goes together with NX.\n"
                "8.1.0 IFEQ."},
    {.name = "setnx",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kInsertKey,
     .run = SetNx,
     .since = "1.0.0",
     .group = "string",
     .summary = "Stores a string in a key that does not exist yet.",
     .complexity = "O(1)",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `NX` argument",
     .syntax = "key#0 value"},
    {.name = "setex",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kOverwriteKey,
     .run = SetEx,
     .since = "2.0.0",
     .group = "string",
     .summary = "Stores a string in a key together with its time to live in seconds.",
     .complexity = "O(1)",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `EX` argument",
     .syntax = "key#0 seconds:int value"},
    {.name = "psetex",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kOverwriteKey,
     .run = PSetEx,
     .since = "2.6.0",
     .group = "string",
     .summary = "Stores a string in a key together with its time to live in milliseconds.",
     .complexity = "O(1)",
     .deprecated_since = "2.6.12",
     .replaced_by = "`SET` with the `PX` argument",
     .syntax = "key#0 milliseconds:int value"},
    {.name = "getset",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kReadUpdateKey,
     .run = GetSet,
     .since = "1.0.0",
     .group = "string",
     .summary = "Stores a string in a key and returns what it held before.",
     .complexity = "O(1)",
     .deprecated_since = "6.2.0",
     .replaced_by = "`SET` with the `!GET` argument",
     .syntax = "key#0 value"},
    {.name = "getdel",
     .arity = Exactly(1),
     .flags = kWrite | kFast,
     .categories = kCatString,
     .keys = kReadDeleteKey,
     .run = GetDel,
     .since = "6.2.0",
     .group = "string",
     .summary = "Returns the string value of a key and removes the key.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "getex",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatString,
     .keys = kGetExKeys,
     .run = GetEx,
     .since = "6.2.0",
     .group = "string",
     .summary = "Returns the string value of a key and may change its time to live.",
     .complexity = "O(1)",
     .syntax = "key#0 [expiration(EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:time|PXAT "
               "unix-time-milliseconds:time|PERSIST)]"},
    {.name = "delifeq",
     .arity = Exactly(2),
     .flags = kWrite | kFast,
     .categories = kCatString,
     .keys = kDeleteKey,
     .run = DelIfEq,
     .since = "9.0.0",
     .group = "string",
     .summary = "Removes a key if its string value is the given one.",
     .complexity = "O(1)",
     .syntax = "key#0 value"},
};

}  // namespace

Table StringCommands() { return kStringCommands; }

}  // namespace zedis::commands

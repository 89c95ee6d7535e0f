// Times to live of single fields: HEXPIRE, HTTL, HPERSIST and their like, as Redis 7.4 has them.
#include <optional>

#include "commands/hash_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;
using types::HashField;
using types::HashItem;

enum class Unit : std::uint8_t { kSeconds, kMilliseconds };
enum class Origin : std::uint8_t { kNow, kEpoch };

constexpr Error kNegativeTime{"ERR invalid expire time, must be >= 0"};
constexpr Error kFieldsMissing{"ERR Mandatory argument FIELDS is missing or not at the right position"};
constexpr Error kFieldsNotPositive{"ERR Number of fields must be a positive integer"};
constexpr Error kParameterNotPositive{"ERR Parameter `numFields` should be greater than 0"};
constexpr Error kFieldsMismatch{"ERR The `numfields` parameter must match the number of arguments"};

// What the commands answer for each field.
enum Answer : std::int64_t { kNoField = -2, kNoTime = -1, kNotMet = 0, kDone = 1, kGone = 2 };

// FIELDS n field ..., which is all that is left.
Expected<Args> TakeFields(OptionCursor& cursor, Args args, const Error& not_positive) {
  if (!cursor.Take("fields")) return std::unexpected(&kFieldsMissing);
  if (cursor.done()) return std::unexpected(&kFieldsMismatch);
  TRY(const std::int64_t count, ParseIntegerIn(cursor.Next(), 1, INT64_MAX, not_positive));
  if (static_cast<std::uint64_t>(count) != cursor.left()) return std::unexpected(&kFieldsMismatch);
  return args.subspan(cursor.position());
}

// --- HEXPIRE HPEXPIRE HEXPIREAT HPEXPIREAT

enum class Condition : std::uint8_t { kNone, kIfNone, kIfSome, kIfGreater, kIfLess };

Condition TakeCondition(OptionCursor& cursor) {
  if (cursor.Take("nx")) return Condition::kIfNone;
  if (cursor.Take("xx")) return Condition::kIfSome;
  if (cursor.Take("gt")) return Condition::kIfGreater;
  if (cursor.Take("lt")) return Condition::kIfLess;
  return Condition::kNone;
}

// A field without a time compares like one whose time never comes.
bool Holds(Condition condition, const HashItem& item, std::int64_t wanted_ms) {
  switch (condition) {
    case Condition::kNone:
      return true;
    case Condition::kIfNone:
      return !item.HasExpiry();
    case Condition::kIfSome:
      return item.HasExpiry();
    case Condition::kIfGreater:
      return wanted_ms > item.expire_at_ms;
    case Condition::kIfLess:
      return wanted_ms < item.expire_at_ms;
  }
  return false;
}

Expected<std::int64_t> ParseTime(Context& ctx, std::string_view text, Unit unit, Origin origin) {
  TRY(std::int64_t time_ms, ParseInteger(text));
  if (time_ms < 0) return std::unexpected(&kNegativeTime);
  bool too_large = unit == Unit::kSeconds && __builtin_mul_overflow(time_ms, std::int64_t{1000}, &time_ms);
  too_large = too_large || (origin == Origin::kNow && __builtin_add_overflow(time_ms, ctx.now_ms, &time_ms));
  if (too_large || time_ms > types::kFieldExpiryMax) {
    return std::unexpected(ctx.Fail("ERR invalid expire time in '{}' command", ctx.command->row->name));
  }
  return time_ms;
}

Answer ExpireField(HashEditor& hash, std::string_view name, Condition condition, std::int64_t expire_at_ms,
                   std::int64_t now_ms) {
  const HashField field(name);
  const std::optional<HashItem> item = hash.View().Find(field);
  if (!item) return kNoField;
  if (!Holds(condition, *item, expire_at_ms)) return kNotMet;
  if (expire_at_ms <= now_ms) {
    hash.Remove(field);
    return kGone;
  }
  hash.SetExpiry(field, expire_at_ms);
  return kDone;
}

template <Unit kUnit, Origin kOrigin>
Outcome Hexpire(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  TRY(const std::int64_t expire_at_ms, ParseTime(ctx, args[2], kUnit, kOrigin));
  OptionCursor cursor(args, 3);
  const Condition condition = TakeCondition(cursor);
  TRY(const Args fields, TakeFields(cursor, args, kParameterNotPositive));
  HashEditor hash(ctx, key, entry);
  std::uint64_t changed = 0;
  ctx.reply.ArrayHeader(fields.size());
  for (const std::string_view field : fields) {
    const Answer answer = ExpireField(hash, field, condition, expire_at_ms, ctx.now_ms);
    changed += answer == kDone || answer == kGone ? 1 : 0;
    ctx.reply.Integer(answer);
  }
  if (changed == 0) return Done();
  hash.Save();
  hash.Announce(expire_at_ms <= ctx.now_ms ? "hdel" : "hexpire", changed);
  hash.AnnounceIfGone();
  return Done();
}

// --- HTTL HPTTL HEXPIRETIME HPEXPIRETIME HPERSIST

// Seconds are rounded up.
std::int64_t ShownTime(Unit unit, std::int64_t time_ms) {
  return unit == Unit::kMilliseconds ? time_ms : (time_ms + 999) / 1000;
}

template <Unit kUnit, Origin kOrigin>
Outcome TimeToLive(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  OptionCursor cursor(args, 2);
  TRY(const Args fields, TakeFields(cursor, args, kFieldsNotPositive));
  const types::HashView hash = ReadHash(ctx, entry);
  ctx.reply.ArrayHeader(fields.size());
  for (const std::string_view field : fields) {
    const std::optional<HashItem> item = hash.Find(HashField(field));
    if (!item || !item->HasExpiry()) {
      ctx.reply.Integer(item ? kNoTime : kNoField);
    } else {
      ctx.reply.Integer(ShownTime(kUnit, item->expire_at_ms - (kOrigin == Origin::kNow ? ctx.now_ms : 0)));
    }
  }
  return Done();
}

Answer PersistField(HashEditor& hash, std::string_view name) {
  const HashField field(name);
  const std::optional<HashItem> item = hash.View().Find(field);
  if (!item) return kNoField;
  if (!item->HasExpiry()) return kNoTime;
  hash.SetExpiry(field, types::kNoFieldExpiry);
  return kDone;
}

Outcome Hpersist(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  OptionCursor cursor(args, 2);
  TRY(const Args fields, TakeFields(cursor, args, kFieldsNotPositive));
  HashEditor hash(ctx, key, entry);
  std::uint64_t changed = 0;
  ctx.reply.ArrayHeader(fields.size());
  for (const std::string_view field : fields) {
    const Answer answer = PersistField(hash, field);
    changed += answer == kDone ? 1 : 0;
    ctx.reply.Integer(answer);
  }
  if (changed == 0) return Done();
  hash.Save();
  hash.Announce("hpersist", changed);
  return Done();
}

// --- The table

constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Command FieldsRow(std::string_view name, Handler run, std::string_view summary, std::string_view syntax) {
  return {.name = name,
          .arity = AtLeast(4),
          .flags = kFast,
          .categories = kCatHash,
          .run = run,
          .since = "7.4.0",
          .group = "hash",
          .summary = summary,
          .complexity = "O(1) for each field.",
          .syntax = syntax};
}
constexpr Command ExpireRow(std::string_view name, Handler run, std::string_view summary, std::string_view syntax) {
  Command row = FieldsRow(name, run, summary, syntax);
  row.arity = AtLeast(5);
  row.flags = kWrite | kDenyOom | kFast;
  row.keys = kUpdateKey;
  return row;
}
constexpr Command TimeRow(std::string_view name, Handler run, std::string_view summary,
                          std::span<const std::string_view> tips) {
  Command row = FieldsRow(name, run, summary, "key#0 fields{FIELDS numfields:int field...}");
  row.flags = kReadonly | kFast;
  row.keys = kReadOneKey;
  row.tips = tips;
  return row;
}
constexpr Command PersistRow() {
  Command row = FieldsRow("hpersist", Hpersist, "Takes the time to live from fields of a hash.",
                          "key#0 fields{FIELDS numfields:int field...}");
  row.flags = kWrite | kFast;
  row.keys = kUpdateKey;
  return row;
}

constexpr Command kHashExpiryCommands[] = {
    ExpireRow("hexpire", Hexpire<Unit::kSeconds, Origin::kNow>, "Lets fields of a hash expire in so many seconds.",
              "key#0 seconds:int [condition(NX|XX|GT|LT)] fields{FIELDS numfields:int field...}"),
    ExpireRow("hpexpire", Hexpire<Unit::kMilliseconds, Origin::kNow>,
              "Lets fields of a hash expire in so many milliseconds.",
              "key#0 milliseconds:int [condition(NX|XX|GT|LT)] fields{FIELDS numfields:int field...}"),
    ExpireRow("hexpireat", Hexpire<Unit::kSeconds, Origin::kEpoch>,
              "Lets fields of a hash expire at a Unix time in seconds.",
              "key#0 unix-time-seconds:time [condition(NX|XX|GT|LT)] fields{FIELDS numfields:int field...}"),
    ExpireRow("hpexpireat", Hexpire<Unit::kMilliseconds, Origin::kEpoch>,
              "Lets fields of a hash expire at a Unix time in milliseconds.",
              "key#0 unix-time-milliseconds:time [condition(NX|XX|GT|LT)] fields{FIELDS numfields:int field...}"),
    TimeRow("httl", TimeToLive<Unit::kSeconds, Origin::kNow>, "Tells how many seconds fields of a hash have left.",
            kAnyOutput),
    TimeRow("hpttl", TimeToLive<Unit::kMilliseconds, Origin::kNow>,
            "Tells how many milliseconds fields of a hash have left.", kAnyOutput),
    TimeRow("hexpiretime", TimeToLive<Unit::kSeconds, Origin::kEpoch>,
            "Tells the Unix time in seconds at which fields of a hash expire.", {}),
    TimeRow("hpexpiretime", TimeToLive<Unit::kMilliseconds, Origin::kEpoch>,
            "Tells the Unix time in milliseconds at which fields of a hash expire.", {}),
    PersistRow(),
};

}  // namespace

Table HashExpiryCommands() { return kHashExpiryCommands; }

}  // namespace zedis::commands

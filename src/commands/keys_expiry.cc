// Times to live: setting, asking for and taking them away.
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;

enum class Unit : std::uint8_t { kSeconds, kMilliseconds };
enum class Origin : std::uint8_t { kNow, kEpoch };

constexpr Error kConditionsExclude{"ERR NX and XX, GT or LT options at the same time are not compatible"};
constexpr Error kGreaterAndLess{"ERR GT and LT options at the same time are not compatible"};

struct Conditions {
  bool if_none = false;     // NX
  bool if_some = false;     // XX
  bool if_greater = false;  // GT
  bool if_less = false;     // LT

  // No time to live counts as an infinite one.
  bool Hold(std::int64_t now_set_ms, std::int64_t wanted_ms) const {
    const bool none = now_set_ms == store::kNoExpiry;
    if (if_none && !none) return false;
    if (if_some && none) return false;
    if (if_greater && (none || wanted_ms <= now_set_ms)) return false;
    return !if_less || none || wanted_ms < now_set_ms;
  }
};

Expected<Conditions> ParseConditions(Context& ctx, Args args) {
  Conditions conditions;
  OptionCursor cursor(args, 3);
  while (!cursor.done()) {
    if (cursor.Take("nx")) {
      conditions.if_none = true;
    } else if (cursor.Take("xx")) {
      conditions.if_some = true;
    } else if (cursor.Take("gt")) {
      conditions.if_greater = true;
    } else if (cursor.Take("lt")) {
      conditions.if_less = true;
    } else {
      return std::unexpected(ctx.Fail("ERR Unsupported option {}", Shown(cursor.Next(), std::string_view::npos)));
    }
  }
  if (conditions.if_none && (conditions.if_some || conditions.if_greater || conditions.if_less)) {
    return std::unexpected(&kConditionsExclude);
  }
  if (conditions.if_greater && conditions.if_less) return std::unexpected(&kGreaterAndLess);
  return conditions;
}

Expected<std::int64_t> ParseTime(Context& ctx, std::string_view text, Unit unit, Origin origin) {
  TRY(std::int64_t time_ms, ParseInteger(text));
  bool overflow = unit == Unit::kSeconds && __builtin_mul_overflow(time_ms, std::int64_t{1000}, &time_ms);
  overflow = overflow || (origin == Origin::kNow && __builtin_add_overflow(time_ms, ctx.now_ms, &time_ms));
  if (overflow) return std::unexpected(ctx.Fail("ERR invalid expire time in '{}' command", ctx.command->row->name));
  return time_ms;
}

template <Unit kUnit, Origin kOrigin>
Outcome Expire(Context& ctx, Args args) {
  TRY(const Conditions conditions, ParseConditions(ctx, args));
  TRY(const std::int64_t expire_at_ms, ParseTime(ctx, args[2], kUnit, kOrigin));
  const Key key = ctx.KeyAt(args, 1);
  Entry* entry = ctx.FindForWrite(key);
  if (entry == nullptr || !conditions.Hold(entry->ExpiryOrNone(), expire_at_ms)) {
    ctx.reply.Integer(0);
    return Done();
  }
  ctx.reply.Integer(1);
  if (expire_at_ms <= ctx.now_ms) {
    ctx.Erase(key);
    ctx.Changed(key, {base::kNotifyGeneric, "del"});
  } else {
    ctx.SetExpiry(key, entry, expire_at_ms);
    ctx.Changed(key, {base::kNotifyGeneric, "expire"});
  }
  return Done();
}

// TTL and its like: -2 for no key, -1 for no time.
template <Unit kUnit, Origin kOrigin>
Outcome TimeToLive(Context& ctx, Args args) {
  const Entry* entry = ctx.Inspect(ctx.KeyAt(args, 1));
  if (entry == nullptr || !entry->has_ttl()) {
    ctx.reply.Integer(entry == nullptr ? -2 : -1);
    return Done();
  }
  // The entry is not due, so that neither is negative.
  const std::int64_t time_ms = entry->expire_at_ms() - (kOrigin == Origin::kNow ? ctx.now_ms : 0);
  const std::uint64_t rounded_s = (static_cast<std::uint64_t>(time_ms) + 500) / 1000;
  ctx.reply.Integer(kUnit == Unit::kMilliseconds ? time_ms : static_cast<std::int64_t>(rounded_s));
  return Done();
}

Outcome Persist(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  Entry* entry = ctx.FindForWrite(key);
  const bool had_ttl = entry != nullptr && entry->has_ttl();
  if (had_ttl) {
    ctx.SetExpiry(key, entry, store::kNoExpiry);
    ctx.Changed(key, {base::kNotifyGeneric, "persist"});
  }
  ctx.reply.Integer(had_ttl ? 1 : 0);
  return Done();
}

constexpr KeySpec kUpdatedKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr std::string_view kNondeterministic[] = {"nondeterministic_output"};

constexpr Command ExpireRow(std::string_view name, Handler run, std::string_view since, std::string_view summary,
                            std::string_view syntax) {
  return {.name = name,
          .arity = AtLeast(2),
          .flags = kWrite | kFast,
          .categories = kCatKeyspace,
          .keys = kUpdatedKey,
          .run = run,
          .since = since,
          .group = "generic",
          .summary = summary,
          .complexity = "O(1)",
          .syntax = syntax,
          .history = "7.0.0 NX, XX, GT and LT."};
}

constexpr Command TimeRow(std::string_view name, Handler run, std::string_view since, std::string_view summary,
                          std::span<const std::string_view> tips) {
  return {.name = name,
          .arity = Exactly(1),
          .flags = kReadonly | kFast,
          .categories = kCatKeyspace,
          .keys = kReadOneKey,
          .run = run,
          .since = since,
          .group = "generic",
          .summary = summary,
          .complexity = "O(1)",
          .tips = tips,
          .syntax = "key#0"};
}

constexpr std::string_view kMissingKey = "2.8.0 -2 for a key that does not exist.";

constexpr Command kExpiryCommands[] = {
    ExpireRow("expire", Expire<Unit::kSeconds, Origin::kNow>, "1.0.0", "Lets a key expire in so many seconds.",
              "key#0 seconds:int [condition(NX|XX|GT|LT)@7.0.0]"),
    ExpireRow("pexpire", Expire<Unit::kMilliseconds, Origin::kNow>, "2.6.0",
              "Lets a key expire in so many milliseconds.", "key#0 milliseconds:int [condition(NX|XX|GT|LT)@7.0.0]"),
    ExpireRow("expireat", Expire<Unit::kSeconds, Origin::kEpoch>, "1.2.0",
              "Lets a key expire at a Unix time in seconds.",
              "key#0 unix-time-seconds:time [condition(NX|XX|GT|LT)@7.0.0]"),
    ExpireRow("pexpireat", Expire<Unit::kMilliseconds, Origin::kEpoch>, "2.6.0",
              "Lets a key expire at a Unix time in milliseconds.",
              "key#0 unix-time-milliseconds:time [condition(NX|XX|GT|LT)@7.0.0]"),
    WithSyntax(TimeRow("ttl", TimeToLive<Unit::kSeconds, Origin::kNow>, "1.0.0",
                       "Tells how many seconds a key has left.", kNondeterministic),
               "key#0", kMissingKey),
    WithSyntax(TimeRow("pttl", TimeToLive<Unit::kMilliseconds, Origin::kNow>, "2.6.0",
                       "Tells how many milliseconds a key has left.", kNondeterministic),
               "key#0", kMissingKey),
    TimeRow("expiretime", TimeToLive<Unit::kSeconds, Origin::kEpoch>, "7.0.0",
            "Tells the Unix time in seconds at which a key expires.", {}),
    TimeRow("pexpiretime", TimeToLive<Unit::kMilliseconds, Origin::kEpoch>, "7.0.0",
            "Tells the Unix time in milliseconds at which a key expires.", {}),
    {.name = "persist",
     .arity = Exactly(1),
     .flags = kWrite | kFast,
     .categories = kCatKeyspace,
     .keys = kUpdatedKey,
     .run = Persist,
     .since = "2.2.0",
     .group = "generic",
     .summary = "Takes the time to live from a key.",
     .complexity = "O(1)",
     .syntax = "key#0"},
};

}  // namespace

Table ExpiryCommands() { return kExpiryCommands; }

}  // namespace zedis::commands

// Strings that are numbers: INCR and its relatives.

#include <cmath>

#include "base/numbers.h"
#include "commands/string_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Storage;
using store::Type;
using store::Value;

constexpr Error kWouldOverflow{"ERR increment or decrement would overflow"};
constexpr Error kDecrementOverflow{"ERR decrement would overflow"};
constexpr Error kNotFinite{"ERR increment would produce NaN or Infinity"};

Outcome AddToCounter(Context& ctx, Args args, std::int64_t delta) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kString, key));
  const bool in_place = entry != nullptr && entry->storage() == Storage::kInteger;
  std::int64_t value = 0;
  if (in_place) [[likely]] {
    value = entry->integer();
  } else if (entry != nullptr) {
    TRY(value, ParseInteger(StringText(*entry).view()));
  }
  if (__builtin_add_overflow(value, delta, &value)) return kWouldOverflow;
  if (in_place) [[likely]] {
    entry->SetInteger(value);
  } else if (entry != nullptr) {
    ctx.SetValue(key, entry, Value::Integer(value));
  } else {
    ctx.Put(key, Value::Integer(value));
  }
  ctx.Changed(key, {base::kNotifyString, "incrby"});
  ctx.reply.Integer(value);
  return Done();
}

Outcome Incr(Context& ctx, Args args) { return AddToCounter(ctx, args, 1); }
Outcome Decr(Context& ctx, Args args) { return AddToCounter(ctx, args, -1); }

Outcome IncrBy(Context& ctx, Args args) {
  TRY(const std::int64_t delta, ParseInteger(args[2]));
  return AddToCounter(ctx, args, delta);
}

Outcome DecrBy(Context& ctx, Args args) {
  TRY(const std::int64_t delta, ParseInteger(args[2]));
  if (delta == INT64_MIN) return kDecrementOverflow;
  return AddToCounter(ctx, args, -delta);
}

Expected<long double> ParseFloat(std::string_view text) {
  if (const auto value = base::ParseLongDouble(text)) return *value;
  return std::unexpected(&kNotAFloat);
}

Outcome IncrByFloat(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const Entry* entry, ctx.FindForWriteAs(Type::kString, key));
  long double value = 0;
  if (entry != nullptr) {
    TRY(value, ParseFloat(StringText(*entry).view()));
  }
  TRY(const long double delta, ParseFloat(args[2]));
  value += delta;
  if (!std::isfinite(value)) return kNotFinite;
  char text[base::kLongDoubleCharsMax];
  const std::string_view digits(text, static_cast<std::size_t>(base::FormatLongDoubleHuman(text, value) - text));
  // Text even where it is a whole number, as OBJECT ENCODING shows in Redis.
  StoreBytes(ctx, key, digits, entry != nullptr ? entry->ExpiryOrNone() : store::kNoExpiry, false);
  ctx.Changed(key, {base::kNotifyString, "incrbyfloat"});
  ctx.reply.Bulk(digits);
  return Done();
}

constexpr KeySpec kCounterKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};

constexpr Command kCommands[] = {
    {.name = "incr",
     .arity = Exactly(1),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kCounterKey,
     .run = Incr,
     .since = "1.0.0",
     .group = "string",
     .summary = "Adds one to the integer that a key holds; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "decr",
     .arity = Exactly(1),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kCounterKey,
     .run = Decr,
     .since = "1.0.0",
     .group = "string",
     .summary = "Subtracts one from the integer that a key holds; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "incrby",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kCounterKey,
     .run = IncrBy,
     .since = "1.0.0",
     .group = "string",
     .summary = "Adds a number to the integer that a key holds; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key#0 increment:int"},
    {.name = "decrby",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kCounterKey,
     .run = DecrBy,
     .since = "1.0.0",
     .group = "string",
     .summary = "Subtracts a number from the integer that a key holds; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key#0 decrement:int"},
    {.name = "incrbyfloat",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kCounterKey,
     .run = IncrByFloat,
     .since = "2.6.0",
     .group = "string",
     .summary = "Adds a fraction to the number that a key holds; a missing key counts as 0.",
     .complexity = "O(1)",
     .syntax = "key#0 increment:double"},
};

}  // namespace

Table CounterCommands() { return kCommands; }

}  // namespace zedis::commands

// Fields that are numbers: HINCRBY and HINCRBYFLOAT. A time to live stays.
#include <cmath>
#include <optional>

#include "base/numbers.h"
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

constexpr Error kHashNotAnInteger{"ERR hash value is not an integer"};
constexpr Error kHashNotAFloat{"ERR hash value is not a float"};
constexpr Error kWouldOverflow{"ERR increment or decrement would overflow"};
constexpr Error kNotFinite{"ERR increment would produce NaN or Infinity"};
constexpr Error kIncrementNotFinite{"ERR value is NaN or Infinity"};

void PutNumber(Context& ctx, const Key& key, Entry* entry, const HashField& field, std::string_view digits,
               std::string_view event) {
  HashEditor hash(ctx, key, entry);
  hash.Put(field, {.value = digits, .keep_expiry = true, .now_ms = ctx.now_ms});
  hash.Save();
  hash.Announce(event);
}

Outcome HincrBy(Context& ctx, Args args) {
  TRY(const std::int64_t delta, ParseInteger(args[3]));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  const HashField field(args[2]);
  std::int64_t value = 0;
  if (const std::optional<HashItem> item = ReadHash(ctx, entry).Find(field); item && item->value.is_integer) {
    value = item->value.integer;
  } else if (item) {
    TRY(value, ParseInteger(item->value.text, kHashNotAnInteger));
  }
  if (__builtin_add_overflow(value, delta, &value)) return kWouldOverflow;
  char text[base::kInt64CharsMax];
  PutNumber(ctx, key, entry, field, {text, static_cast<std::size_t>(base::FormatInt64(text, value) - text)}, "hincrby");
  ctx.reply.Integer(value);
  return Done();
}

Expected<long double> ParseFloat(std::string_view text, const Error& error) {
  if (const auto value = base::ParseLongDouble(text)) return *value;
  return std::unexpected(&error);
}

Outcome HincrByFloat(Context& ctx, Args args) {
  TRY(const long double delta, ParseFloat(args[3], kNotAFloat));
  if (!std::isfinite(delta)) return kIncrementNotFinite;
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  const HashField field(args[2]);
  long double value = 0;
  if (const std::optional<HashItem> item = ReadHash(ctx, entry).Find(field); item) {
    types::IntegerText digits;
    TRY(value, ParseFloat(item->value.Text(digits), kHashNotAFloat));
  }
  value += delta;
  if (!std::isfinite(value)) return kNotFinite;
  char text[base::kLongDoubleCharsMax];
  const std::string_view digits(text, static_cast<std::size_t>(base::FormatLongDoubleHuman(text, value) - text));
  PutNumber(ctx, key, entry, field, digits, "hincrbyfloat");
  ctx.reply.Bulk(digits);
  return Done();
}

constexpr KeySpec kCounterKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};

constexpr Command CounterRow(std::string_view name, Handler run, std::string_view since, std::string_view summary,
                             std::string_view syntax) {
  return {.name = name,
          .arity = Exactly(3),
          .flags = kWrite | kDenyOom | kFast,
          .categories = kCatHash,
          .keys = kCounterKey,
          .run = run,
          .since = since,
          .group = "hash",
          .summary = summary,
          .complexity = "O(1)",
          .syntax = syntax};
}

constexpr Command kHashCounterCommands[] = {
    CounterRow("hincrby", HincrBy, "2.0.0", "Adds a number to the integer in a field; a missing field counts as 0.",
               "key#0 field increment:int"),
    CounterRow("hincrbyfloat", HincrByFloat, "2.6.0", "Adds a number to that in a field; a missing field counts as 0.",
               "key#0 field increment:double"),
};

}  // namespace

Table HashCounterCommands() { return kHashCounterCommands; }

}  // namespace zedis::commands

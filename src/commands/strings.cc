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
  OptionCursor cursor(args, 3);
  while (!cursor.done()) {
    if (options.condition == Condition::kNone && cursor.Take("nx")) {
      options.condition = Condition::kIfMissing;
    } else if (options.condition == Condition::kNone && cursor.Take("xx")) {
      options.condition = Condition::kIfExists;
    } else if (options.condition == Condition::kNone && cursor.TakeWith("ifeq", 1)) {
      options.condition = Condition::kIfEqual;
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
  ctx.Changed(key, {base::kNotifyString, "set"});
  ctx.reply.Ok();
  return Done();
}

Outcome Set(Context& ctx, Args args) {
  if (args.size() == 3) [[likely]]
    return SetPlain(ctx, args);
  TRY(const SetOptions options, ParseSetOptions(ctx, args));
  const Key key = ctx.KeyAt(args, 1);
  Entry* entry = ctx.FindForWrite(key);
  const bool needs_string = options.get || options.condition == SetOptions::Condition::kIfEqual;
  if (needs_string && entry != nullptr && entry->type() != Type::kString) return kWrongType;
  const bool holds = ConditionHolds(options, entry);
  if (options.get) ReplyStringOrNull(ctx, entry);
  if (!holds) {
    if (!options.get) ctx.reply.NullBulk();
    return Done();
  }
  if (!options.get) ctx.reply.Ok();
  if (options.expiry.IsPast(ctx)) {
    // Stored and expired at once.
    if (ctx.Erase(key)) ctx.Changed(key, {base::kNotifyGeneric, "del"});
    return Done();
  }
  const bool keep = options.expiry.kind == ExpiryOption::Kind::kKeepTtl;
  StoreString(ctx, key, args[2], keep && entry != nullptr ? entry->ExpiryOrNone() : options.expiry.at_ms);
  ctx.Changed(key, {base::kNotifyString, "set"});
  if (options.expiry.sets_time()) ctx.Changed(key, {base::kNotifyGeneric, "expire"});
  return Done();
}

constexpr KeySpec kSetKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate | kKeyVariableFlags,
                                 .notes = "RW and ACCESS due to the optional `GET` argument"}};

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
     .complexity = "O(1)"},
    {.name = "set",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kSetKeys,
     .run = Set,
     .since = "1.0.0",
     .group = "string",
     .summary = "Stores a string in a key, whatever was there before.",
     .complexity = "O(1)"},
};

}  // namespace

Table StringCommands() { return kStringCommands; }

}  // namespace zedis::commands

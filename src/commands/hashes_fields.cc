// Fields with their times to live or their end, in one command: HGETEX, HSETEX, HGETDEL, as Valkey 9 has them.
#include <algorithm>
#include <optional>

#include "commands/expiry_options.h"
#include "commands/hash_value.h"
#include "commands/reply_element.h"
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
using types::HashView;

constexpr Error kFieldsMismatch{"ERR numfields should be greater than 0 and match the provided number of fields"};

// Behind the word FIELDS: how many, and as many times `width` arguments as that, which is all that is left.
Expected<Args> TakeFields(OptionCursor& cursor, Args args, std::uint64_t width) {
  if (cursor.done()) return std::unexpected(&kFieldsMismatch);
  TRY(const std::int64_t count, ParseIntegerIn(cursor.Next(), 1, INT64_MAX, kFieldsMismatch));
  const std::uint64_t left = cursor.left();
  if (left % width != 0 || left / width != static_cast<std::uint64_t>(count)) return std::unexpected(&kFieldsMismatch);
  return args.subspan(cursor.position());
}

// Sets option.at_ms; a time in the past is one, too.
Outcome ResolveTime(Context& ctx, ExpiryOption& option) {
  TRY(option.at_ms, option.Resolve(ctx, 0));
  if (option.sets_time() && option.at_ms > types::kFieldExpiryMax) {
    return ctx.Fail("ERR invalid expire time in '{}' command", ctx.command->row->name);
  }
  return Done();
}

void ReplyValues(Context& ctx, const HashView& hash, Args fields) {
  ctx.reply.ArrayHeader(fields.size());
  for (const std::string_view field : fields) {
    const std::optional<HashItem> item = hash.Find(HashField(field));
    item ? ReplyElement(ctx.reply, item->value) : ctx.reply.NullBulk();
  }
}

std::uint64_t RemoveAll(HashEditor& hash, Args fields, std::size_t width) {
  std::uint64_t removed = 0;
  for (std::size_t i = 0; i < fields.size(); i += width) removed += hash.Remove(HashField(fields[i])) ? 1 : 0;
  return removed;
}

// --- HGETEX

// Gives the fields that are there the option's time, or takes theirs away; returns how many have changed.
std::uint64_t Retime(HashEditor& hash, Args fields, const ExpiryOption& option) {
  const bool persist = option.kind == ExpiryOption::Kind::kPersist;
  std::uint64_t changed = 0;
  for (const std::string_view name : fields) {
    const HashField field(name);
    const std::optional<HashItem> item = hash.View().Find(field);
    if (!item || (persist && !item->HasExpiry())) continue;
    hash.SetExpiry(field, persist ? types::kNoFieldExpiry : option.at_ms);
    ++changed;
  }
  return changed;
}

Outcome Hgetex(Context& ctx, Args args) {
  ExpiryOption option;
  OptionCursor cursor(args, 2);
  while (!cursor.done() && !cursor.Take("fields")) {
    if (!option.Take(cursor, ExpiryOption::kPersist)) return kSyntaxError;
  }
  TRY(const Args fields, TakeFields(cursor, args, 1));
  if (const Outcome resolved = ResolveTime(ctx, option); !resolved.ok()) return resolved;
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  ReplyValues(ctx, ReadHash(ctx, entry), fields);
  if (entry == nullptr || option.kind == ExpiryOption::Kind::kNone) return Done();
  HashEditor hash(ctx, key, entry);
  const bool past = option.IsPast(ctx);
  const std::uint64_t changed = past ? RemoveAll(hash, fields, 1) : Retime(hash, fields, option);
  if (changed == 0) return Done();
  hash.Save();
  hash.Announce(past ? "hexpired" : option.sets_time() ? "hexpire" : "hpersist", changed);
  hash.AnnounceIfGone();
  return Done();
}

// --- HSETEX

struct SetOptions {
  ExpiryOption expiry;
  bool if_no_key = false;      // NX
  bool if_key = false;         // XX
  bool if_no_fields = false;   // FNX
  bool if_all_fields = false;  // FXX
};

// Consumes the word FIELDS, too.
Expected<SetOptions> ParseSetOptions(OptionCursor& cursor) {
  SetOptions options;
  while (!cursor.done() && !cursor.Take("fields")) {
    if (cursor.Take("nx")) {
      options.if_no_key = true;
    } else if (cursor.Take("xx")) {
      options.if_key = true;
    } else if (cursor.Take("fnx")) {
      options.if_no_fields = true;
    } else if (cursor.Take("fxx")) {
      options.if_all_fields = true;
    } else if (!options.expiry.Take(cursor, ExpiryOption::kKeepTtl)) {
      return std::unexpected(&kSyntaxError);
    }
  }
  if ((options.if_no_key && options.if_key) || (options.if_no_fields && options.if_all_fields)) {
    return std::unexpected(&kSyntaxError);
  }
  return options;
}

bool Holds(const SetOptions& options, const Entry* entry, const HashView& hash, Args pairs) {
  if (entry != nullptr ? options.if_no_key : options.if_key) return false;
  if (!options.if_no_fields && !options.if_all_fields) return true;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (hash.Find(HashField(pairs[i])).has_value() != options.if_all_fields) return false;
  }
  return true;
}

// What is set to end in the past is not there afterwards.
void SetToThePast(Context& ctx, const Key& key, Entry* entry, Args pairs) {
  if (entry == nullptr) return;
  HashEditor hash(ctx, key, entry);
  const std::uint64_t removed = RemoveAll(hash, pairs, 2);
  if (removed == 0) return;
  hash.Save();
  hash.Announce("hset", removed);
  hash.Announce("hexpire", 0);
  hash.Announce("hexpired", 0);
  hash.AnnounceIfGone();
}

Outcome Hsetex(Context& ctx, Args args) {
  OptionCursor cursor(args, 2);
  TRY(SetOptions options, ParseSetOptions(cursor));
  TRY(const Args pairs, TakeFields(cursor, args, 2));
  if (const Outcome resolved = ResolveTime(ctx, options.expiry); !resolved.ok()) return resolved;
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  if (!Holds(options, entry, ReadHash(ctx, entry), pairs)) {
    ctx.reply.Integer(0);
    return Done();
  }
  ctx.reply.Integer(1);
  if (options.expiry.IsPast(ctx)) {
    SetToThePast(ctx, key, entry, pairs);
    return Done();
  }
  const bool has_time = options.expiry.sets_time();
  HashEditor hash(ctx, key, entry);
  hash.Expect(pairs.size() / 2);
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    hash.Put(HashField(pairs[i]), {.value = pairs[i + 1],
                                   .expire_at_ms = has_time ? options.expiry.at_ms : types::kNoFieldExpiry,
                                   .keep_expiry = options.expiry.kind == ExpiryOption::Kind::kKeepTtl,
                                   .now_ms = ctx.now_ms});
  }
  hash.Save();
  hash.Announce("hset", pairs.size() / 2);
  if (has_time) hash.Announce("hexpire", 0);
  return Done();
}

// --- HGETDEL

Outcome Hgetdel(Context& ctx, Args args) {
  OptionCursor cursor(args, 2);
  if (!cursor.Take("fields")) return kFieldsMismatch;
  TRY(const Args fields, TakeFields(cursor, args, 1));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  ReplyValues(ctx, ReadHash(ctx, entry), fields);
  if (entry == nullptr) return Done();
  HashEditor hash(ctx, key, entry);
  const std::uint64_t removed = RemoveAll(hash, fields, 1);
  if (removed == 0) return Done();
  hash.Save();
  hash.Announce("hdel", removed);
  hash.AnnounceIfGone();
  return Done();
}

// --- The table

constexpr KeySpec kReadAndUpdateKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};
constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kReadAndDeleteKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete}};

constexpr Command FieldsRow(std::string_view name, Arity arity, std::span<const KeySpec> keys, Handler run,
                            std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = kWrite | kFast,
          .categories = kCatHash,
          .keys = keys,
          .run = run,
          .since = "8.0.0",
          .group = "hash",
          .summary = summary,
          .complexity = "O(1) for each field."};
}
constexpr Command MayNeedMemory(Command row) {
  row.flags |= kDenyOom;
  return row;
}

constexpr Command kHashFieldsCommands[] = {
    WithSyntax(FieldsRow("hgetex", AtLeast(4), kReadAndUpdateKey, Hgetex,
                         "Returns the values of fields, and gives them times to live or takes theirs away."),
               "key#0 [expiration(EX seconds:int|PX milliseconds:int|EXAT unix-time-seconds:time|"
               "PXAT unix-time-milliseconds:time|PERSIST)] fields{FIELDS numfields:int field...}"),
    WithSyntax(MayNeedMemory(FieldsRow("hsetex", AtLeast(5), kUpdateKey, Hsetex,
                                       "Sets fields of a hash and their times to live, if conditions hold.")),
               "key#0 [key-condition(NX|XX)] [condition(FNX|FXX)] [expiration(EX seconds:int|PX milliseconds:int|"
               "EXAT unix-time-seconds:time|PXAT unix-time-milliseconds:time|KEEPTTL)] "
               "fields{FIELDS numfields:int data{field value}...}"),
    WithSyntax(FieldsRow("hgetdel", AtLeast(4), kReadAndDeleteKey, Hgetdel,
                         "Returns the values of fields and deletes them, and the hash with its last one."),
               "key#0 fields{FIELDS numfields:int field...}"),
};

}  // namespace

Table HashFieldsCommands() { return kHashFieldsCommands; }

}  // namespace zedis::commands

// Hashes: fields set, deleted, looked up and listed.
#include <optional>
#include <vector>

#include "commands/hash_value.h"
#include "commands/reply_element.h"
#include "commands/scan_options.h"
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

// --- HSET HMSET HSETNX HDEL

// Sets the pairs from args[2] on; returns how many fields are new. REQUIRES: they are pairs.
Expected<std::int64_t> SetPairs(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  HashEditor hash(ctx, key, entry);
  const std::size_t pairs = (args.size() - 2) / 2;
  hash.Expect(pairs);
  std::int64_t added = 0;
  for (std::size_t i = 2; i < args.size(); i += 2) added += hash.Put(HashField(args[i]), args[i + 1]) ? 1 : 0;
  hash.Save();
  hash.Announce("hset", pairs);
  return added;
}

Failure WrongNumberOfArguments(Context& ctx) {
  return ctx.Fail("ERR wrong number of arguments for '{}' command", ctx.command->row->name);
}

Outcome Hset(Context& ctx, Args args) {
  if (args.size() % 2 != 0) return WrongNumberOfArguments(ctx);
  TRY(const std::int64_t added, SetPairs(ctx, args));
  ctx.reply.Integer(added);
  return Done();
}

Outcome Hmset(Context& ctx, Args args) {
  if (args.size() % 2 != 0) return WrongNumberOfArguments(ctx);
  TRY([[maybe_unused]] const std::int64_t added, SetPairs(ctx, args));
  ctx.reply.Ok();
  return Done();
}

Outcome Hsetnx(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  const HashField field(args[2]);
  if (ReadHash(ctx, entry).Find(field)) {
    ctx.reply.Integer(0);
    return Done();
  }
  HashEditor hash(ctx, key, entry);
  hash.Put(field, args[3]);
  hash.Save();
  hash.Announce("hset");
  ctx.reply.Integer(1);
  return Done();
}

Outcome Hdel(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kHash, key));
  std::int64_t removed = 0;
  if (entry != nullptr) {
    HashEditor hash(ctx, key, entry);
    for (const std::string_view text : args.subspan(2)) removed += hash.Remove(HashField(text)) ? 1 : 0;
    hash.Save();
    if (removed > 0) hash.Announce("hdel", static_cast<std::uint64_t>(removed));
    hash.AnnounceIfGone();
  }
  ctx.reply.Integer(removed);
  return Done();
}

// --- HGET HMGET HEXISTS HSTRLEN HLEN HGETALL HKEYS HVALS

void ReplyValue(Context& ctx, const std::optional<HashItem>& item) {
  item ? ReplyElement(ctx.reply, item->value) : ctx.reply.NullBulk();
}

Outcome Hget(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  ReplyValue(ctx, ReadHash(ctx, entry).Find(HashField(args[2])));
  return Done();
}

Outcome Hmget(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  const HashView hash = ReadHash(ctx, entry);
  const Args fields = args.subspan(2);
  ctx.reply.ArrayHeader(fields.size());
  for (const std::string_view field : fields) ReplyValue(ctx, hash.Find(HashField(field)));
  return Done();
}

Outcome Hexists(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(ReadHash(ctx, entry).Find(HashField(args[2])) ? 1 : 0);
  return Done();
}

Outcome Hstrlen(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  const std::optional<HashItem> item = ReadHash(ctx, entry).Find(HashField(args[2]));
  types::IntegerText digits;
  ctx.reply.Integer(item ? static_cast<std::int64_t>(item->value.Text(digits).size()) : 0);
  return Done();
}

Outcome Hlen(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(static_cast<std::int64_t>(ReadHash(ctx, entry).Size()));
  return Done();
}

enum class Shown : std::uint8_t { kFields, kValues, kBoth };

template <Shown kShown>
Outcome ReplyAll(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  const HashView hash = ReadHash(ctx, entry);
  kShown == Shown::kBoth ? ctx.reply.MapHeader(hash.Size()) : ctx.reply.ArrayHeader(hash.Size());
  hash.ForEach([&](const HashItem& item) {
    if (kShown != Shown::kValues) ReplyElement(ctx.reply, item.field);
    if (kShown != Shown::kFields) ReplyElement(ctx.reply, item.value);
    return true;
  });
  return Done();
}

// --- HSCAN

// As SSCAN does: what is packed comes in one reply, so that it has been returned when it is indexed later.
std::uint64_t ScanHash(const HashView& hash, std::uint64_t position, const ScanOptions& options, std::int64_t now_ms,
                       std::vector<HashItem>& found) {
  const auto take = [&](const HashItem& item) {
    types::IntegerText digits;
    if (options.AcceptsName(item.field.Text(digits))) found.push_back(item);
    return true;
  };
  if (hash.Indexed() == nullptr) {
    hash.ForEach(take);
    return 0;
  }
  std::uint64_t seen = 0;
  std::uint64_t buckets_left = options.BucketsMax();
  while (position < base::kPositionEnd && seen < options.count && buckets_left-- > 0) {
    position = hash.Indexed()->Scan(position, [&](const HashItem& item) {
      ++seen;
      if (!item.IsDue(now_ms)) take(item);
    });
  }
  return position < base::kPositionEnd ? position : 0;
}

Outcome Hscan(Context& ctx, Args args) {
  TRY(const std::uint64_t cursor, ParseCursor(args[2]));
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  std::uint64_t next = 0;
  std::vector<HashItem> found;
  bool values = true;
  if (entry != nullptr) {  // Redis reads the options of a key that is there only
    TRY(const ScanOptions options, ParseScanOptions(args, 3, ScanOf::kHash));
    values = !options.no_values;
    next = ScanHash(ReadHash(ctx, entry), cursor, options, ctx.now_ms, found);
  }
  ctx.reply.ArrayHeader(2);
  ReplyCursor(ctx.reply, next);
  ctx.reply.ArrayHeader(found.size() * (values ? 2 : 1));
  for (const HashItem& item : found) {
    ReplyElement(ctx.reply, item.field);
    if (values) ReplyElement(ctx.reply, item.value);
  }
  return Done();
}

// --- The table

constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kInsertKey[] = {{.flags = kKeyReadWrite | kKeyInsert}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};
constexpr KeySpec kInspectKey[] = {{.flags = kKeyReadOnly}};
constexpr std::string_view kAnyOrder[] = {"nondeterministic_output_order"};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

// Those that have nothing of their own.
constexpr Command ReadRow(std::string_view name, Arity arity, Handler run, std::string_view summary,
                          std::string_view syntax) {
  return {.name = name,
          .arity = arity,
          .flags = kReadonly | kFast,
          .categories = kCatHash,
          .keys = kReadOneKey,
          .run = run,
          .since = "2.0.0",
          .group = "hash",
          .summary = summary,
          .complexity = "O(1)",
          .syntax = syntax};
}
constexpr Command ListRow(std::string_view name, Handler run, std::string_view summary) {
  return {.name = name,
          .arity = Exactly(1),
          .flags = kReadonly,
          .categories = kCatHash,
          .keys = kReadOneKey,
          .run = run,
          .since = "2.0.0",
          .group = "hash",
          .summary = summary,
          .complexity = "O(N), N being the number of fields.",
          .tips = kAnyOrder,
          .syntax = "key#0"};
}
constexpr Command InspectRow(Command row) {
  row.keys = kInspectKey;
  return row;
}

constexpr Command kHashCommands[] = {
    {.name = "hset",
     .arity = AtLeast(3),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatHash,
     .keys = kUpdateKey,
     .run = Hset,
     .since = "2.0.0",
     .group = "hash",
     .summary = "Sets fields of a hash, which is created if it is missing.",
     .complexity = "O(1) for each field.",
     .syntax = "key#0 field_value{field value}...",
     .history = "4.0.0 Several fields."},
    {.name = "hmset",
     .arity = AtLeast(3),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatHash,
     .keys = kUpdateKey,
     .run = Hmset,
     .since = "2.0.0",
     .group = "hash",
     .summary = "Sets fields of a hash, which is created if it is missing.",
     .complexity = "O(1) for each field.",
     .deprecated_since = "4.0.0",
     .replaced_by = "`HSET` with multiple field-value pairs",
     .syntax = "key#0 field_value{field value}..."},
    {.name = "hsetnx",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatHash,
     .keys = kInsertKey,
     .run = Hsetnx,
     .since = "2.0.0",
     .group = "hash",
     .summary = "Sets a field of a hash unless it is there.",
     .complexity = "O(1)",
     .syntax = "key#0 field value"},
    {.name = "hdel",
     .arity = AtLeast(2),
     .flags = kWrite | kFast,
     .categories = kCatHash,
     .keys = kDeleteKey,
     .run = Hdel,
     .since = "2.0.0",
     .group = "hash",
     .summary = "Deletes fields of a hash, and the hash with its last one.",
     .complexity = "O(1) for each field.",
     .syntax = "key#0 field...",
     .history = "2.4.0 Several fields."},
    ReadRow("hget", Exactly(2), Hget, "Returns the value of a field.", "key#0 field"),
    ReadRow("hmget", AtLeast(2), Hmget, "Returns the values of several fields.", "key#0 field..."),
    InspectRow(ReadRow("hexists", Exactly(2), Hexists, "Tells whether a field is there.", "key#0 field")),
    {.name = "hstrlen",
     .arity = Exactly(2),
     .flags = kReadonly | kFast,
     .categories = kCatHash,
     .keys = kInspectKey,
     .run = Hstrlen,
     .since = "3.2.0",
     .group = "hash",
     .summary = "Tells how long the value of a field is.",
     .complexity = "O(1)",
     .syntax = "key#0 field"},
    InspectRow(ReadRow("hlen", Exactly(1), Hlen, "Counts the fields of a hash.", "key#0")),
    ListRow("hgetall", ReplyAll<Shown::kBoth>, "Returns all fields with their values."),
    ListRow("hkeys", ReplyAll<Shown::kFields>, "Returns all fields."),
    ListRow("hvals", ReplyAll<Shown::kValues>, "Returns the values of all fields."),
    {.name = "hscan",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatHash,
     .keys = kReadOneKey,
     .run = Hscan,
     .since = "2.8.0",
     .group = "hash",
     .summary = "Lists the fields of a hash, some at each call.",
     .complexity = "O(1) for each call, O(N) for all of N fields.",
     .tips = kAnyOutput,
     .syntax = "key#0 cursor:int [MATCH pattern:pattern] [COUNT count:int] [NOVALUES@7.4.0]",
     .history = "7.4.0 NOVALUES."},
};

}  // namespace

Table HashCommands() { return kHashCommands; }

}  // namespace zedis::commands

// Lists by index and by value: everything that is not at an end.
#include "commands/list_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;
using types::Direction;
using types::Element;
using types::FindOptions;

constexpr Error kNotAboveLeast{
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"};
constexpr Error kRankIsZero{
    "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from "
    "the end of the list"};
constexpr Error kCountIsNegative{"ERR COUNT can't be negative"};
constexpr Error kMaxlenIsNegative{"ERR MAXLEN can't be negative"};

// Any integer but INT64_MIN, whose sign cannot be changed.
Expected<std::int64_t> ParseSymmetric(std::string_view text) {
  TRY(const std::int64_t value, ParseInteger(text));
  if (value == INT64_MIN) return std::unexpected(&kNotAboveLeast);
  return value;
}

Outcome Llen(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kList, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(entry != nullptr ? static_cast<std::int64_t>(ListReader(*entry).Size()) : 0);
  return Done();
}

// A missing list comes before a bad index, as in Redis.
Outcome Lindex(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kList, ctx.KeyAt(args, 1)));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  TRY(const std::int64_t index, ParseInteger(args[2]));
  const bool found = ListReader(*entry).Get(index, [&](const Element& element) { ReplyElement(ctx.reply, element); });
  if (!found) ctx.reply.NullBulk();
  return Done();
}

Outcome Lset(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  if (entry == nullptr) return kNoSuchKey;
  TRY(const std::int64_t index, ParseInteger(args[2]));
  ListEditor list(ctx, key, entry);
  if (!list.Set(index, args[3])) return kIndexOutOfRange;
  ctx.reply.Ok();
  list.Finish("lset");
  return Done();
}

Outcome Linsert(Context& ctx, Args args) {
  const bool after = EqualsIgnoreCase("after", args[2]);
  if (!after && !EqualsIgnoreCase("before", args[2])) return kSyntaxError;
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  if (entry == nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  ListEditor list(ctx, key, entry);
  if (!list.InsertBeside(args[3], after, args[4])) {
    ctx.reply.Integer(-1);
    return Done();
  }
  ctx.reply.Integer(static_cast<std::int64_t>(list.Size()));
  list.Finish("linsert");
  return Done();
}

struct Range {
  std::size_t start = 0;
  std::size_t count = 0;
};

// From `first` to `last`, both included, negative ones counted from the tail; what is beyond either end is cut off.
Range Clip(std::int64_t first, std::int64_t last, std::size_t list_size) {
  const auto size = static_cast<std::int64_t>(list_size);
  if (first < 0) first = std::max<std::int64_t>(first + size, 0);
  if (last < 0) last += size;
  last = std::min(last, size - 1);
  if (first > last || first >= size) return {};
  return {static_cast<std::size_t>(first), static_cast<std::size_t>(last - first + 1)};
}

Outcome Lrange(Context& ctx, Args args) {
  TRY(const std::int64_t first, ParseInteger(args[2]));
  TRY(const std::int64_t last, ParseInteger(args[3]));
  TRY(const Entry* entry, ctx.FindAs(Type::kList, ctx.KeyAt(args, 1)));
  if (entry == nullptr) {
    ctx.reply.ArrayHeader(0);
    return Done();
  }
  const ListReader list(*entry);
  const Range range = Clip(first, last, list.Size());
  ctx.reply.ArrayHeader(range.count);
  list.ForRange(range.start, range.count, Direction::kForward,
                [&](const Element& element) { ReplyElement(ctx.reply, element); });
  return Done();
}

Outcome Ltrim(Context& ctx, Args args) {
  TRY(const std::int64_t first, ParseInteger(args[2]));
  TRY(const std::int64_t last, ParseInteger(args[3]));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  ctx.reply.Ok();
  if (entry == nullptr) return Done();
  ListEditor list(ctx, key, entry);
  const std::size_t size = list.Size();
  const Range range = Clip(first, last, size);
  list.Keep(range.start, range.count);
  list.Finish("ltrim", size - range.count);
  return Done();
}

Outcome Lrem(Context& ctx, Args args) {
  TRY(const std::int64_t count, ParseSymmetric(args[2]));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  if (entry == nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  ListEditor list(ctx, key, entry);
  const std::size_t removed = list.Remove(args[3], count);
  ctx.reply.Integer(static_cast<std::int64_t>(removed));
  if (removed != 0) list.Finish("lrem", removed);
  return Done();
}

struct PositionOptions {
  FindOptions find;
  bool many = false;  // COUNT was given: the reply is an array
};

Expected<PositionOptions> ParsePositionOptions(Args args) {
  PositionOptions options;
  OptionCursor cursor(args, 3);
  while (!cursor.done()) {
    if (cursor.TakeWith("rank", 1)) {
      TRY(options.find.rank, ParseSymmetric(cursor.Next()));
      if (options.find.rank == 0) return std::unexpected(&kRankIsZero);
    } else if (cursor.TakeWith("count", 1)) {
      TRY(const std::int64_t count, ParseIntegerIn(cursor.Next(), 0, INT64_MAX, kCountIsNegative));
      options.find.count = static_cast<std::uint64_t>(count);
      options.many = true;
    } else if (cursor.TakeWith("maxlen", 1)) {
      TRY(const std::int64_t most, ParseIntegerIn(cursor.Next(), 0, INT64_MAX, kMaxlenIsNegative));
      options.find.max_seen = static_cast<std::uint64_t>(most);
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  return options;
}

Outcome Lpos(Context& ctx, Args args) {
  TRY(const PositionOptions options, ParsePositionOptions(args));
  TRY(const Entry* entry, ctx.FindAs(Type::kList, ctx.KeyAt(args, 1)));
  std::uint64_t found = 0;
  const resp::Reply reply = ctx.reply;
  const auto find = [&] {
    if (entry == nullptr) return;
    ListReader(*entry).Find(args[2], options.find, [&](std::size_t index) {
      reply.Integer(static_cast<std::int64_t>(index));
      ++found;
    });
  };
  if (options.many) {
    const resp::DeferredHeader header = reply.DeferArray();
    find();
    reply.CloseArray(header, found);
  } else {
    find();
    if (found == 0) reply.NullBulk();
  }
  return Done();
}

constexpr KeySpec kLengthKey[] = {{.flags = kKeyReadOnly}};
constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kInsertKey[] = {{.flags = kKeyReadWrite | kKeyInsert}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};

constexpr Command kListElementCommands[] = {
    {.name = "llen",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatList,
     .keys = kLengthKey,
     .run = Llen,
     .since = "1.0.0",
     .group = "list",
     .summary = "Returns the number of elements of a list.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "lindex",
     .arity = Exactly(2),
     .flags = kReadonly,
     .categories = kCatList,
     .keys = kReadOneKey,
     .run = Lindex,
     .since = "1.0.0",
     .group = "list",
     .summary = "Returns the element of a list at an index.",
     .complexity = "O(N/M), N being the length of the list and M the number of elements in one of its nodes.",
     .syntax = "key#0 index:int"},
    {.name = "lset",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom,
     .categories = kCatList,
     .keys = kUpdateKey,
     .run = Lset,
     .since = "1.0.0",
     .group = "list",
     .summary = "Replaces the element of a list at an index.",
     .complexity = "O(N/M), N being the length of the list and M the number of elements in one of its nodes.",
     .syntax = "key#0 index:int element"},
    {.name = "linsert",
     .arity = Exactly(4),
     .flags = kWrite | kDenyOom,
     .categories = kCatList,
     .keys = kInsertKey,
     .run = Linsert,
     .since = "2.2.0",
     .group = "list",
     .summary = "Adds an element before or after the first one of a given value.",
     .complexity = "O(N), N being the number of elements before the given value.",
     .syntax = "key#0 where(BEFORE|AFTER) pivot element"},
    {.name = "lrange",
     .arity = Exactly(3),
     .flags = kReadonly,
     .categories = kCatList,
     .keys = kReadOneKey,
     .run = Lrange,
     .since = "1.0.0",
     .group = "list",
     .summary = "Returns the elements of a list between two indexes.",
     .complexity = "O(S+N), S being the number of nodes before the start and N the number of elements returned.",
     .syntax = "key#0 start:int stop:int"},
    {.name = "lrem",
     .arity = Exactly(3),
     .flags = kWrite,
     .categories = kCatList,
     .keys = kDeleteKey,
     .run = Lrem,
     .since = "1.0.0",
     .group = "list",
     .summary = "Removes elements of a given value from a list.",
     .complexity = "O(N), N being the length of the list.",
     .syntax = "key#0 count:int element"},
    {.name = "ltrim",
     .arity = Exactly(3),
     .flags = kWrite,
     .categories = kCatList,
     .keys = kDeleteKey,
     .run = Ltrim,
     .since = "1.0.0",
     .group = "list",
     .summary = "Keeps the elements of a list between two indexes and removes the others.",
     .complexity = "O(N), N being the number of nodes removed; their memory is freed in the background.",
     .syntax = "key#0 start:int stop:int"},
    {.name = "lpos",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatList,
     .keys = kReadOneKey,
     .run = Lpos,
     .since = "6.0.6",
     .group = "list",
     .summary = "Returns where elements of a given value are in a list.",
     .complexity = "O(N), N being the number of elements looked at.",
     .syntax = "key#0 element [RANK rank:int] [COUNT num-matches:int] [MAXLEN len:int]"},
};

}  // namespace

Table ListElementCommands() { return kListElementCommands; }

}  // namespace zedis::commands

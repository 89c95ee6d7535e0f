// Lists at their ends: pushing, popping, moving from one to another.
#include "commands/list_ends.h"
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
using types::Side;

// --- LPUSH RPUSH LPUSHX RPUSHX

enum class IfMissing : std::uint8_t { kCreate, kDoNothing };

Outcome Push(Context& ctx, Args args, Side side, IfMissing if_missing) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  if (entry == nullptr && if_missing == IfMissing::kDoNothing) {
    ctx.reply.Integer(0);
    return Done();
  }
  ListEditor list(ctx, key, entry);
  list.Push(side, args.subspan(2));
  ctx.reply.Integer(static_cast<std::int64_t>(list.Size()));
  list.Finish(PushEvent(side), args.size() - 2);
  return Done();
}

Outcome Lpush(Context& ctx, Args args) { return Push(ctx, args, Side::kFront, IfMissing::kCreate); }
Outcome Rpush(Context& ctx, Args args) { return Push(ctx, args, Side::kBack, IfMissing::kCreate); }
Outcome Lpushx(Context& ctx, Args args) { return Push(ctx, args, Side::kFront, IfMissing::kDoNothing); }
Outcome Rpushx(Context& ctx, Args args) { return Push(ctx, args, Side::kBack, IfMissing::kDoNothing); }

// --- LPOP RPOP LMPOP

Outcome PopCount(Context& ctx, Args args, Side side) {
  if (args.size() > 3) return ctx.Fail("ERR wrong number of arguments for '{}' command", ctx.command->row->name);
  TRY(const std::int64_t count, ParseIntegerIn(args[2], 0, INT64_MAX, kMustBePositive));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  if (entry == nullptr) {
    ctx.reply.NullArray();
  } else if (count == 0) {
    ctx.reply.ArrayHeader(0);
  } else {
    PopArray(ctx, key, entry, side, static_cast<std::uint64_t>(count));
  }
  return Done();
}

Outcome Pop(Context& ctx, Args args, Side side) {
  if (args.size() > 2) return PopCount(ctx, args, side);
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  PopOne(ctx, key, entry, side);
  return Done();
}

Outcome Lpop(Context& ctx, Args args) { return Pop(ctx, args, Side::kFront); }
Outcome Rpop(Context& ctx, Args args) { return Pop(ctx, args, Side::kBack); }

Outcome Lmpop(Context& ctx, Args args) {
  TRY(const ListMultiPop pop, ParseListMultiPop(args, 1));
  for (std::size_t i = pop.first_key; i < pop.first_key + pop.keys; ++i) {
    const Key key = ctx.KeyAt(args, i);
    TRY(Entry * entry, ctx.FindForWriteAs(Type::kList, key));
    if (entry == nullptr) continue;
    ctx.reply.ArrayHeader(2);
    ctx.reply.Bulk(key.bytes);
    PopArray(ctx, key, entry, pop.side, pop.count);
    return Done();
  }
  ctx.reply.NullArray();
  return Done();
}

// --- LMOVE RPOPLPUSH

Outcome Move(Context& ctx, Args args, Side from, Side to) {
  const ListMove move{ctx.KeyAt(args, 1), ctx.KeyAt(args, 2), from, to};
  TRY(Entry * source, ctx.FindForWriteAs(Type::kList, move.source));
  if (source != nullptr) return MoveElement(ctx, move, source);
  ctx.reply.NullBulk();
  return Done();
}

Outcome Lmove(Context& ctx, Args args) {
  TRY(const Side from, ParseSide(args[3]));
  TRY(const Side to, ParseSide(args[4]));
  return Move(ctx, args, from, to);
}

Outcome Rpoplpush(Context& ctx, Args args) { return Move(ctx, args, Side::kBack, Side::kFront); }

// --- The table

constexpr KeySpec kInsertKey[] = {{.flags = kKeyReadWrite | kKeyInsert}};
constexpr KeySpec kPopKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete}};
constexpr KeySpec kMoveKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete, .index = 1},
                                 {.flags = kKeyReadWrite | kKeyInsert, .index = 2}};
constexpr KeySpec kMultiPopKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete,
                                      .index = 1,
                                      .find = KeySpec::Find::kKeynum,
                                      .keynum_index = 0,
                                      .first_key = 1}};

constexpr Command kListCommands[] = {
    {.name = "lpush",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatList,
     .keys = kInsertKey,
     .run = Lpush,
     .since = "1.0.0",
     .group = "list",
     .summary = "Adds elements at the head of a list, which is created if it is missing.",
     .complexity = "O(1) for each element added.",
     .syntax = "key#0 element...",
     .history = "2.4.0 Several elements."},
    {.name = "rpush",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatList,
     .keys = kInsertKey,
     .run = Rpush,
     .since = "1.0.0",
     .group = "list",
     .summary = "Adds elements at the tail of a list, which is created if it is missing.",
     .complexity = "O(1) for each element added.",
     .syntax = "key#0 element...",
     .history = "2.4.0 Several elements."},
    {.name = "lpushx",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatList,
     .keys = kInsertKey,
     .run = Lpushx,
     .since = "2.2.0",
     .group = "list",
     .summary = "Adds elements at the head of a list that exists.",
     .complexity = "O(1) for each element added.",
     .syntax = "key#0 element...",
     .history = "4.0.0 Several elements."},
    {.name = "rpushx",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatList,
     .keys = kInsertKey,
     .run = Rpushx,
     .since = "2.2.0",
     .group = "list",
     .summary = "Adds elements at the tail of a list that exists.",
     .complexity = "O(1) for each element added.",
     .syntax = "key#0 element...",
     .history = "4.0.0 Several elements."},
    {.name = "lpop",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatList,
     .keys = kPopKey,
     .run = Lpop,
     .since = "1.0.0",
     .group = "list",
     .summary = "Removes elements from the head of a list and returns them.",
     .complexity = "O(N), N being the number of elements returned.",
     .syntax = "key#0 [count:int@6.2.0]",
     .history = "6.2.0 A count."},
    {.name = "rpop",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatList,
     .keys = kPopKey,
     .run = Rpop,
     .since = "1.0.0",
     .group = "list",
     .summary = "Removes elements from the tail of a list and returns them.",
     .complexity = "O(N), N being the number of elements returned.",
     .syntax = "key#0 [count:int@6.2.0]",
     .history = "6.2.0 A count."},
    {.name = "lmpop",
     .arity = AtLeast(3),
     .flags = kWrite | kMovableKeys,
     .categories = kCatList,
     .keys = kMultiPopKeys,
     .run = Lmpop,
     .since = "7.0.0",
     .group = "list",
     .summary = "Removes elements from the first of several lists that is there and returns them.",
     .complexity = "O(N+M), N being the number of keys given and M the number of elements returned.",
     .syntax = "numkeys:int key#0... where(LEFT|RIGHT) [COUNT count:int]"},
    {.name = "lmove",
     .arity = Exactly(4),
     .flags = kWrite | kDenyOom,
     .categories = kCatList,
     .keys = kMoveKeys,
     .run = Lmove,
     .since = "6.2.0",
     .group = "list",
     .summary = "Moves an element from an end of one list to an end of another and returns it.",
     .complexity = "O(1)",
     .syntax = "source#0 destination#1 wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT)"},
    {.name = "rpoplpush",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatList,
     .keys = kMoveKeys,
     .run = Rpoplpush,
     .since = "1.2.0",
     .group = "list",
     .summary = "Moves the last element of one list to the head of another and returns it.",
     .complexity = "O(1)",
     .deprecated_since = "6.2.0",
     .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
     .syntax = "source#0 destination#1"},
};

}  // namespace

Table ListCommands() { return kListCommands; }

}  // namespace zedis::commands

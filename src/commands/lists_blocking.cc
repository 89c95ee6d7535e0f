// Lists at their ends, for clients that wait until there is an element.
#include "commands/blocking_command.h"
#include "commands/list_ends.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Key;
using types::Side;

// --- BLPOP BRPOP BLMPOP

Outcome Pop(Context& ctx, Args args, Side side) {
  WaitRequest request{.what = WaitFor::kList, .first_key = 1, .keys = args.size() - 2};
  TRY(request.deadline_ms, ParseDeadlineSeconds(ctx, args.back()));
  TRY(const auto found, FindFirst(ctx, args, request));
  if (!found) return Blocking::Block(ctx, args, request);
  ctx.reply.ArrayHeader(2);
  ctx.reply.Bulk(found->key.bytes);
  PopOne(ctx, found->key, found->entry, side);
  return Done();
}

Outcome Blpop(Context& ctx, Args args) { return Pop(ctx, args, Side::kFront); }
Outcome Brpop(Context& ctx, Args args) { return Pop(ctx, args, Side::kBack); }

Outcome Blmpop(Context& ctx, Args args) {
  TRY(const ListMultiPop pop, ParseListMultiPop(args, 2));
  WaitRequest request{.what = WaitFor::kList, .first_key = pop.first_key, .keys = pop.keys};
  TRY(request.deadline_ms, ParseDeadlineSeconds(ctx, args[1]));
  TRY(const auto found, FindFirst(ctx, args, request));
  if (!found) return Blocking::Block(ctx, args, request);
  ctx.reply.ArrayHeader(2);
  ctx.reply.Bulk(found->key.bytes);
  PopArray(ctx, found->key, found->entry, pop.side, pop.count);
  return Done();
}

// --- BLMOVE BRPOPLPUSH

Outcome Move(Context& ctx, Args args, Side from, Side to) {
  WaitRequest request{.what = WaitFor::kList, .first_key = 1, .keys = 1};
  request.at_once = [](const resp::Reply& reply) { reply.NullBulk(); };
  TRY(request.deadline_ms, ParseDeadlineSeconds(ctx, args.back()));
  TRY(const auto found, FindFirst(ctx, args, request));
  if (!found) return Blocking::Block(ctx, args, request);
  return MoveElement(ctx, {found->key, ctx.KeyAt(args, 2), from, to}, found->entry);
}

Outcome Blmove(Context& ctx, Args args) {
  TRY(const Side from, ParseSide(args[3]));
  TRY(const Side to, ParseSide(args[4]));
  return Move(ctx, args, from, to);
}

Outcome Brpoplpush(Context& ctx, Args args) { return Move(ctx, args, Side::kBack, Side::kFront); }

// --- The table

constexpr KeySpec kPopKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete, .last = -2}};
constexpr KeySpec kMoveKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete, .index = 1},
                                 {.flags = kKeyReadWrite | kKeyInsert, .index = 2}};
constexpr KeySpec kMultiPopKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete,
                                      .index = 2,
                                      .find = KeySpec::Find::kKeynum,
                                      .keynum_index = 0,
                                      .first_key = 1}};
constexpr std::string_view kTimeoutHistory = "6.0.0 The timeout may have a fraction.";

constexpr Command kBlockingListCommands[] = {
    {.name = "blpop",
     .arity = AtLeast(2),
     .flags = kWrite | kBlocking,
     .categories = kCatList,
     .keys = kPopKeys,
     .run = Blpop,
     .since = "2.0.0",
     .group = "list",
     .summary = "Removes the first element of a list and returns it, waiting until there is one.",
     .complexity = "O(N), N being the number of keys given.",
     .syntax = "key#0... timeout:double",
     .history = kTimeoutHistory},
    {.name = "brpop",
     .arity = AtLeast(2),
     .flags = kWrite | kBlocking,
     .categories = kCatList,
     .keys = kPopKeys,
     .run = Brpop,
     .since = "2.0.0",
     .group = "list",
     .summary = "Removes the last element of a list and returns it, waiting until there is one.",
     .complexity = "O(N), N being the number of keys given.",
     .syntax = "key#0... timeout:double",
     .history = kTimeoutHistory},
    {.name = "blmpop",
     .arity = AtLeast(4),
     .flags = kWrite | kBlocking | kMovableKeys,
     .categories = kCatList,
     .keys = kMultiPopKeys,
     .run = Blmpop,
     .since = "7.0.0",
     .group = "list",
     .summary =
         "Removes elements from the first of several lists that is there and returns them, waiting until one is.",
     .complexity = "O(N+M), N being the number of keys given and M the number of elements returned.",
     .syntax = "timeout:double numkeys:int key#0... where(LEFT|RIGHT) [COUNT count:int]"},
    {.name = "blmove",
     .arity = Exactly(5),
     .flags = kWrite | kDenyOom | kBlocking,
     .categories = kCatList,
     .keys = kMoveKeys,
     .run = Blmove,
     .since = "6.2.0",
     .group = "list",
     .summary =
         "Moves an element from an end of one list to an end of another and returns it, waiting until there is one.",
     .complexity = "O(1)",
     .syntax = "source#0 destination#1 wherefrom(LEFT|RIGHT) whereto(LEFT|RIGHT) timeout:double"},
    {.name = "brpoplpush",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom | kBlocking,
     .categories = kCatList,
     .keys = kMoveKeys,
     .run = Brpoplpush,
     .since = "2.2.0",
     .group = "list",
     .summary = "Moves the last element of one list to the head of another and returns it, waiting until there is one.",
     .complexity = "O(1)",
     .deprecated_since = "6.2.0",
     .replaced_by = "`BLMOVE` with the `RIGHT` and `LEFT` arguments",
     .syntax = "source#0 destination#1 timeout:double",
     .history = kTimeoutHistory},
};

}  // namespace

Table BlockingListCommands() { return kBlockingListCommands; }

}  // namespace zedis::commands

// Members taken from the ends of sorted sets, for clients that wait until there is one.
#include "commands/blocking_command.h"
#include "commands/sorted_set_ends.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

Outcome Pop(Context& ctx, Args args, ScoreEnd end) {
  WaitRequest request{.what = WaitFor::kSortedSet, .first_key = 1, .keys = args.size() - 2};
  TRY(request.deadline_ms, ParseDeadlineSeconds(ctx, args.back()));
  TRY(const auto found, FindFirst(ctx, args, request));
  if (!found) return Blocking::Block(ctx, args, request);
  ctx.reply.ArrayHeader(3);
  ctx.reply.Bulk(found->key.bytes);
  PopMembers(ctx, found->key, found->entry, end, 1, MemberReply::Within(ctx.reply));
  return Done();
}

Outcome Bzpopmin(Context& ctx, Args args) { return Pop(ctx, args, ScoreEnd::kMin); }
Outcome Bzpopmax(Context& ctx, Args args) { return Pop(ctx, args, ScoreEnd::kMax); }

Outcome Bzmpop(Context& ctx, Args args) {
  TRY(const SortedSetMultiPop pop, ParseSortedSetMultiPop(args, 2));
  WaitRequest request{.what = WaitFor::kSortedSet, .first_key = pop.first_key, .keys = pop.keys};
  TRY(request.deadline_ms, ParseDeadlineSeconds(ctx, args[1]));
  TRY(const auto found, FindFirst(ctx, args, request));
  if (!found) return Blocking::Block(ctx, args, request);
  PopFromKey(ctx, found->key, found->entry, pop);
  return Done();
}

// --- The table

constexpr KeySpec kPopKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete, .last = -2}};
constexpr KeySpec kMultiPopKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete,
                                      .index = 2,
                                      .find = KeySpec::Find::kKeynum,
                                      .keynum_index = 0,
                                      .first_key = 1}};
constexpr std::string_view kTimeoutHistory = "6.0.0 The timeout may have a fraction.";

constexpr Command kBlockingSortedSetCommands[] = {
    {.name = "bzpopmin",
     .arity = AtLeast(2),
     .flags = kWrite | kBlocking | kFast,
     .categories = kCatSortedSet,
     .keys = kPopKeys,
     .run = Bzpopmin,
     .since = "5.0.0",
     .group = "sorted-set",
     .summary =
         "Removes the member with the lowest score from a sorted set and returns it, waiting until there is one.",
     .complexity = "O(log(N)), N being the size of the sorted set.",
     .syntax = "key#0... timeout:double",
     .history = kTimeoutHistory},
    {.name = "bzpopmax",
     .arity = AtLeast(2),
     .flags = kWrite | kBlocking | kFast,
     .categories = kCatSortedSet,
     .keys = kPopKeys,
     .run = Bzpopmax,
     .since = "5.0.0",
     .group = "sorted-set",
     .summary =
         "Removes the member with the highest score from a sorted set and returns it, waiting until there is one.",
     .complexity = "O(log(N)), N being the size of the sorted set.",
     .syntax = "key#0... timeout:double",
     .history = kTimeoutHistory},
    {.name = "bzmpop",
     .arity = AtLeast(4),
     .flags = kWrite | kBlocking | kMovableKeys,
     .categories = kCatSortedSet,
     .keys = kMultiPopKeys,
     .run = Bzmpop,
     .since = "7.0.0",
     .group = "sorted-set",
     .summary =
         "Removes members from the first of several sorted sets that is there and returns them, waiting until one is.",
     .complexity = "O(K) + O(M*log(N)), K being the number of keys, N the size of the sorted set and M the number of "
                   "members returned.",
     .syntax = "timeout:double numkeys:int key#0... where(MIN|MAX) [COUNT count:int]"},
};

}  // namespace

Table BlockingSortedSetCommands() { return kBlockingSortedSetCommands; }

}  // namespace zedis::commands

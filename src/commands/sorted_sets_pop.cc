// Members taken from the ends of sorted sets, and members at random. Each choice is as likely as any other.
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "commands/random_choice.h"
#include "commands/reply_element.h"
#include "commands/sorted_set_ends.h"
#include "commands/sorted_set_reply.h"
#include "commands/sorted_set_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::SortedSetOf;
using store::Type;
using types::Direction;
using types::Element;
using types::SortedSetView;

constexpr Error kCountOutOfRange{
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"};

// --- ZPOPMIN ZPOPMAX ZMPOP

Outcome PopFromOne(Context& ctx, Args args, ScoreEnd end) {
  if (args.size() > 3) return kSyntaxError;
  std::int64_t count = 1;
  if (args.size() > 2) {
    TRY(count, ParseIntegerIn(args[2], 0, INT64_MAX, kMustBePositive));
  }
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSortedSet, key));
  if (entry == nullptr || count == 0) {
    ctx.reply.ArrayHeader(0);
    return Done();
  }
  if (args.size() > 2) {
    PopMembers(ctx, key, entry, end, static_cast<std::uint64_t>(count), MemberReply(ctx.reply, true));
  } else {
    PopMembers(ctx, key, entry, end, 1, MemberReply::Flat(ctx.reply));
  }
  return Done();
}

Outcome Zpopmin(Context& ctx, Args args) { return PopFromOne(ctx, args, ScoreEnd::kMin); }
Outcome Zpopmax(Context& ctx, Args args) { return PopFromOne(ctx, args, ScoreEnd::kMax); }

Outcome Zmpop(Context& ctx, Args args) {
  TRY(const SortedSetMultiPop pop, ParseSortedSetMultiPop(args, 1));
  for (std::size_t i = pop.first_key; i < pop.first_key + pop.keys; ++i) {
    const Key key = ctx.KeyAt(args, i);
    TRY(Entry * entry, ctx.FindForWriteAs(Type::kSortedSet, key));
    if (entry == nullptr) continue;
    PopFromKey(ctx, key, entry, pop);
    return Done();
  }
  ctx.reply.NullArray();
  return Done();
}

// --- ZRANDMEMBER

// The most members that one ZRANDMEMBER repeats: Redis would build a reply of any size and die of it.
constexpr std::int64_t kRepeatedMembersMax = std::int64_t{1} << 28;
// Beyond a third of a large set, walking over all of it is cheaper than drawing until enough differ.
constexpr std::uint64_t kDrawnAtMostOneOf = 3;

void ReplyAtRank(const SortedSetView& set, std::size_t rank, const MemberReply& reply) {
  set.ForRange(rank, 1, Direction::kForward, [&](const Element& element, double score) {
    reply.Member(element, score);
    return true;
  });
}

void ReplyDistinct(Context& ctx, const SortedSetView& set, std::uint64_t count, const MemberReply& reply) {
  reply.Header(count);
  if (set.Indexed() == nullptr || count > set.Size() / kDrawnAtMostOneOf) {
    Sampler sampler(ctx, set.Size(), count);
    set.ForEach([&](const Element& element, double score) {
      if (sampler.Next()) reply.Member(element, score);
      return true;
    });
    return;
  }
  std::unordered_set<std::size_t> drawn;
  while (drawn.size() < count) {
    const std::size_t rank = RandomBelow(ctx, set.Size());
    if (drawn.insert(rank).second) ReplyAtRank(set, rank, reply);
  }
}

void ReplyRepeated(Context& ctx, const SortedSetView& set, std::uint64_t count, const MemberReply& reply) {
  reply.Header(count);
  if (set.Indexed() != nullptr) {
    for (; count > 0; --count) ReplyAtRank(set, RandomBelow(ctx, set.Size()), reply);
    return;
  }
  // Walked over once, because finding a member by its rank is a walk, too.
  struct Member {
    Element element;
    double score;
  };
  std::vector<Member> members;
  members.reserve(set.Size());
  set.ForEach([&](const Element& element, double score) {
    members.push_back({element, score});
    return true;
  });
  for (; count > 0; --count) {
    const Member& member = members[RandomBelow(ctx, members.size())];
    reply.Member(member.element, member.score);
  }
}

Outcome RandomMembers(Context& ctx, Args args) {
  TRY(const std::int64_t count, ParseInteger(args[2]));
  if (count == INT64_MIN) return kCountOutOfRange;
  OptionCursor cursor(args, 3);
  const bool with_scores = cursor.Take("withscores");
  if (!cursor.done()) return kSyntaxError;
  if (with_scores && (count > INT64_MAX / 2 || count < -(INT64_MAX / 2))) return kOutOfRange;
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const MemberReply reply(ctx.reply, with_scores);
  if (count == 0 || set.Size() == 0) {
    ctx.reply.ArrayHeader(0);
  } else if (count < -kRepeatedMembersMax) {
    return kOutOfRange;
  } else if (count < 0) {
    ReplyRepeated(ctx, set, static_cast<std::uint64_t>(-count), reply);
  } else {
    ReplyDistinct(ctx, set, std::min(static_cast<std::uint64_t>(count), std::uint64_t{set.Size()}), reply);
  }
  return Done();
}

Outcome Zrandmember(Context& ctx, Args args) {
  if (args.size() > 2) return RandomMembers(ctx, args);
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  const SortedSetView set = SortedSetOf(entry);
  ReplyAtRank(set, RandomBelow(ctx, set.Size()), MemberReply(ctx.reply, false));
  return Done();
}

// --- The table

constexpr KeySpec kPopKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete}};
constexpr KeySpec kPopKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete,
                                 .index = 1,
                                 .find = KeySpec::Find::kKeynum,
                                 .keynum_index = 0,
                                 .first_key = 1}};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};
constexpr std::string_view kPopComplexity =
    "O(M*log(N)), N being the size of the sorted set and M the number of members returned.";

constexpr Command kSortedSetPopCommands[] = {
    {.name = "zpopmin",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatSortedSet,
     .keys = kPopKey,
     .run = Zpopmin,
     .since = "5.0.0",
     .group = "sorted-set",
     .summary = "Removes the members with the lowest scores and returns them.",
     .complexity = kPopComplexity,
     .syntax = "key#0 [count:int]"},
    {.name = "zpopmax",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatSortedSet,
     .keys = kPopKey,
     .run = Zpopmax,
     .since = "5.0.0",
     .group = "sorted-set",
     .summary = "Removes the members with the highest scores and returns them.",
     .complexity = kPopComplexity,
     .syntax = "key#0 [count:int]"},
    {.name = "zmpop",
     .arity = AtLeast(3),
     .flags = kWrite | kMovableKeys,
     .categories = kCatSortedSet,
     .keys = kPopKeys,
     .run = Zmpop,
     .since = "7.0.0",
     .group = "sorted-set",
     .summary = "Removes members from the first of several sorted sets that is there and returns them.",
     .complexity = "O(K) + O(M*log(N)), K being the number of keys, N the size of the sorted set and M the number of "
                   "members returned.",
     .syntax = "numkeys:int key#0... where(MIN|MAX) [COUNT count:int]"},
    {.name = "zrandmember",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatSortedSet,
     .keys = kReadOneKey,
     .run = Zrandmember,
     .since = "6.2.0",
     .group = "sorted-set",
     .summary = "Returns random members of a sorted set.",
     .complexity = "O(M*log(N)), N being the size of the sorted set and M the absolute value of the count.",
     .tips = kAnyOutput,
     .syntax = "key#0 [options{count:int [WITHSCORES]}]"},
};

}  // namespace

Table SortedSetPopCommands() { return kSortedSetPopCommands; }

}  // namespace zedis::commands

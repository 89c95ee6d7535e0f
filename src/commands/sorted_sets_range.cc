// Ranges of sorted sets, by rank, by score or by member: returned, stored, counted, removed.
#include <algorithm>

#include "commands/sorted_set_range.h"
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
using types::RankRange;
using types::SetMember;
using types::SortedSetView;

constexpr Error kLimitWithoutRange{
    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"};
constexpr Error kScoresOfLex{"ERR syntax error, WITHSCORES not supported in combination with BYLEX"};

enum class By : std::uint8_t { kRank, kScore, kLex };

// One end of each kind; which of them counts is what the request says.
struct Selection {
  By by = By::kRank;
  IndexRange indexes{};
  types::ScoreRange scores;
  types::LexRange members;

  RankRange In(const SortedSetView& set) const {
    switch (by) {
      case By::kRank:
        return indexes.In(set.Size());
      case By::kScore:
        return set.RanksOf(scores);
      case By::kLex:
        return set.RanksOf(members);
    }
    return {};
  }
};

Outcome ParseSelection(By by, std::string_view min, std::string_view max, Selection& selection) {
  selection.by = by;
  switch (by) {
    case By::kRank: {
      TRY(selection.indexes, ParseIndexRange(min, max));
      break;
    }
    case By::kScore: {
      TRY(selection.scores, ParseScoreRange(min, max));
      break;
    }
    case By::kLex: {
      TRY(selection.members, ParseLexRange(min, max));
      break;
    }
  }
  return Done();
}

// --- ZRANGE and its kin

struct RangeRequest {
  By by = By::kRank;
  bool reverse = false;
  bool with_scores = false;
  std::int64_t offset = 0;
  std::int64_t limit = -1;  // negative: none
  Selection selection{};
};

// What the name of a command leaves open.
enum class Accepts : std::uint8_t {
  kEverything,
  kNoScores,  // ZRANGESTORE keeps them anyway
  kNoKind,    // the name says by what, and in which direction
};

Outcome ParseRangeOptions(Args args, std::size_t start, Accepts accepts, RangeRequest& request) {
  for (OptionCursor cursor(args, start); !cursor.done();) {
    if (accepts != Accepts::kNoScores && cursor.Take("withscores")) {
      request.with_scores = true;
    } else if (cursor.TakeWith("limit", 2)) {
      TRY(request.offset, ParseInteger(cursor.Next()));
      TRY(request.limit, ParseInteger(cursor.Next()));
    } else if (accepts != Accepts::kNoKind && !request.reverse && cursor.Take("rev")) {
      request.reverse = true;
    } else if (accepts != Accepts::kNoKind && request.by == By::kRank && cursor.Take("bylex")) {
      request.by = By::kLex;
    } else if (accepts != Accepts::kNoKind && request.by == By::kRank && cursor.Take("byscore")) {
      request.by = By::kScore;
    } else {
      return kSyntaxError;
    }
  }
  return Done();
}

// `start` is where the two ends are.
Outcome ParseRange(Args args, std::size_t start, Accepts accepts, RangeRequest& request) {
  if (const Outcome outcome = ParseRangeOptions(args, start + 2, accepts, request); !outcome.ok()) return outcome;
  if (request.limit != -1 && request.by == By::kRank) return kLimitWithoutRange;
  if (request.with_scores && request.by == By::kLex) return kScoresOfLex;
  const bool swapped = request.reverse && request.by != By::kRank;
  return ParseSelection(request.by, args[swapped ? start + 1 : start], args[swapped ? start : start + 1],
                        request.selection);
}

// The ranks to be returned, from the first of them or, in reverse, from the last on.
RankRange RanksFor(const RangeRequest& request, const SortedSetView& set) {
  RankRange range = request.selection.In(set);
  if (request.by == By::kRank) {
    if (request.reverse && range.size() > 0) range = {set.Size() - range.last, set.Size() - range.first};
    return range;
  }
  if (request.offset < 0) return {};
  const std::size_t offset = std::min(static_cast<std::uint64_t>(request.offset), range.size());
  const std::size_t left = range.size() - offset;
  const std::size_t count = request.limit < 0 ? left : std::min(static_cast<std::uint64_t>(request.limit), left);
  if (request.reverse) return {range.last - offset - count, range.last - offset};
  return {range.first + offset, range.first + offset + count};
}

Direction DirectionOf(const RangeRequest& request) {
  return request.reverse ? Direction::kBackward : Direction::kForward;
}

Outcome ReplyRange(Context& ctx, Args args, Accepts accepts, RangeRequest request) {
  if (const Outcome outcome = ParseRange(args, 2, accepts, request); !outcome.ok()) return outcome;
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const RankRange range = RanksFor(request, set);
  const MemberReply reply(ctx.reply, request.with_scores);
  reply.Header(range.size());
  set.ForRange(range, DirectionOf(request), [&](const Element& element, double score) {
    reply.Member(element, score);
    return true;
  });
  return Done();
}

Outcome Zrange(Context& ctx, Args args) { return ReplyRange(ctx, args, Accepts::kEverything, {}); }
Outcome Zrevrange(Context& ctx, Args args) { return ReplyRange(ctx, args, Accepts::kNoKind, {.reverse = true}); }
Outcome Zrangebyscore(Context& ctx, Args args) { return ReplyRange(ctx, args, Accepts::kNoKind, {.by = By::kScore}); }
Outcome Zrevrangebyscore(Context& ctx, Args args) {
  return ReplyRange(ctx, args, Accepts::kNoKind, {.by = By::kScore, .reverse = true});
}
Outcome Zrangebylex(Context& ctx, Args args) { return ReplyRange(ctx, args, Accepts::kNoKind, {.by = By::kLex}); }
Outcome Zrevrangebylex(Context& ctx, Args args) {
  return ReplyRange(ctx, args, Accepts::kNoKind, {.by = By::kLex, .reverse = true});
}

Outcome Zrangestore(Context& ctx, Args args) {
  RangeRequest request;
  if (const Outcome outcome = ParseRange(args, 3, Accepts::kNoScores, request); !outcome.ok()) return outcome;
  const Key target_key = ctx.KeyAt(args, 1);
  const Key source_key = ctx.KeyAt(args, 2);
  TRY(const Entry* found, ctx.FindAs(Type::kSortedSet, source_key));
  // A target that is due goes away now, which may move the source.
  if (ctx.FindForWrite(target_key) == nullptr && found != nullptr) found = ctx.Peek(source_key);
  const SortedSetView source = SortedSetOf(found);
  SortedSetEditor target(ctx, target_key, ctx.Peek(target_key), SortedSetEditor::Fresh{});
  const RankRange range = RanksFor(request, source);
  if (request.by == By::kRank) target.Expect({}, range.size());
  source.ForRange(range, DirectionOf(request), [&](const Element& element, double score) {
    target.Put(SetMember(element), std::nullopt, score);
    return true;
  });
  const std::size_t size = target.Size();
  target.Save();
  if (size != 0) target.Announce("zrangestore", 1);
  target.AnnounceIfGone(1);
  ctx.reply.Integer(static_cast<std::int64_t>(size));
  return Done();
}

// --- ZCOUNT ZLEXCOUNT

Outcome Count(Context& ctx, Args args, By by) {
  Selection selection;
  if (const Outcome outcome = ParseSelection(by, args[2], args[3], selection); !outcome.ok()) return outcome;
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(static_cast<std::int64_t>(selection.In(SortedSetOf(entry)).size()));
  return Done();
}

Outcome Zcount(Context& ctx, Args args) { return Count(ctx, args, By::kScore); }
Outcome Zlexcount(Context& ctx, Args args) { return Count(ctx, args, By::kLex); }

// --- ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX

Outcome RemoveRange(Context& ctx, Args args, By by, std::string_view event) {
  Selection selection;
  if (const Outcome outcome = ParseSelection(by, args[2], args[3], selection); !outcome.ok()) return outcome;
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSortedSet, key));
  if (entry == nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  SortedSetEditor set(ctx, key, entry);
  const RankRange range = selection.In(set.View());
  set.RemoveRange(range);
  set.Save();
  if (range.size() > 0) set.Announce(event, range.size());
  set.AnnounceIfGone();
  ctx.reply.Integer(static_cast<std::int64_t>(range.size()));
  return Done();
}

Outcome Zremrangebyrank(Context& ctx, Args args) { return RemoveRange(ctx, args, By::kRank, "zremrangebyrank"); }
Outcome Zremrangebyscore(Context& ctx, Args args) { return RemoveRange(ctx, args, By::kScore, "zremrangebyscore"); }
Outcome Zremrangebylex(Context& ctx, Args args) { return RemoveRange(ctx, args, By::kLex, "zremrangebylex"); }

// --- The table

constexpr KeySpec kStoreKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate, .index = 1},
                                  {.flags = kKeyReadOnly | kKeyAccess, .index = 2}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};
constexpr std::string_view kRangeComplexity =
    "O(log(N)+M), N being the size of the sorted set and M the number of members in the range.";

struct Deprecated {
  std::string_view since = {};
  std::string_view replaced_by = {};
};

constexpr Command RangeRow(std::string_view name, Handler run, std::string_view since, std::string_view summary,
                           Deprecated deprecated = {}) {
  return {.name = name,
          .arity = AtLeast(3),
          .flags = kReadonly,
          .categories = kCatSortedSet,
          .keys = kReadOneKey,
          .run = run,
          .since = since,
          .group = "sorted-set",
          .summary = summary,
          .complexity = kRangeComplexity,
          .deprecated_since = deprecated.since,
          .replaced_by = deprecated.replaced_by};
}

constexpr Command CountRow(std::string_view name, Handler run, std::string_view since, std::string_view summary) {
  return {.name = name,
          .arity = Exactly(3),
          .flags = kReadonly | kFast,
          .categories = kCatSortedSet,
          .keys = kReadOneKey,
          .run = run,
          .since = since,
          .group = "sorted-set",
          .summary = summary,
          .complexity = "O(log(N)), N being the size of the sorted set."};
}

constexpr Command RemoveRow(std::string_view name, Handler run, std::string_view since, std::string_view summary) {
  return {.name = name,
          .arity = Exactly(3),
          .flags = kWrite,
          .categories = kCatSortedSet,
          .keys = kDeleteKey,
          .run = run,
          .since = since,
          .group = "sorted-set",
          .summary = summary,
          .complexity = kRangeComplexity};
}

constexpr Command kSortedSetRangeCommands[] = {
    WithSyntax(RangeRow("zrange", Zrange, "1.2.0", "Returns the members in a range of ranks, scores or texts."),
               "key#0 start stop [sortby(BYSCORE|BYLEX)@6.2.0] [REV@6.2.0] "
               "[LIMIT offset_count{offset:int count:int}@6.2.0] [WITHSCORES]",
               "6.2.0 REV, BYSCORE, BYLEX and LIMIT."),
    WithSyntax(RangeRow("zrevrange", Zrevrange, "1.2.0", "Returns the members in a range of ranks, the last one first.",
                        {"6.2.0", "`ZRANGE` with the `REV` argument"}),
               "key#0 start:int stop:int [WITHSCORES]"),
    WithSyntax(RangeRow("zrangebyscore", Zrangebyscore, "1.0.5", "Returns the members in a range of scores.",
                        {"6.2.0", "`ZRANGE` with the `BYSCORE` argument"}),
               "key#0 min:double max:double [WITHSCORES@2.0.0] [LIMIT offset_count{offset:int count:int}]",
               "2.0.0 WITHSCORES."),
    WithSyntax(RangeRow("zrevrangebyscore", Zrevrangebyscore, "2.2.0",
                        "Returns the members in a range of scores, the last one first.",
                        {"6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments"}),
               "key#0 max:double min:double [WITHSCORES] [LIMIT offset_count{offset:int count:int}]",
               "2.1.6 Either end may be excluded."),
    WithSyntax(RangeRow("zrangebylex", Zrangebylex, "2.8.9", "Returns the members in a range of texts.",
                        {"6.2.0", "`ZRANGE` with the `BYLEX` argument"}),
               "key#0 min max [LIMIT offset_count{offset:int count:int}]"),
    WithSyntax(RangeRow("zrevrangebylex", Zrevrangebylex, "2.8.9",
                        "Returns the members in a range of texts, the last one first.",
                        {"6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments"}),
               "key#0 max min [LIMIT offset_count{offset:int count:int}]"),
    {.name = "zrangestore",
     .arity = AtLeast(4),
     .flags = kWrite | kDenyOom,
     .categories = kCatSortedSet,
     .keys = kStoreKeys,
     .run = Zrangestore,
     .since = "6.2.0",
     .group = "sorted-set",
     .summary = "Stores the members in a range of ranks, scores or texts.",
     .complexity = kRangeComplexity,
     .syntax = "dst:key#0 src:key#1 min max [sortby(BYSCORE|BYLEX)] [REV] [LIMIT offset_count{offset:int count:int}]"},
    WithSyntax(CountRow("zcount", Zcount, "2.0.0", "Counts the members in a range of scores."),
               "key#0 min:double max:double"),
    WithSyntax(CountRow("zlexcount", Zlexcount, "2.8.9", "Counts the members in a range of texts."), "key#0 min max"),
    WithSyntax(RemoveRow("zremrangebyrank", Zremrangebyrank, "2.0.0", "Removes the members in a range of ranks."),
               "key#0 start:int stop:int"),
    WithSyntax(RemoveRow("zremrangebyscore", Zremrangebyscore, "1.2.0", "Removes the members in a range of scores."),
               "key#0 min:double max:double"),
    WithSyntax(RemoveRow("zremrangebylex", Zremrangebylex, "2.8.9", "Removes the members in a range of texts."),
               "key#0 min max"),
};

}  // namespace

Table SortedSetRangeCommands() { return kSortedSetRangeCommands; }

}  // namespace zedis::commands

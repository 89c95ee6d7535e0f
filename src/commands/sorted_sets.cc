// Sorted sets: members added, removed, looked up and listed.
#include <cmath>
#include <vector>

#include "commands/reply_element.h"
#include "commands/scan_options.h"
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
using types::Element;
using types::SetMember;
using types::SortedSetView;

// --- ZADD ZINCRBY

constexpr Error kExistenceConflict{"ERR XX and NX options at the same time are not compatible"};
constexpr Error kComparisonConflict{"ERR GT, LT, and/or NX options at the same time are not compatible"};
constexpr Error kOneIncrementOnly{"ERR INCR option supports a single increment-element pair"};
constexpr Error kNotANumber{"ERR resulting score is not a number (NaN)"};

struct AddOptions {
  bool only_new = false;
  bool only_existing = false;
  bool only_greater = false;
  bool only_less = false;
  bool count_changed = false;
  bool increment = false;

  // Of a member that is there: is it to have this score?
  bool Admits(double score, double current) const {
    return !(only_less && score >= current) && !(only_greater && score <= current);
  }
};

bool TakeAddOption(OptionCursor& cursor, AddOptions& options) {
  bool* const flags[] = {&options.only_new,  &options.only_existing, &options.only_greater,
                         &options.only_less, &options.count_changed, &options.increment};
  static constexpr std::string_view kWords[] = {"nx", "xx", "gt", "lt", "ch", "incr"};
  for (std::size_t i = 0; i < std::size(kWords); ++i) {
    if (cursor.Take(kWords[i])) return *flags[i] = true;
  }
  return false;
}

Outcome CheckAddOptions(const AddOptions& options, Args pairs) {
  if (pairs.size() % 2 != 0 || pairs.empty()) return kSyntaxError;
  if (options.only_new && options.only_existing) return kExistenceConflict;
  if ((options.only_greater && options.only_new) || (options.only_less && options.only_new) ||
      (options.only_greater && options.only_less)) {
    return kComparisonConflict;
  }
  if (options.increment && pairs.size() > 2) return kOneIncrementOnly;
  return Done();
}

using Scores = fmt::basic_memory_buffer<double, 64>;

Expected<double> ParseScore(std::string_view text) {
  if (const auto score = base::ParseDouble(text)) return *score;
  return std::unexpected(&kNotAFloat);
}

struct AddCounts {
  std::int64_t added = 0;
  std::int64_t updated = 0;
  bool last_holds = false;  // whether a score was given to the last member, or a condition did not hold
  double last = 0;          // that score
};

// False if a sum is not a number.
bool AddOne(SortedSetEditor& set, const AddOptions& options, const SetMember& member, double score, AddCounts& counts) {
  const std::optional<double> current = set.ScoreOf(member);
  counts.last_holds = false;
  if (current ? options.only_new : options.only_existing) return true;
  if (current) {
    if (options.increment) score += *current;
    if (std::isnan(score)) return false;
    if (!options.Admits(score, *current)) return true;
  }
  const SortedSetEditor::Change change = set.Put(member, current, score);
  counts.added += change == SortedSetEditor::Change::kAdded ? 1 : 0;
  counts.updated += change == SortedSetEditor::Change::kUpdated ? 1 : 0;
  counts.last_holds = true;
  counts.last = score;
  return true;
}

Outcome AddPairs(Context& ctx, Args args, const AddOptions& options, Args pairs) {
  Scores scores;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    TRY(const double score, ParseScore(pairs[i]));
    scores.push_back(score);
  }
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSortedSet, key));
  AddCounts counts;
  if (entry != nullptr || !options.only_existing) {
    SortedSetEditor set(ctx, key, entry);
    set.Expect(pairs[1], scores.size());
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (!AddOne(set, options, SetMember(pairs[2 * i + 1]), scores[i], counts)) return kNotANumber;
    }
    set.Save();
    const std::int64_t changes = counts.added + counts.updated;
    if (changes > 0) set.Announce(options.increment ? "zincr" : "zadd", static_cast<std::uint64_t>(changes));
  }
  if (!options.increment) {
    ctx.reply.Integer(counts.added + (options.count_changed ? counts.updated : 0));
  } else if (counts.last_holds) {
    ctx.reply.Double(counts.last);
  } else {
    ctx.reply.NullBulk();
  }
  return Done();
}

Outcome Add(Context& ctx, Args args, AddOptions options) {
  OptionCursor cursor(args, 2);
  while (TakeAddOption(cursor, options)) {
  }
  const Args pairs = args.subspan(cursor.position());
  if (const Outcome outcome = CheckAddOptions(options, pairs); !outcome.ok()) return outcome;
  return AddPairs(ctx, args, options, pairs);
}

Outcome Zadd(Context& ctx, Args args) { return Add(ctx, args, {}); }
// In Redis it is a ZADD with an option, and takes the others for what they are there.
Outcome Zincrby(Context& ctx, Args args) { return Add(ctx, args, {.increment = true}); }

// --- ZREM

Outcome Zrem(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSortedSet, key));
  std::int64_t removed = 0;
  if (entry != nullptr) {
    SortedSetEditor set(ctx, key, entry);
    for (const std::string_view text : args.subspan(2)) {
      removed += set.Remove(SetMember(text)) ? 1 : 0;
      if (set.Size() == 0) break;
    }
    set.Save();
    if (removed > 0) set.Announce("zrem", static_cast<std::uint64_t>(removed));
    set.AnnounceIfGone();
  }
  ctx.reply.Integer(removed);
  return Done();
}

// --- ZCARD ZSCORE ZMSCORE ZRANK ZREVRANK

Outcome Zcard(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(static_cast<std::int64_t>(SortedSetOf(entry).Size()));
  return Done();
}

void ReplyScore(resp::Reply reply, std::optional<double> score) { score ? reply.Double(*score) : reply.NullBulk(); }

Outcome Zscore(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  ReplyScore(ctx.reply, SortedSetOf(entry).ScoreOf(SetMember(args[2])));
  return Done();
}

Outcome Zmscore(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const Args texts = args.subspan(2);
  ctx.reply.ArrayHeader(texts.size());
  for (const std::string_view text : texts) ReplyScore(ctx.reply, set.ScoreOf(SetMember(text)));
  return Done();
}

Outcome Rank(Context& ctx, Args args, bool reverse) {
  if (args.size() > 4) {
    return ctx.Fail("ERR wrong number of arguments for '{}' command", ctx.command->row->name);
  }
  OptionCursor cursor(args, 3);
  const bool with_score = cursor.Take("withscore");
  if (!cursor.done()) return kSyntaxError;
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  const SortedSetView set = SortedSetOf(entry);
  const SetMember member(args[2]);
  const std::optional<std::size_t> rank = set.RankOf(member);
  if (!rank) {
    with_score ? ctx.reply.NullArray() : ctx.reply.NullBulk();
    return Done();
  }
  if (with_score) ctx.reply.ArrayHeader(2);
  ctx.reply.Integer(static_cast<std::int64_t>(reverse ? set.Size() - 1 - *rank : *rank));
  if (with_score) ReplyScore(ctx.reply, set.ScoreOf(member));
  return Done();
}

Outcome Zrank(Context& ctx, Args args) { return Rank(ctx, args, false); }
Outcome Zrevrank(Context& ctx, Args args) { return Rank(ctx, args, true); }

// --- ZSCAN

struct FoundMember {
  Element element;
  double score;
};

// Packed sets are small: they come in one reply, whatever COUNT says. So what was packed when a walk began and is
// indexed when it goes on has been returned already.
std::uint64_t ScanSortedSet(const SortedSetView& set, std::uint64_t position, const ScanOptions& options,
                            std::vector<FoundMember>& found) {
  const auto take = [&](const Element& element, double score) {
    types::IntegerText digits;
    if (options.AcceptsName(element.Text(digits))) found.push_back({element, score});
    return true;
  };
  if (set.Indexed() == nullptr) {
    set.ForEach(take);
    return 0;
  }
  std::uint64_t seen = 0;
  std::uint64_t buckets_left = options.BucketsMax();
  while (position < base::kPositionEnd && seen < options.count && buckets_left-- > 0) {
    position = set.Indexed()->Scan(position, [&](std::string_view text, double score) {
      ++seen;
      take(Element{.text = text}, score);
    });
  }
  return position < base::kPositionEnd ? position : 0;
}

// A text for clients of either protocol.
void ReplyScoreText(resp::Reply reply, double score) {
  char digits[base::kDoubleCharsMax];
  reply.Bulk({digits, static_cast<std::size_t>(base::FormatDouble(digits, score) - digits)});
}

// Redis stores whole numbers as integers in the packed form, and here shows how.
void ReplyPackedScore(resp::Reply reply, double score) {
  constexpr double kStoredAsIntegerMax = 0x1p62;
  const bool is_whole =
      std::abs(score) <= kStoredAsIntegerMax && static_cast<double>(static_cast<std::int64_t>(score)) == score;
  is_whole ? reply.BulkInteger(static_cast<std::int64_t>(score)) : ReplyScoreText(reply, score);
}

Outcome Zscan(Context& ctx, Args args) {
  TRY(const std::uint64_t cursor, ParseCursor(args[2]));
  TRY(const Entry* entry, ctx.FindAs(Type::kSortedSet, ctx.KeyAt(args, 1)));
  std::uint64_t next = 0;
  bool with_scores = true;
  bool is_packed = true;
  std::vector<FoundMember> found;
  if (entry != nullptr) {  // Redis reads the options of a key that is there only
    TRY(const ScanOptions options, ParseScanOptions(args, 3, ScanOf::kSortedSet));
    with_scores = !options.no_scores;
    const SortedSetView set = SortedSetOf(entry);
    is_packed = set.Indexed() == nullptr;
    next = ScanSortedSet(set, cursor, options, found);
  }
  ctx.reply.ArrayHeader(2);
  ReplyCursor(ctx.reply, next);
  ctx.reply.ArrayHeader(with_scores ? found.size() * 2 : found.size());
  for (const FoundMember& one : found) {
    ReplyElement(ctx.reply, one.element);
    if (!with_scores) continue;
    is_packed ? ReplyPackedScore(ctx.reply, one.score) : ReplyScoreText(ctx.reply, one.score);
  }
  return Done();
}

// --- The table

constexpr KeySpec kAddKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kIncrementKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};
constexpr KeySpec kInspectKey[] = {{.flags = kKeyReadOnly}};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Command kSortedSetCommands[] = {
    {.name = "zadd",
     .arity = AtLeast(3),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatSortedSet,
     .keys = kAddKey,
     .run = Zadd,
     .since = "1.2.0",
     .group = "sorted-set",
     .summary = "Adds members to a sorted set, or changes their scores.",
     .complexity = "O(log(N)) for each member, N being the size of the sorted set.",
     .syntax = "key#0 [condition(NX|XX)@3.0.2] [comparison(GT|LT)@6.2.0] [change=CH@3.0.2] [increment=INCR@3.0.2] "
               "score_member{score:double member}...",
     .history = "2.4.0 Several members.\n3.0.2 XX, NX, CH and INCR.\n6.2.0 GT and LT."},
    {.name = "zincrby",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatSortedSet,
     .keys = kIncrementKey,
     .run = Zincrby,
     .since = "1.2.0",
     .group = "sorted-set",
     .summary = "Adds to the score of a member, which is created if it is missing.",
     .complexity = "O(log(N)), N being the size of the sorted set.",
     .syntax = "key#0 increment:int member"},
    {.name = "zrem",
     .arity = AtLeast(2),
     .flags = kWrite | kFast,
     .categories = kCatSortedSet,
     .keys = kDeleteKey,
     .run = Zrem,
     .since = "1.2.0",
     .group = "sorted-set",
     .summary = "Removes members from a sorted set, and the set with its last one.",
     .complexity = "O(M*log(N)), N being the size of the sorted set and M the number of members named.",
     .syntax = "key#0 member...",
     .history = "2.4.0 Several members."},
    {.name = "zcard",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatSortedSet,
     .keys = kInspectKey,
     .run = Zcard,
     .since = "1.2.0",
     .group = "sorted-set",
     .summary = "Counts the members of a sorted set.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "zscore",
     .arity = Exactly(2),
     .flags = kReadonly | kFast,
     .categories = kCatSortedSet,
     .keys = kReadOneKey,
     .run = Zscore,
     .since = "1.2.0",
     .group = "sorted-set",
     .summary = "Returns the score of a member.",
     .complexity = "O(1)",
     .syntax = "key#0 member"},
    {.name = "zmscore",
     .arity = AtLeast(2),
     .flags = kReadonly | kFast,
     .categories = kCatSortedSet,
     .keys = kReadOneKey,
     .run = Zmscore,
     .since = "6.2.0",
     .group = "sorted-set",
     .summary = "Returns the scores of several members.",
     .complexity = "O(1) for each member.",
     .syntax = "key#0 member..."},
    {.name = "zrank",
     .arity = AtLeast(2),
     .flags = kReadonly | kFast,
     .categories = kCatSortedSet,
     .keys = kReadOneKey,
     .run = Zrank,
     .since = "2.0.0",
     .group = "sorted-set",
     .summary = "Returns the place of a member, counted from the lowest score.",
     .complexity = "O(log(N)), N being the size of the sorted set.",
     .syntax = "key#0 member [WITHSCORE@7.2.0]",
     .history = "7.2.0 WITHSCORE."},
    {.name = "zrevrank",
     .arity = AtLeast(2),
     .flags = kReadonly | kFast,
     .categories = kCatSortedSet,
     .keys = kReadOneKey,
     .run = Zrevrank,
     .since = "2.0.0",
     .group = "sorted-set",
     .summary = "Returns the place of a member, counted from the highest score.",
     .complexity = "O(log(N)), N being the size of the sorted set.",
     .syntax = "key#0 member [WITHSCORE@7.2.0]",
     .history = "7.2.0 WITHSCORE."},
    {.name = "zscan",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatSortedSet,
     .keys = kReadOneKey,
     .run = Zscan,
     .since = "2.8.0",
     .group = "sorted-set",
     .summary = "Lists the members of a sorted set with their scores, some at each call.",
     .complexity = "O(1) for each call, O(N) for all of N members.",
     .tips = kAnyOutput,
     .syntax = "key#0 cursor:int [MATCH pattern:pattern] [COUNT count:int] [NOSCORES@8.0.0]",
     .history = "8.0.0 NOSCORES."},
};

}  // namespace

Table SortedSetCommands() { return kSortedSetCommands; }

}  // namespace zedis::commands

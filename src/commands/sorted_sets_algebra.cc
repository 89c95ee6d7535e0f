// Several sorted sets at once: unions, intersections, differences, and the same stored. Sets take part as sorted sets
// whose scores are all 1.
#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "commands/sorted_set_reply.h"
#include "commands/sorted_set_source.h"
#include "commands/sorted_set_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;
using types::Element;
using types::SetMember;

constexpr Error kWeightNotAFloat{"ERR weight value is not a float"};
constexpr Error kLimitNegative{"ERR LIMIT can't be negative"};

enum class Operation : std::uint8_t { kUnion, kIntersection, kDifference };
enum class Aggregate : std::uint8_t { kSum, kMin, kMax };

using Sources = std::vector<SortedSetSource>;

// `other` may be no number.
double Combined(Aggregate aggregate, double one, double other) {
  switch (aggregate) {
    case Aggregate::kSum: {
      const double sum = one + other;
      return std::isnan(sum) ? 0 : sum;  // the infinities cancel out
    }
    case Aggregate::kMin:
      return other < one ? other : one;
    case Aggregate::kMax:
      return other > one ? other : one;
  }
  return one;
}

// --- what comes out

struct Scored {
  double score;
  std::string_view text;

  bool operator<(const Scored& other) const {
    return score < other.score || (score == other.score && text < other.text);
  }
};

// Members borrow their texts from the inputs; integers, which have none there, get one here.
class Result {
 public:
  void Add(const Element& element, double score) { members_.push_back({score, TextOf(element)}); }
  std::string_view TextOf(const Element& element) {
    if (!element.is_integer) return element.text;
    types::IntegerText digits;
    return texts_.emplace_back(element.Text(digits));
  }
  void AddText(std::string_view text, double score) { members_.push_back({score, text}); }
  double& ScoreAt(std::size_t index) { return members_[index].score; }

  const std::vector<Scored>& Sorted() {
    std::ranges::sort(members_, std::less<>{});
    return members_;
  }
  std::size_t Size() const { return members_.size(); }
  // Of the texts; empty if there is none.
  std::string_view Longest() const {
    std::string_view longest;
    for (const Scored& member : members_) {
      if (member.text.size() > longest.size()) longest = member.text;
    }
    return longest;
  }

 private:
  std::vector<Scored> members_;
  std::deque<std::string> texts_;  // never moved
};

// The smallest first, which is also the order in which scores are summed.
void SortBySize(Sources& sources) {
  std::ranges::sort(sources, {},
                    [](const SortedSetSource& source) { return std::pair(source.Size(), source.number()); });
}

// Seeded, so that nobody can choose members that collide.
struct TextHash {
  std::uint64_t seed;
  std::size_t operator()(std::string_view text) const { return base::HashBytes(text, seed); }
};

void Unite(std::uint64_t seed, Sources& sources, Aggregate aggregate, Result& result) {
  SortBySize(sources);
  std::unordered_map<std::string_view, std::size_t, TextHash> places(sources.back().Size(), TextHash{seed});
  for (const SortedSetSource& source : sources) {
    source.ForEach([&](const Element& element, double score) {
      const std::string_view text = result.TextOf(element);
      const auto [place, is_new] = places.try_emplace(text, result.Size());
      if (is_new) {
        result.AddText(text, score);
      } else {
        double& sum = result.ScoreAt(place->second);
        sum = Combined(aggregate, sum, score);
      }
      return true;
    });
  }
}

// visit(const Element&, double score) -> bool for each member that all have, until it says false.
template <class Visit>
void ForEachOfIntersection(Sources& sources, Aggregate aggregate, Visit visit) {
  SortBySize(sources);
  const SortedSetSource& walked = sources[0];
  const std::span others(sources.begin() + 1, sources.end());
  walked.ForEach([&](const Element& element, double score) {
    const SetMember member(element);
    for (const SortedSetSource& other : others) {
      const std::optional<double> its_score = other.ScoreOf(member);
      if (!its_score) return true;
      score = Combined(aggregate, score, *its_score);
    }
    return visit(element, score);
  });
}

void Subtract(Sources& sources, Result& result) {
  const SortedSetSource& walked = sources[0];
  const std::span others(sources.begin() + 1, sources.end());
  std::ranges::sort(others, std::ranges::greater{}, &SortedSetSource::Size);  // the one most likely to have a member
  walked.ForEach([&](const Element& element, double score) {
    const SetMember member(element);
    if (std::ranges::none_of(others, [&](const SortedSetSource& other) { return other.Contains(member); })) {
      result.Add(element, score);
    }
    return true;
  });
}

void Compute(Context& ctx, Operation operation, Sources& sources, Aggregate aggregate, Result& result) {
  switch (operation) {
    case Operation::kUnion:
      return Unite(ctx.keyspace.seed(), sources, aggregate, result);
    case Operation::kIntersection:
      return ForEachOfIntersection(sources, aggregate, [&](const Element& element, double score) {
        result.Add(element, score);
        return true;
      });
    case Operation::kDifference:
      return Subtract(sources, result);
  }
}

// --- arguments

enum class Form : std::uint8_t { kReply, kStore, kCount };

struct Request {
  std::size_t first_key = 0;
  std::size_t keys = 0;
  Aggregate aggregate = Aggregate::kSum;
  bool with_scores = false;
  std::int64_t limit = 0;
  std::vector<double> weights{};  // none: all are 1
};

Expected<Request> ParseKeys(Context& ctx, Args args, std::size_t numkeys) {
  Request request{.first_key = numkeys + 1};
  TRY(const std::int64_t keys, ParseInteger(args[numkeys]));
  if (keys < 1) {
    return std::unexpected(ctx.Fail("ERR at least 1 input key is needed for '{}' command", ctx.command->row->name));
  }
  if (static_cast<std::uint64_t>(keys) > args.size() - request.first_key) return std::unexpected(&kSyntaxError);
  request.keys = static_cast<std::size_t>(keys);
  return request;
}

Outcome ParseWeights(OptionCursor& cursor, Request& request) {
  request.weights.clear();
  for (std::size_t i = 0; i < request.keys; ++i) {
    const auto weight = base::ParseDouble(cursor.Next());
    if (!weight) return kWeightNotAFloat;
    request.weights.push_back(*weight);
  }
  return Done();
}

Expected<Aggregate> ParseAggregate(OptionCursor& cursor) {
  if (cursor.Take("sum")) return Aggregate::kSum;
  if (cursor.Take("min")) return Aggregate::kMin;
  if (cursor.Take("max")) return Aggregate::kMax;
  return std::unexpected(&kSyntaxError);
}

Outcome ParseOptions(Args args, Operation operation, Form form, Request& request) {
  const bool is_weighted = operation != Operation::kDifference && form != Form::kCount;
  for (OptionCursor cursor(args, request.first_key + request.keys); !cursor.done();) {
    if (is_weighted && cursor.TakeWith("weights", request.keys)) {
      if (const Outcome outcome = ParseWeights(cursor, request); !outcome.ok()) return outcome;
    } else if (is_weighted && cursor.TakeWith("aggregate", 1)) {
      TRY(request.aggregate, ParseAggregate(cursor));
    } else if (form == Form::kReply && cursor.Take("withscores")) {
      request.with_scores = true;
    } else if (form == Form::kCount && cursor.TakeWith("limit", 1)) {
      TRY(request.limit, ParseIntegerIn(cursor.Next(), 0, INT64_MAX, kLimitNegative));
    } else {
      return kSyntaxError;
    }
  }
  return Done();
}

// Those that are due are erased by this first look at them, so that a second finds them all where they are.
Outcome CheckTypes(Context& ctx, Args args, const Request& request) {
  for (std::size_t i = 0; i < request.keys; ++i) {
    const Entry* entry = ctx.Find(ctx.KeyAt(args, request.first_key + i));
    if (entry != nullptr && entry->type() != Type::kSortedSet && entry->type() != Type::kSet) return kWrongType;
  }
  return Done();
}

// REQUIRES: CheckTypes was fine with them. A missing one is empty.
Sources FindSources(Context& ctx, Args args, const Request& request) {
  Sources sources;
  sources.reserve(request.keys);
  for (std::size_t i = 0; i < request.keys; ++i) {
    sources.emplace_back(i, ctx.Peek(ctx.KeyAt(args, request.first_key + i)),
                         request.weights.empty() ? 1 : request.weights[i]);
  }
  return sources;
}

// In Redis's order: the number of keys, what the keys hold, the options.
Expected<Request> ParseRequest(Context& ctx, Args args, std::size_t numkeys, Operation operation, Form form) {
  TRY(Request request, ParseKeys(ctx, args, numkeys));
  if (const Outcome outcome = CheckTypes(ctx, args, request); !outcome.ok()) return std::unexpected(outcome.error());
  if (const Outcome outcome = ParseOptions(args, operation, form, request); !outcome.ok()) {
    return std::unexpected(outcome.error());
  }
  return request;
}

// --- the commands

Outcome Show(Context& ctx, Args args, Operation operation) {
  TRY(const Request request, ParseRequest(ctx, args, 1, operation, Form::kReply));
  Sources sources = FindSources(ctx, args, request);
  Result result;
  Compute(ctx, operation, sources, request.aggregate, result);
  const MemberReply reply(ctx.reply, request.with_scores);
  reply.Header(result.Size());
  for (const Scored& member : result.Sorted()) reply.Member(Element{.text = member.text}, member.score);
  return Done();
}

Outcome Store(Context& ctx, Args args, Operation operation, std::string_view event) {
  TRY(const Request request, ParseRequest(ctx, args, 2, operation, Form::kStore));
  const Key target_key = ctx.KeyAt(args, 1);
  ctx.FindForWrite(target_key);  // one that is due goes away now, which may move the sources
  Sources sources = FindSources(ctx, args, request);
  Result result;
  Compute(ctx, operation, sources, request.aggregate, result);
  SortedSetEditor target(ctx, target_key, ctx.Peek(target_key), SortedSetEditor::Fresh{});
  target.Expect(result.Longest(), result.Size());
  for (const Scored& member : result.Sorted()) target.Put(SetMember(member.text), std::nullopt, member.score);
  target.Save();
  if (result.Size() != 0) target.Announce(event, 1);
  target.AnnounceIfGone(1);
  ctx.reply.Integer(static_cast<std::int64_t>(result.Size()));
  return Done();
}

Outcome Zunion(Context& ctx, Args args) { return Show(ctx, args, Operation::kUnion); }
Outcome Zinter(Context& ctx, Args args) { return Show(ctx, args, Operation::kIntersection); }
Outcome Zdiff(Context& ctx, Args args) { return Show(ctx, args, Operation::kDifference); }
Outcome Zunionstore(Context& ctx, Args args) { return Store(ctx, args, Operation::kUnion, "zunionstore"); }
Outcome Zinterstore(Context& ctx, Args args) { return Store(ctx, args, Operation::kIntersection, "zinterstore"); }
Outcome Zdiffstore(Context& ctx, Args args) { return Store(ctx, args, Operation::kDifference, "zdiffstore"); }

Outcome Zintercard(Context& ctx, Args args) {
  TRY(const Request request, ParseRequest(ctx, args, 1, Operation::kIntersection, Form::kCount));
  Sources sources = FindSources(ctx, args, request);
  std::int64_t count = 0;
  ForEachOfIntersection(sources, Aggregate::kSum, [&](const Element&, double) { return ++count != request.limit; });
  ctx.reply.Integer(count);
  return Done();
}

// --- The table

constexpr KeySpec kCountedKeys[] = {{.flags = kKeyReadOnly | kKeyAccess,
                                     .index = 1,
                                     .find = KeySpec::Find::kKeynum,
                                     .keynum_index = 0,
                                     .first_key = 1}};
constexpr KeySpec kStoreKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate, .index = 1},
                                  {.flags = kKeyReadOnly | kKeyAccess,
                                   .index = 2,
                                   .find = KeySpec::Find::kKeynum,
                                   .keynum_index = 0,
                                   .first_key = 1}};
constexpr std::string_view kUnionComplexity =
    "O(N)+O(M*log(M)), N being the number of members of all inputs and M of the result.";
constexpr std::string_view kIntersectionComplexity =
    "O(N*K)+O(M*log(M)), N being the size of the smallest input, K the number of inputs and M the size of the result.";
constexpr std::string_view kDifferenceComplexity =
    "O(N*K)+O(M*log(M)), N being the size of the first input, K the number of inputs and M the size of the result.";

constexpr Command Row(std::string_view name, Handler run, std::string_view since, std::string_view summary,
                      std::string_view complexity) {
  return {.name = name,
          .arity = AtLeast(2),
          .flags = kReadonly | kMovableKeys,
          .categories = kCatSortedSet,
          .keys = kCountedKeys,
          .run = run,
          .since = since,
          .group = "sorted-set",
          .summary = summary,
          .complexity = complexity};
}

constexpr Command StoreRow(std::string_view name, Handler run, std::string_view since, std::string_view summary,
                           std::string_view complexity) {
  Command row = Row(name, run, since, summary, complexity);
  row.arity = AtLeast(3);
  row.flags = kWrite | kDenyOom | kMovableKeys;
  row.keys = kStoreKeys;
  return row;
}

constexpr Command kSortedSetAlgebraCommands[] = {
    WithSyntax(
        Row("zunion", Zunion, "6.2.0", "Returns the members that any of several sorted sets has.", kUnionComplexity),
        "numkeys:int key#0... [WEIGHTS weight:int...] [AGGREGATE aggregate(SUM|MIN|MAX)] [WITHSCORES]"),
    WithSyntax(Row("zinter", Zinter, "6.2.0", "Returns the members that all of several sorted sets have.",
                   kIntersectionComplexity),
               "numkeys:int key#0... [WEIGHTS weight:int...] [AGGREGATE aggregate(SUM|MIN|MAX)] [WITHSCORES]"),
    WithSyntax(Row("zdiff", Zdiff, "6.2.0", "Returns the members of the first sorted set that none of the others has.",
                   kDifferenceComplexity),
               "numkeys:int key#0... [WITHSCORES]"),
    WithSyntax(StoreRow("zunionstore", Zunionstore, "2.0.0", "Stores the members that any of several sorted sets has.",
                        kUnionComplexity),
               "destination:key#0 numkeys:int key#1... [WEIGHTS weight:int...] [AGGREGATE aggregate(SUM|MIN|MAX)]"),
    WithSyntax(StoreRow("zinterstore", Zinterstore, "2.0.0", "Stores the members that all of several sorted sets have.",
                        kIntersectionComplexity),
               "destination:key#0 numkeys:int key#1... [WEIGHTS weight:int...] [AGGREGATE aggregate(SUM|MIN|MAX)]"),
    WithSyntax(
        StoreRow("zdiffstore", Zdiffstore, "6.2.0",
                 "Stores the members of the first sorted set that none of the others has.", kDifferenceComplexity),
        "destination:key#0 numkeys:int key#1..."),
    WithSyntax(Row("zintercard", Zintercard, "7.0.0", "Counts the members that all of several sorted sets have.",
                   "O(N*K), N being the size of the smallest input and K the number of inputs."),
               "numkeys:int key#0... [LIMIT limit:int]"),
};

}  // namespace

Table SortedSetAlgebraCommands() { return kSortedSetAlgebraCommands; }

}  // namespace zedis::commands

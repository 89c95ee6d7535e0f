// Several sets at once: intersections, unions, differences, and the same stored.
#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "commands/reply_element.h"
#include "commands/set_value.h"
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
using types::IndexedSet;
using types::SetMember;

constexpr Error kNumkeysMustBePositive{"ERR numkeys should be greater than 0"};
constexpr Error kMoreKeysThanArguments{"ERR Number of keys can't be greater than number of args"};
constexpr Error kLimitNegative{"ERR LIMIT can't be negative"};

using Sets = std::vector<SetReader>;

// All of the keys args[first] to args[first + count - 1]. Those that are due are erased by the first look at them, so
// that the second finds them all where they are. A missing one is an empty set.
Expected<Sets> FindSets(Context& ctx, Args args, std::size_t first, std::size_t count, bool reading) {
  for (std::size_t i = first; i < first + count; ++i) {
    const Key key = ctx.KeyAt(args, i);
    const Entry* entry = reading ? ctx.Find(key) : ctx.FindForWrite(key);
    if (entry != nullptr && entry->type() != Type::kSet) return std::unexpected(&kWrongType);
  }
  Sets sets;
  sets.reserve(count);
  for (std::size_t i = first; i < first + count; ++i) sets.emplace_back(ctx.Peek(ctx.KeyAt(args, i)));
  return sets;
}

// --- the three operations: visit(const Element&) -> bool for each member of the result, until it says false

// The smallest set is walked, and the smallest of the others are asked first.
template <class Visit>
void ForEachOfIntersection(Sets& sets, Visit visit) {
  std::ranges::sort(sets, {}, &SetReader::Size);
  const SetReader& walked = sets[0];
  const std::span others(sets.begin() + 1, sets.end());
  walked.ForEach([&](const Element& element) {
    const SetMember member(element);
    for (const SetReader& other : others) {
      if (!other.Contains(member)) return true;
    }
    return visit(element);
  });
}

// Up to so many sets, a member is looked for in those that came before; with more, in a set of what was visited.
constexpr std::size_t kUnionLookupsMax = 4;

template <class Visit>
void ForEachOfUnion(Context& ctx, Sets& sets, Visit visit) {
  // The largest first, so that the smallest is what is looked up, and large sets are what is asked.
  std::ranges::sort(sets, std::ranges::greater{}, &SetReader::Size);
  std::optional<IndexedSet> visited;
  if (sets.size() > kUnionLookupsMax) visited.emplace(ctx.keyspace.seed());
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::span earlier(sets.begin(), sets.begin() + static_cast<std::ptrdiff_t>(i));
    sets[i].ForEach([&](const Element& element) {
      const SetMember member(element);
      const bool is_new =
          visited ? visited->Add(member.Text(), member.Hash(visited->seed()))
                  : std::ranges::none_of(earlier, [&](const SetReader& set) { return set.Contains(member); });
      return !is_new || visit(element);
    });
  }
}

// Finding elements in a packed set is a walk: those of all packed sets together get an index if they are to be looked
// for often.
constexpr std::size_t kPackedLookupsMax = 128;

void IndexElements(Sets& sets, IndexedSet& index) {
  std::erase_if(sets, [&](const SetReader& set) {
    if (!set.IsElements()) return false;
    set.ForEach([&](const Element& element) {
      const SetMember member(element);
      index.Add(member.Text(), member.Hash(index.seed()));
      return true;
    });
    return true;
  });
}

template <class Visit>
void ForEachOfDifference(Context& ctx, Sets& sets, Visit visit) {
  const SetReader walked = sets[0];
  sets.erase(sets.begin());
  IndexedSet index(ctx.keyspace.seed());
  if (walked.Size() > kPackedLookupsMax) {
    IndexElements(sets, index);
    if (index.Size() != 0) sets.emplace_back(types::PackedSetView({"\2", 1}), &index);
  }
  // The largest first: the one most likely to have a member.
  std::ranges::sort(sets, std::ranges::greater{}, &SetReader::Size);
  walked.ForEach([&](const Element& element) {
    const SetMember member(element);
    for (const SetReader& other : sets) {
      if (other.Contains(member)) return true;
    }
    return visit(element);
  });
}

// A difference that is stored is made by taking members away from a copy of the first set when Redis does so: it shows
// in the form of the result, which does not go back.
bool IsMadeFromCopy(const Sets& sets) {
  std::size_t lookups = 0;
  std::size_t members = 0;
  for (const SetReader& set : sets) {
    lookups += set.Size() != 0 ? sets[0].Size() : 0;
    members += set.Size();
  }
  return lookups / 2 > members;
}

void StoreDifferenceFromCopy(const Sets& sets, SetEditor& target) {
  sets[0].ForEach([&](const Element& element) {
    target.Add(SetMember(element));
    return true;
  });
  for (const SetReader& other : std::span(sets).subspan(1)) {
    other.ForEach([&](const Element& element) {
      target.Remove(SetMember(element));
      return target.Size() != 0;
    });
  }
}

enum class Operation : std::uint8_t { kIntersection, kUnion, kDifference };

template <class Visit>
void ForEachOf(Context& ctx, Operation operation, Sets& sets, Visit visit) {
  switch (operation) {
    case Operation::kIntersection:
      return ForEachOfIntersection(sets, visit);
    case Operation::kUnion:
      return ForEachOfUnion(ctx, sets, visit);
    case Operation::kDifference:
      return ForEachOfDifference(ctx, sets, visit);
  }
}

// --- the commands

Outcome Compute(Context& ctx, Args args, Operation operation) {
  TRY(Sets sets, FindSets(ctx, args, 1, args.size() - 1, true));
  const resp::DeferredHeader header = ctx.reply.DeferSet();
  std::uint64_t count = 0;
  ForEachOf(ctx, operation, sets, [&](const Element& element) {
    ReplyElement(ctx.reply, element);
    ++count;
    return true;
  });
  ctx.reply.CloseSet(header, count);
  return Done();
}

Outcome Store(Context& ctx, Args args, Operation operation, std::string_view event) {
  TRY(Sets sets, FindSets(ctx, args, 2, args.size() - 2, true));
  const Key target_key = ctx.KeyAt(args, 1);
  // A target that is due goes away now, which may move the sources.
  if (ctx.FindForWrite(target_key) == nullptr) {
    TRY(sets, FindSets(ctx, args, 2, args.size() - 2, false));
  }
  SetEditor target(ctx, target_key, ctx.Peek(target_key), {.form = SetEditor::Form::kIntegers, .keep_ttl = false});
  if (operation == Operation::kDifference && IsMadeFromCopy(sets)) {
    StoreDifferenceFromCopy(sets, target);
  } else {
    ForEachOf(ctx, operation, sets, [&](const Element& element) {
      target.Add(SetMember(element));
      return true;
    });
  }
  const std::size_t size = target.Size();
  target.Save();
  if (size != 0) target.Announce(event);
  target.AnnounceIfGone();
  ctx.reply.Integer(static_cast<std::int64_t>(size));
  return Done();
}

Outcome Sinter(Context& ctx, Args args) { return Compute(ctx, args, Operation::kIntersection); }
Outcome Sunion(Context& ctx, Args args) { return Compute(ctx, args, Operation::kUnion); }
Outcome Sdiff(Context& ctx, Args args) { return Compute(ctx, args, Operation::kDifference); }
Outcome Sinterstore(Context& ctx, Args args) { return Store(ctx, args, Operation::kIntersection, "sinterstore"); }
Outcome Sunionstore(Context& ctx, Args args) { return Store(ctx, args, Operation::kUnion, "sunionstore"); }
Outcome Sdiffstore(Context& ctx, Args args) { return Store(ctx, args, Operation::kDifference, "sdiffstore"); }

Outcome Sintercard(Context& ctx, Args args) {
  TRY(const std::int64_t keys, ParseIntegerIn(args[1], 1, INT64_MAX, kNumkeysMustBePositive));
  if (static_cast<std::uint64_t>(keys) > args.size() - 2) return kMoreKeysThanArguments;
  std::int64_t limit = 0;
  for (OptionCursor cursor(args, 2 + static_cast<std::size_t>(keys)); !cursor.done();) {
    if (!cursor.TakeWith("limit", 1)) return kSyntaxError;
    TRY(limit, ParseIntegerIn(cursor.Next(), 0, INT64_MAX, kLimitNegative));
  }
  TRY(Sets sets, FindSets(ctx, args, 2, static_cast<std::size_t>(keys), true));
  std::int64_t count = 0;
  ForEachOfIntersection(sets, [&](const Element&) { return ++count != limit; });
  ctx.reply.Integer(count);
  return Done();
}

// --- The table

constexpr KeySpec kStoreKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate, .index = 1},
                                  {.flags = kKeyReadOnly | kKeyAccess, .index = 2, .last = -1}};
constexpr KeySpec kCountedKeys[] = {{.flags = kKeyReadOnly | kKeyAccess,
                                     .index = 1,
                                     .find = KeySpec::Find::kKeynum,
                                     .keynum_index = 0,
                                     .first_key = 1}};
constexpr std::string_view kAnyOrder[] = {"nondeterministic_output_order"};

constexpr Command kSetAlgebraCommands[] = {
    {.name = "sinter",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatSet,
     .keys = kReadManyKeys,
     .run = Sinter,
     .since = "1.0.0",
     .group = "set",
     .summary = "Returns the members that all of several sets have.",
     .complexity = "O(N*M), N being the size of the smallest set and M the number of sets.",
     .tips = kAnyOrder,
     .syntax = "key#0..."},
    {.name = "sintercard",
     .arity = AtLeast(2),
     .flags = kReadonly | kMovableKeys,
     .categories = kCatSet,
     .keys = kCountedKeys,
     .run = Sintercard,
     .since = "7.0.0",
     .group = "set",
     .summary = "Counts the members that all of several sets have.",
     .complexity = "O(N*M), N being the size of the smallest set and M the number of sets.",
     .syntax = "numkeys:int key#0... [LIMIT limit:int]"},
    {.name = "sinterstore",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatSet,
     .keys = kStoreKeys,
     .run = Sinterstore,
     .since = "1.0.0",
     .group = "set",
     .summary = "Stores the members that all of several sets have.",
     .complexity = "O(N*M), N being the size of the smallest set and M the number of sets.",
     .syntax = "destination:key#0 key#1..."},
    {.name = "sunion",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatSet,
     .keys = kReadManyKeys,
     .run = Sunion,
     .since = "1.0.0",
     .group = "set",
     .summary = "Returns the members that any of several sets has.",
     .complexity = "O(N), N being the number of members of all sets.",
     .tips = kAnyOrder,
     .syntax = "key#0..."},
    {.name = "sunionstore",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatSet,
     .keys = kStoreKeys,
     .run = Sunionstore,
     .since = "1.0.0",
     .group = "set",
     .summary = "Stores the members that any of several sets has.",
     .complexity = "O(N), N being the number of members of all sets.",
     .syntax = "destination:key#0 key#1..."},
    {.name = "sdiff",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatSet,
     .keys = kReadManyKeys,
     .run = Sdiff,
     .since = "1.0.0",
     .group = "set",
     .summary = "Returns the members of the first set that none of the others has.",
     .complexity = "O(N*M), N being the size of the first set and M the number of sets.",
     .tips = kAnyOrder,
     .syntax = "key#0..."},
    {.name = "sdiffstore",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatSet,
     .keys = kStoreKeys,
     .run = Sdiffstore,
     .since = "1.0.0",
     .group = "set",
     .summary = "Stores the members of the first set that none of the others has.",
     .complexity = "O(N*M), N being the size of the first set and M the number of sets.",
     .syntax = "destination:key#0 key#1..."},
};

}  // namespace

Table SetAlgebraCommands() { return kSetAlgebraCommands; }

}  // namespace zedis::commands

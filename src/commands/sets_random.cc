// Members at random: SPOP and SRANDMEMBER. Each choice is as likely as any other.
#include <algorithm>
#include <unordered_set>
#include <vector>

#include "commands/random_choice.h"
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
using types::PackedSetView;
using types::SetMember;

constexpr Error kCountOutOfRange{
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"};

// The most members that one SRANDMEMBER repeats: Redis would build a reply of any size and die of it.
constexpr std::int64_t kRepeatedMembersMax = std::int64_t{1} << 28;

void ReplyAll(Context& ctx, const SetReader& set) {
  set.ForEach([&](const Element& element) {
    ReplyElement(ctx.reply, element);
    return true;
  });
}

// --- SPOP

// Once fewer than a fifth of as many stay as go, those that stay are chosen, as Redis does.
constexpr std::uint64_t kPoppedPerKept = 5;

void PopOneByOne(Context& ctx, const Key& key, Entry* entry, std::uint64_t count) {
  SetEditor set(ctx, key, entry);
  for (; count > 0; --count) {
    set.PopRandom([&](const Element& element) { ReplyElement(ctx.reply, element); });
  }
  set.Save();
  set.Announce("spop");
}

// One walk chooses those that go; a set of what stays takes the place of the old one.
void PopFromPacked(Context& ctx, const Key& key, Entry* entry, PackedSetView set, std::uint64_t count) {
  SetEditor kept(
      ctx, key, entry,
      {.form = set.IsIntegers() ? SetEditor::Form::kIntegers : SetEditor::Form::kElements, .keep_ttl = true});
  Sampler sampler(ctx, set.Size(), count);
  set.ForEach([&](const Element& element) {
    sampler.Next() ? ReplyElement(ctx.reply, element) : kept.Keep(SetMember(element));
    return true;
  });
  kept.Save();
  kept.Announce("spop");
}

void PopMostOfIndexed(Context& ctx, const Key& key, Entry* entry, const IndexedSet& set, std::uint64_t count) {
  SetEditor kept(ctx, key, entry, {.form = SetEditor::Form::kElements, .keep_ttl = true});
  const std::uint64_t stay = set.Size() - count;
  while (kept.Size() < stay) kept.Add(SetMember(set.Pick([&] { return ctx.Random(); })));
  set.ForEach([&](std::string_view text) {
    if (!kept.Reader().Contains(SetMember(text))) ctx.reply.Bulk(text);
    return true;
  });
  kept.Save();
  kept.Announce("spop");
}

void PopAll(Context& ctx, const Key& key, const SetReader& set) {
  ReplyAll(ctx, set);
  ctx.Erase(key);
  ctx.Changed(key, {base::kNotifySet, "spop"});
  ctx.Changed(key, {base::kNotifyGeneric, "del"});
}

Outcome PopCount(Context& ctx, Args args) {
  if (args.size() > 3) return kSyntaxError;
  TRY(const std::int64_t wanted, ParseIntegerIn(args[2], 0, INT64_MAX, kMustBePositive));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSet, key));
  const SetReader set(entry);
  const std::uint64_t size = set.Size();
  const std::uint64_t count = std::min(static_cast<std::uint64_t>(wanted), size);
  ctx.reply.SetHeader(count);
  if (count == 0) return Done();
  if (count == size) {
    PopAll(ctx, key, set);
  } else if (set.Indexed() == nullptr) {
    PopFromPacked(ctx, key, entry, set.Packed(), count);
  } else if ((size - count) * kPoppedPerKept > count) {
    PopOneByOne(ctx, key, entry, count);
  } else {
    PopMostOfIndexed(ctx, key, entry, *set.Indexed(), count);
  }
  return Done();
}

Outcome Spop(Context& ctx, Args args) {
  if (args.size() > 2) return PopCount(ctx, args);
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSet, key));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  SetEditor set(ctx, key, entry);
  set.PopRandom([&](const Element& element) { ReplyElement(ctx.reply, element); });
  set.Save();
  set.Announce("spop");
  set.AnnounceIfGone();
  return Done();
}

// --- SRANDMEMBER

// Beyond a third of an indexed set, walking over all of it is cheaper than drawing until enough differ.
constexpr std::uint64_t kDrawnAtMostOneOf = 3;

void ReplyDistinct(Context& ctx, const SetReader& set, std::uint64_t count) {
  ctx.reply.ArrayHeader(count);
  if (set.Indexed() == nullptr || count > set.Size() / kDrawnAtMostOneOf) {
    Sampler sampler(ctx, set.Size(), count);
    set.ForEach([&](const Element& element) {
      if (sampler.Next()) ReplyElement(ctx.reply, element);
      return true;
    });
    return;
  }
  std::unordered_set<const char*> drawn;  // a member's text has one address
  while (drawn.size() < count) {
    const std::string_view text = set.Indexed()->Pick([&] { return ctx.Random(); });
    if (drawn.insert(text.data()).second) ctx.reply.Bulk(text);
  }
}

void ReplyRepeated(Context& ctx, const SetReader& set, std::uint64_t count) {
  ctx.reply.ArrayHeader(count);
  if (const IndexedSet* indexed = set.Indexed(); indexed != nullptr) {
    for (; count > 0; --count) ctx.reply.Bulk(indexed->Pick([&] { return ctx.Random(); }));
    return;
  }
  // Walked over once, because finding an element by its number is a walk, too.
  std::vector<Element> elements;
  elements.reserve(set.Size());
  set.ForEach([&](const Element& element) {
    elements.push_back(element);
    return true;
  });
  for (; count > 0; --count) ReplyElement(ctx.reply, elements[RandomBelow(ctx, elements.size())]);
}

Outcome RandomMembers(Context& ctx, Args args) {
  if (args.size() > 3) return kSyntaxError;
  TRY(const std::int64_t count, ParseInteger(args[2]));
  if (count == INT64_MIN) return kCountOutOfRange;
  if (count < -kRepeatedMembersMax) return kOutOfRange;
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  const SetReader set(entry);
  if (count == 0 || set.Size() == 0) {
    ctx.reply.ArrayHeader(0);
  } else if (count < 0) {
    ReplyRepeated(ctx, set, static_cast<std::uint64_t>(-count));
  } else if (static_cast<std::uint64_t>(count) >= set.Size()) {
    ctx.reply.ArrayHeader(set.Size());
    ReplyAll(ctx, set);
  } else {
    ReplyDistinct(ctx, set, static_cast<std::uint64_t>(count));
  }
  return Done();
}

Outcome Srandmember(Context& ctx, Args args) {
  if (args.size() > 2) return RandomMembers(ctx, args);
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  if (entry == nullptr) {
    ctx.reply.NullBulk();
    return Done();
  }
  const SetReader set(entry);
  if (set.Indexed() != nullptr) {
    ctx.reply.Bulk(set.Indexed()->Pick([&] { return ctx.Random(); }));
  } else {
    ReplyElement(ctx.reply, set.Packed().At(RandomBelow(ctx, set.Size())));
  }
  return Done();
}

// --- The table

constexpr KeySpec kPopKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete}};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Command kRandomSetCommands[] = {
    {.name = "spop",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatSet,
     .keys = kPopKey,
     .run = Spop,
     .since = "1.0.0",
     .group = "set",
     .summary = "Removes random members from a set and returns them.",
     .complexity = "O(1) without a count, else O(N), N being the count.",
     .tips = kAnyOutput,
     .syntax = "key#0 [count:int@3.2.0]",
     .history = "3.2.0 A count."},
    {.name = "srandmember",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatSet,
     .keys = kReadOneKey,
     .run = Srandmember,
     .since = "1.0.0",
     .group = "set",
     .summary = "Returns random members of a set.",
     .complexity = "O(1) without a count, else O(N), N being the absolute value of the count.",
     .tips = kAnyOutput,
     .syntax = "key#0 [count:int@2.6.0]",
     .history = "2.6.0 A count."},
};

}  // namespace

Table RandomSetCommands() { return kRandomSetCommands; }

}  // namespace zedis::commands

// Sets: members added, removed, moved, looked up and listed.
#include <vector>

#include "commands/reply_element.h"
#include "commands/scan_options.h"
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
using types::SetMember;

// --- SADD SREM SMOVE

Outcome Sadd(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSet, key));
  SetEditor set(ctx, key, entry);
  const Args texts = args.subspan(2);
  set.Expect(SetMember(texts[0]), texts.size());
  std::int64_t added = 0;
  for (const std::string_view text : texts) added += set.Add(SetMember(text)) ? 1 : 0;
  set.Save();
  ctx.reply.Integer(added);
  if (added > 0) set.Announce("sadd");
  return Done();
}

Outcome Srem(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kSet, key));
  std::int64_t removed = 0;
  if (entry != nullptr) {
    SetEditor set(ctx, key, entry);
    for (const std::string_view text : args.subspan(2)) {
      removed += set.Remove(SetMember(text)) ? 1 : 0;
      if (set.Size() == 0) break;
    }
    set.Save();
    if (removed > 0) set.Announce("srem");
    set.AnnounceIfGone();
  }
  ctx.reply.Integer(removed);
  return Done();
}

Outcome Smove(Context& ctx, Args args) {
  const Key source_key = ctx.KeyAt(args, 1);
  const Key target_key = ctx.KeyAt(args, 2);
  const SetMember member(args[3]);
  Entry* source_entry = ctx.FindForWrite(source_key);
  if (source_entry == nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  Entry* target_entry = ctx.FindForWrite(target_key);
  // Looking up the second key may have erased it, as one that was due, and moved the first.
  source_entry = ctx.Peek(source_key);
  if (source_entry->type() != Type::kSet || (target_entry != nullptr && target_entry->type() != Type::kSet)) {
    return kWrongType;
  }
  if (source_key.bytes == target_key.bytes) {
    ctx.reply.Integer(SetReader(source_entry).Contains(member) ? 1 : 0);
    return Done();
  }
  SetEditor source(ctx, source_key, source_entry);
  if (!source.Remove(member)) {
    ctx.reply.Integer(0);
    return Done();
  }
  source.Save();
  source.Announce("srem");
  source.AnnounceIfGone();
  SetEditor target(ctx, target_key, ctx.Peek(target_key));
  target.Expect(member, 1);
  const bool added = target.Add(member);
  target.Save();
  if (added) target.Announce("sadd");
  ctx.reply.Integer(1);
  return Done();
}

// --- SISMEMBER SMISMEMBER SCARD SMEMBERS

Outcome Sismember(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(SetReader(entry).Contains(SetMember(args[2])) ? 1 : 0);
  return Done();
}

Outcome Smismember(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  const SetReader set(entry);
  const Args texts = args.subspan(2);
  ctx.reply.ArrayHeader(texts.size());
  for (const std::string_view text : texts) ctx.reply.Integer(set.Contains(SetMember(text)) ? 1 : 0);
  return Done();
}

Outcome Scard(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(static_cast<std::int64_t>(SetReader(entry).Size()));
  return Done();
}

Outcome Smembers(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  const SetReader set(entry);
  ctx.reply.SetHeader(set.Size());
  set.ForEach([&](const Element& element) {
    ReplyElement(ctx.reply, element);
    return true;
  });
  return Done();
}

// --- SSCAN

// Packed sets are small: they come in one reply, whatever COUNT says. So what was packed when a walk began and is
// indexed when it goes on has been returned already, and an indexed set never becomes packed under a walk unless all
// its members were replaced; then it comes in one reply, too.
std::uint64_t ScanSet(const SetReader& set, std::uint64_t position, const ScanOptions& options,
                      std::vector<Element>& found) {
  const auto take = [&](const Element& element) {
    types::IntegerText digits;
    if (options.AcceptsName(element.Text(digits))) found.push_back(element);
    return true;
  };
  if (set.Indexed() == nullptr) {
    set.ForEach(take);
    return 0;
  }
  std::uint64_t seen = 0;
  std::uint64_t buckets_left = options.BucketsMax();
  while (position < base::kPositionEnd && seen < options.count && buckets_left-- > 0) {
    position = set.Indexed()->Scan(position, [&](std::string_view text) {
      ++seen;
      take(Element{.text = text});
    });
  }
  return position < base::kPositionEnd ? position : 0;
}

Outcome Sscan(Context& ctx, Args args) {
  TRY(const std::uint64_t cursor, ParseCursor(args[2]));
  TRY(const Entry* entry, ctx.FindAs(Type::kSet, ctx.KeyAt(args, 1)));
  std::uint64_t next = 0;
  std::vector<Element> found;
  if (entry != nullptr) {  // Redis reads the options of a key that is there only
    TRY(const ScanOptions options, ParseScanOptions(args, 3, ScanOf::kSet));
    next = ScanSet(SetReader(entry), cursor, options, found);
  }
  ctx.reply.ArrayHeader(2);
  ReplyCursor(ctx.reply, next);
  ctx.reply.ArrayHeader(found.size());
  for (const Element& element : found) ReplyElement(ctx.reply, element);
  return Done();
}

// --- The table

constexpr KeySpec kInsertKey[] = {{.flags = kKeyReadWrite | kKeyInsert}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};
constexpr KeySpec kMoveKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete, .index = 1},
                                 {.flags = kKeyReadWrite | kKeyInsert, .index = 2}};
constexpr KeySpec kInspectKey[] = {{.flags = kKeyReadOnly}};
constexpr std::string_view kAnyOrder[] = {"nondeterministic_output_order"};
constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Command kSetCommands[] = {
    {.name = "sadd",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatSet,
     .keys = kInsertKey,
     .run = Sadd,
     .since = "1.0.0",
     .group = "set",
     .summary = "Adds members to a set, which is created if it is missing.",
     .complexity = "O(1) for each member.",
     .syntax = "key#0 member...",
     .history = "2.4.0 Several members."},
    {.name = "srem",
     .arity = AtLeast(2),
     .flags = kWrite | kFast,
     .categories = kCatSet,
     .keys = kDeleteKey,
     .run = Srem,
     .since = "1.0.0",
     .group = "set",
     .summary = "Removes members from a set, and the set with its last one.",
     .complexity = "O(1) for each member.",
     .syntax = "key#0 member...",
     .history = "2.4.0 Several members."},
    {.name = "smove",
     .arity = Exactly(3),
     .flags = kWrite | kFast,
     .categories = kCatSet,
     .keys = kMoveKeys,
     .run = Smove,
     .since = "1.0.0",
     .group = "set",
     .summary = "Moves a member from one set to another.",
     .complexity = "O(1)",
     .syntax = "source:key#0 destination:key#1 member"},
    {.name = "sismember",
     .arity = Exactly(2),
     .flags = kReadonly | kFast,
     .categories = kCatSet,
     .keys = kInspectKey,
     .run = Sismember,
     .since = "1.0.0",
     .group = "set",
     .summary = "Tells whether a set has a member.",
     .complexity = "O(1)",
     .syntax = "key#0 member"},
    {.name = "smismember",
     .arity = AtLeast(2),
     .flags = kReadonly | kFast,
     .categories = kCatSet,
     .keys = kReadOneKey,
     .run = Smismember,
     .since = "6.2.0",
     .group = "set",
     .summary = "Tells of each of several members whether a set has it.",
     .complexity = "O(1) for each member.",
     .syntax = "key#0 member..."},
    {.name = "scard",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatSet,
     .keys = kInspectKey,
     .run = Scard,
     .since = "1.0.0",
     .group = "set",
     .summary = "Counts the members of a set.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "smembers",
     .arity = Exactly(1),
     .flags = kReadonly,
     .categories = kCatSet,
     .keys = kReadOneKey,
     .run = Smembers,
     .since = "1.0.0",
     .group = "set",
     .summary = "Returns all members of a set.",
     .complexity = "O(N), N being the number of members.",
     .tips = kAnyOrder,
     .syntax = "key#0"},
    {.name = "sscan",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatSet,
     .keys = kReadOneKey,
     .run = Sscan,
     .since = "2.8.0",
     .group = "set",
     .summary = "Lists the members of a set, some at each call.",
     .complexity = "O(1) for each call, O(N) for all of N members.",
     .tips = kAnyOutput,
     .syntax = "key#0 cursor:int [MATCH pattern:pattern] [COUNT count:int]"},
};

}  // namespace

Table SetCommands() { return kSetCommands; }

}  // namespace zedis::commands

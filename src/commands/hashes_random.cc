// HRANDFIELD. Each choice is as likely as any other.
#include <unordered_set>
#include <vector>

#include "commands/hash_value.h"
#include "commands/random_choice.h"
#include "commands/reply_element.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Type;
using types::HashItem;
using types::HashView;

constexpr Error kCountOutOfRange{
    "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"};

// The most fields that one HRANDFIELD repeats: Redis would build a reply of any size and die of it.
constexpr std::int64_t kRepeatedFieldsMax = std::int64_t{1} << 28;

// Beyond a third of an indexed hash, walking over all of it is cheaper than drawing until enough differ.
constexpr std::uint64_t kDrawnAtMostOneOf = 3;

// Whether a field is chosen by drawing: not where that might draw one that is due, since then it would have to be drawn
// again, any number of times.
bool CanDraw(const HashView& hash) { return hash.Indexed() != nullptr && !hash.HasDue(); }

HashItem Draw(Context& ctx, const HashView& hash) {
  return hash.Indexed()->Pick([&] { return ctx.Random(); });
}

std::vector<HashItem> ItemsOf(const HashView& hash) {
  std::vector<HashItem> items;
  hash.ForEach([&](const HashItem& item) {
    items.push_back(item);
    return true;
  });
  return items;
}

// Fields, or with their values: pairs of RESP3, and one flat array of RESP2.
class RandomReply {
 public:
  RandomReply(Context& ctx, bool values) : reply_(ctx.reply), values_(values) {}

  void Header(std::uint64_t count) const { reply_.ArrayHeader(values_ && !reply_.IsResp3() ? 2 * count : count); }
  void Add(const HashItem& item) const {
    if (values_ && reply_.IsResp3()) reply_.ArrayHeader(2);
    ReplyElement(reply_, item.field);
    if (values_) ReplyElement(reply_, item.value);
  }

 private:
  resp::Reply reply_;
  bool values_;
};

void ReplyDistinct(Context& ctx, const HashView& hash, std::uint64_t count, const RandomReply& reply) {
  const std::uint64_t size = hash.Size();
  if (count >= size || !CanDraw(hash) || count > size / kDrawnAtMostOneOf) {
    const std::uint64_t wanted = std::min(count, size);
    reply.Header(wanted);
    Sampler sampler(ctx, size, wanted);
    hash.ForEach([&](const HashItem& item) {
      if (sampler.Next()) reply.Add(item);
      return true;
    });
    return;
  }
  reply.Header(count);
  std::unordered_set<const char*> drawn;  // a field's text has one address
  while (drawn.size() < count) {
    const HashItem item = Draw(ctx, hash);
    if (drawn.insert(item.field.text.data()).second) reply.Add(item);
  }
}

void ReplyRepeated(Context& ctx, const HashView& hash, std::uint64_t count, const RandomReply& reply) {
  if (CanDraw(hash)) {
    reply.Header(count);
    for (; count > 0; --count) reply.Add(Draw(ctx, hash));
    return;
  }
  // Walked over once, because finding a field by its number is a walk, too.
  const std::vector<HashItem> items = ItemsOf(hash);
  if (items.empty()) count = 0;
  reply.Header(count);
  for (; count > 0; --count) reply.Add(items[RandomBelow(ctx, items.size())]);
}

Outcome RandomFields(Context& ctx, Args args) {
  TRY(const std::int64_t count, ParseInteger(args[2]));
  if (count == INT64_MIN) return kCountOutOfRange;
  OptionCursor cursor(args, 3);
  const bool values = cursor.Take("withvalues");
  if (!cursor.done()) return kSyntaxError;
  if (values && (count < -(INT64_MAX / 2) || count > INT64_MAX / 2)) return kOutOfRange;
  if (count < -kRepeatedFieldsMax) return kOutOfRange;
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  const HashView hash = ReadHash(ctx, entry);
  const RandomReply reply(ctx, values);
  if (count == 0 || entry == nullptr) {
    reply.Header(0);
  } else if (count < 0) {
    ReplyRepeated(ctx, hash, static_cast<std::uint64_t>(-count), reply);
  } else {
    ReplyDistinct(ctx, hash, static_cast<std::uint64_t>(count), reply);
  }
  return Done();
}

Outcome Hrandfield(Context& ctx, Args args) {
  if (args.size() > 2) return RandomFields(ctx, args);
  TRY(const Entry* entry, ctx.FindAs(Type::kHash, ctx.KeyAt(args, 1)));
  const HashView hash = ReadHash(ctx, entry);
  if (CanDraw(hash)) {
    ReplyElement(ctx.reply, Draw(ctx, hash).field);
    return Done();
  }
  const std::vector<HashItem> items = ItemsOf(hash);
  items.empty() ? ctx.reply.NullBulk() : ReplyElement(ctx.reply, items[RandomBelow(ctx, items.size())].field);
  return Done();
}

constexpr std::string_view kAnyOutput[] = {"nondeterministic_output"};

constexpr Command kRandomHashCommands[] = {
    {.name = "hrandfield",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatHash,
     .keys = kReadOneKey,
     .run = Hrandfield,
     .since = "6.2.0",
     .group = "hash",
     .summary = "Returns random fields of a hash.",
     .complexity = "O(N), N being the number of fields returned.",
     .tips = kAnyOutput,
     .syntax = "key#0 [options{count:int [WITHVALUES]}]"},
};

}  // namespace

Table RandomHashCommands() { return kRandomHashCommands; }

}  // namespace zedis::commands

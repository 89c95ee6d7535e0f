#include "commands/list_ends.h"

#include <fmt/format.h>

namespace zedis::commands {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;
using types::Element;
using types::Side;

namespace {

constexpr Error kNumkeysMustBePositive{"ERR numkeys should be greater than 0"};
constexpr Error kCountMustBePositive{"ERR count should be greater than 0"};

using ElementBuffer = fmt::basic_memory_buffer<char, store::kNearValueMax>;

// Removes an element and copies its text.
void PopInto(ElementBuffer& buffer, ListEditor& list, Side side) {
  list.Pop(side, 1, [&](const Element& element) {
    types::IntegerText digits;
    const std::string_view text = element.Text(digits);
    buffer.append(text.data(), text.data() + text.size());
  });
}

}  // namespace

Expected<Side> ParseSide(std::string_view word) {
  if (EqualsIgnoreCase("left", word)) return Side::kFront;
  if (EqualsIgnoreCase("right", word)) return Side::kBack;
  return std::unexpected(&kSyntaxError);
}

Expected<ListMultiPop> ParseListMultiPop(Args args, std::size_t start) {
  ListMultiPop pop{.first_key = start + 1};
  TRY(const std::int64_t keys, ParseIntegerIn(args[start], 1, INT64_MAX, kNumkeysMustBePositive));
  if (static_cast<std::uint64_t>(keys) >= args.size() - pop.first_key) return std::unexpected(&kSyntaxError);
  pop.keys = static_cast<std::size_t>(keys);
  OptionCursor cursor(args, pop.first_key + pop.keys);
  TRY(pop.side, ParseSide(cursor.Next()));
  if (cursor.TakeWith("count", 1)) {
    TRY(const std::int64_t count, ParseIntegerIn(cursor.Next(), 1, INT64_MAX, kCountMustBePositive));
    pop.count = static_cast<std::uint64_t>(count);
  }
  if (!cursor.done()) return std::unexpected(&kSyntaxError);
  return pop;
}

void PopOne(Context& ctx, const Key& key, Entry* entry, Side side) {
  ListEditor list(ctx, key, entry);
  list.Pop(side, 1, [&](const Element& element) { ReplyElement(ctx.reply, element); });
  list.Finish(PopEvent(side));
}

void PopArray(Context& ctx, const Key& key, Entry* entry, Side side, std::uint64_t most) {
  ListEditor list(ctx, key, entry);
  const std::size_t count = std::min<std::uint64_t>(most, list.Size());
  ctx.reply.ArrayHeader(count);
  list.Pop(side, count, [&](const Element& element) { ReplyElement(ctx.reply, element); });
  list.Finish(PopEvent(side), count);
}

Outcome MoveElement(Context& ctx, const ListMove& move, Entry* source_entry) {
  ElementBuffer buffer;
  if (move.source.bytes == move.target.bytes) {
    ListEditor list(ctx, move.source, source_entry);
    PopInto(buffer, list, move.from);
    const std::string_view text(buffer.data(), buffer.size());
    list.Push(move.to, Args(&text, 1));
    ctx.reply.Bulk(text);
    list.Save();
    list.Announce(PushEvent(move.to), 0);
    list.Announce(PopEvent(move.from), 1);
    return Done();
  }
  TRY(Entry * target_entry, ctx.FindForWriteAs(Type::kList, move.target));
  // Looking up the second key may have erased it, as one that was due.
  ListEditor source(ctx, move.source, ctx.Peek(move.source));
  PopInto(buffer, source, move.from);
  const std::string_view text(buffer.data(), buffer.size());
  ctx.reply.Bulk(text);
  ListEditor target(ctx, move.target, target_entry);
  target.Push(move.to, Args(&text, 1));
  target.Finish(PushEvent(move.to), 0);
  source.Reload();
  source.Finish(PopEvent(move.from));
  return Done();
}

}  // namespace zedis::commands

#include "commands/sorted_set_ends.h"

#include <algorithm>

#include "commands/sorted_set_value.h"
#include "engine/arguments.h"

namespace zedis::commands {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using types::Direction;
using types::Element;
using types::RankRange;

namespace {

constexpr Error kNumkeysMustBePositive{"ERR numkeys should be greater than 0"};
constexpr Error kCountMustBePositive{"ERR count should be greater than 0"};

}  // namespace

Expected<SortedSetMultiPop> ParseSortedSetMultiPop(Args args, std::size_t start) {
  SortedSetMultiPop pop{.first_key = start + 1};
  TRY(const std::int64_t keys, ParseIntegerIn(args[start], 1, INT64_MAX, kNumkeysMustBePositive));
  if (static_cast<std::uint64_t>(keys) >= args.size() - pop.first_key) return std::unexpected(&kSyntaxError);
  pop.keys = static_cast<std::size_t>(keys);
  OptionCursor cursor(args, pop.first_key + pop.keys);
  const bool from_min = cursor.Take("min");
  if (!from_min && !cursor.Take("max")) return std::unexpected(&kSyntaxError);
  pop.end = from_min ? ScoreEnd::kMin : ScoreEnd::kMax;
  std::int64_t count = 0;
  while (!cursor.done()) {
    if (count != 0 || !cursor.TakeWith("count", 1)) return std::unexpected(&kSyntaxError);
    TRY(count, ParseIntegerIn(cursor.Next(), 1, INT64_MAX, kCountMustBePositive));
  }
  pop.count = static_cast<std::uint64_t>(std::max<std::int64_t>(count, 1));
  return pop;
}

void PopMembers(Context& ctx, const Key& key, Entry* entry, ScoreEnd end, std::uint64_t count,
                const MemberReply& reply) {
  SortedSetEditor set(ctx, key, entry);
  const std::size_t size = set.Size();
  const std::size_t popped = std::min(count, std::uint64_t{size});
  const RankRange range = end == ScoreEnd::kMin ? RankRange{0, popped} : RankRange{size - popped, size};
  reply.Header(popped);
  set.View().ForRange(range, end == ScoreEnd::kMin ? Direction::kForward : Direction::kBackward,
                      [&](const Element& element, double score) {
                        reply.Member(element, score);
                        return true;
                      });
  set.RemoveRange(range);
  set.Save();
  set.Announce(end == ScoreEnd::kMin ? "zpopmin" : "zpopmax", popped);
  set.AnnounceIfGone();
}

void PopFromKey(Context& ctx, const Key& key, Entry* entry, const SortedSetMultiPop& pop) {
  ctx.reply.ArrayHeader(2);
  ctx.reply.Bulk(key.bytes);
  PopMembers(ctx, key, entry, pop.end, pop.count, MemberReply::Pairs(ctx.reply));
}

}  // namespace zedis::commands

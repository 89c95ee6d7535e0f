// Taking members from the ends of sorted sets, for the commands that do it at once and for those that wait until they
// can.
#pragma once

#include <cstdint>

#include "commands/sorted_set_reply.h"
#include "engine/context.h"

namespace zedis::commands {

enum class ScoreEnd : std::uint8_t { kMin, kMax };

// "numkeys key [key ...] MIN|MAX [COUNT count]"
struct SortedSetMultiPop {
  std::size_t first_key = 0;
  std::size_t keys = 0;
  ScoreEnd end = ScoreEnd::kMin;
  std::uint64_t count = 1;
};
// `start` is where they begin. REQUIRES: at least three arguments from there on.
engine::Expected<SortedSetMultiPop> ParseSortedSetMultiPop(engine::Args args, std::size_t start);

// Replies with up to `count` members and removes them. REQUIRES: count > 0
void PopMembers(engine::Context& ctx, const store::Key& key, store::Entry* entry, ScoreEnd end, std::uint64_t count,
                const MemberReply& reply);

// The reply of ZMPOP: the key and what was taken.
void PopFromKey(engine::Context& ctx, const store::Key& key, store::Entry* entry, const SortedSetMultiPop& pop);

}  // namespace zedis::commands

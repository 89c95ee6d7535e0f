// What happens at the ends of lists, for the commands that do it at once and for those that wait until they can.
#pragma once

#include <cstdint>
#include <string_view>

#include "commands/list_value.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {

inline std::string_view PushEvent(types::Side side) { return side == types::Side::kFront ? "lpush" : "rpush"; }
inline std::string_view PopEvent(types::Side side) { return side == types::Side::kFront ? "lpop" : "rpop"; }

// LEFT or RIGHT.
engine::Expected<types::Side> ParseSide(std::string_view word);

// "numkeys key [key ...] LEFT|RIGHT [COUNT count]"
struct ListMultiPop {
  std::size_t first_key = 0;
  std::size_t keys = 0;
  types::Side side = types::Side::kFront;
  std::uint64_t count = 1;
};
// `start` is where they begin. REQUIRES: at least three arguments from there on.
engine::Expected<ListMultiPop> ParseListMultiPop(engine::Args args, std::size_t start);

// Replies with the outermost element and removes it.
void PopOne(engine::Context& ctx, const store::Key& key, store::Entry* entry, types::Side side);
// Replies with an array of up to `most` elements and removes them.
void PopArray(engine::Context& ctx, const store::Key& key, store::Entry* entry, types::Side side, std::uint64_t most);

// Moves an element from the list at the first key, which was just found, to the one at the second, and replies with it.
struct ListMove {
  store::Key source;
  store::Key target;
  types::Side from;
  types::Side to;
};
engine::Outcome MoveElement(engine::Context& ctx, const ListMove& move, store::Entry* source_entry);

}  // namespace zedis::commands

// HELP of the commands that have subcommands: one handler for all. A container's row has the lines, its table the row
// that HelpRow makes.
#pragma once

#include "engine/context.h"

namespace zedis::commands {

// Simple strings, in Redis's shape: `help` of the container's row, which are the subcommands and, indented by four
// blanks, what they do; HELP itself is added.
engine::Outcome ReplyHelp(engine::Context& ctx, engine::Args args);

// "client|help", for a container of this group.
constexpr engine::Command HelpRow(std::string_view name, std::string_view group, std::string_view since,
                                  std::uint32_t more_flags = 0, std::uint32_t categories = 0) {
  return {.name = name,
          .arity = engine::Exactly(1),
          .flags = engine::kLoading | engine::kStale | more_flags,
          .categories = categories,
          .locks = engine::Locks::kNone,
          .run = ReplyHelp,
          .since = since,
          .group = group,
          .summary = "Describes the subcommands.",
          .complexity = "O(1)"};
}

}  // namespace zedis::commands

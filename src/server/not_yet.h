// Commands of Redis that a later version of Zedis will have. Until then they answer so, instead of looking unknown, and
// are not listed as commands.
#pragma once

#include "engine/command.h"

namespace zedis::server {

// "ERR BGSAVE is not supported by this version of Zedis: persistence comes later"; the row's group names the topic.
engine::Outcome RefuseNotYet(engine::Context& ctx, engine::Args args);
// "ERR CLIENT KILL is not supported yet"
engine::Outcome RefuseSubcommandNotYet(engine::Context& ctx, engine::Args args);

constexpr engine::Command NotYet(std::string_view name, std::string_view topic) {
  return {.name = name,
          .arity = engine::AtLeast(0),
          .flags = engine::kNotYet,
          .locks = engine::Locks::kNone,
          .run = RefuseNotYet,
          .group = topic};
}
constexpr engine::Command NotYetSubcommand(std::string_view name) {
  return {.name = name,
          .arity = engine::AtLeast(1),
          .flags = engine::kNotYet,
          .locks = engine::Locks::kNone,
          .run = RefuseSubcommandNotYet};
}

}  // namespace zedis::server

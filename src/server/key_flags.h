// What a request does to one of its keys.
#pragma once

#include <cstdint>

#include "engine/command.h"

namespace zedis::server {

// KeyFlags of a key that `spec` found in `request`. They are those of the specification, but where it says that they
// vary: SET and BITFIELD do different things to their key, as their options say.
std::uint32_t VaryingKeyFlags(const engine::Command& row, engine::Args request, const engine::KeySpec& spec);
inline std::uint32_t KeyFlagsOf(const engine::Command& row, engine::Args request, const engine::KeySpec& spec) {
  return (spec.flags & engine::kKeyVariableFlags) == 0 ? spec.flags : VaryingKeyFlags(row, request, spec);
}

}  // namespace zedis::server

// Which arguments of a request nobody else may see: passwords, in SLOWLOG and MONITOR.
#pragma once

#include <vector>

#include "engine/registry.h"

namespace zedis::server {

inline constexpr std::string_view kRedacted = "(redacted)";

// The arguments of a request for others to read: those that are secret are replaced by kRedacted, as Redis does. The
// views are those of `args`.
std::vector<std::string_view> WithoutSecrets(const engine::ResolvedCommand& command, engine::Args args);

}  // namespace zedis::server

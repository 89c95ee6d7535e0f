// INFO's sections about single commands and errors, in Redis's formats.
#pragma once

#include <string>

#include "engine/context.h"

namespace zedis::server {

// Commands that nobody has called are left out, as in Redis.
void AppendCommandStats(engine::Context& ctx, std::string& out);
void AppendErrorStats(engine::Context& ctx, std::string& out);
void AppendLatencyStats(engine::Context& ctx, std::string& out);

}  // namespace zedis::server

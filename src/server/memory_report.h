// What MEMORY STATS, DOCTOR and MALLOC-STATS say.
#pragma once

#include <string>

#include "engine/context.h"
#include "server/memory_figures.h"

namespace zedis::server {

void ReplyMemoryStats(engine::Context& ctx, const MemoryFigures& figures);
std::string MemoryAdvice(engine::Context& ctx, const MemoryFigures& figures);
// A line for each shard's arena.
std::string ArenaTable(engine::Context& ctx);

}  // namespace zedis::server

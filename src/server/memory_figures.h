// Where the memory of the server is: MEMORY STATS and DOCTOR.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/context.h"

namespace zedis::server {

struct MemoryFigures {
  std::uint64_t used = 0;  // pages of arenas, blocks beside them, buffers of clients
  std::uint64_t peak = 0;
  std::uint64_t startup = 0;  // used when the server started
  std::uint64_t clients = 0;
  std::uint64_t resident = 0;  // of the process
  std::uint64_t blocks = 0;    // of used, what lies between blocks of arenas left out
  std::uint64_t empty_pages = 0;
  std::uint64_t keys = 0;
  std::vector<std::uint64_t> index_bytes;  // by database: what finds its keys

  std::uint64_t Overhead() const;  // all that is not keys and values
  std::uint64_t Dataset() const { return used > Overhead() ? used - Overhead() : 0; }
};

// Visits the shards one at a time, O(keys / 600); REQUIRES: as engine::VisitShards.
MemoryFigures MeasureMemory(engine::Context& ctx);

// Of the process, from the system.
std::uint64_t ResidentBytes();

}  // namespace zedis::server

#include "server/memory_figures.h"

#include <unistd.h>

#include <cstdio>
#include <numeric>

#include "base/memory_count.h"
#include "engine/visit.h"
#include "server/services.h"

namespace zedis::server {
namespace {

std::uint64_t IndexBytes(const store::Database& database) {
  std::uint64_t bytes = 0;
  database.index().ForEachSegment(0, [&](const base::IndexSegment& segment, std::uint64_t) {
    bytes += sizeof segment + segment.subs * base::IndexSegment::kSubBytes;
    return true;
  });
  return bytes;
}

}  // namespace

std::uint64_t MemoryFigures::Overhead() const {
  return std::accumulate(index_bytes.begin(), index_bytes.end(), startup + clients);
}

MemoryFigures MeasureMemory(engine::Context& ctx) {
  Metrics& metrics = ServicesOf(ctx).metrics;
  MemoryFigures figures;
  const int databases = ctx.keyspace.databases();
  figures.index_bytes.resize(static_cast<std::size_t>(databases));
  std::size_t pages = 0;
  std::size_t in_blocks = 0;
  engine::VisitShards(ctx, [&](int shard) {
    const base::Arena& arena = ctx.keyspace.shard(shard).arena;
    pages += arena.page_bytes();
    in_blocks += arena.used_bytes();
    figures.empty_pages += arena.empty_page_bytes();
    for (int i = 0; i < databases; ++i) {
      const store::Database& database = ctx.keyspace.database(shard, i);
      figures.keys += database.index().size();
      figures.index_bytes[static_cast<std::size_t>(i)] += IndexBytes(database);
    }
    return true;
  });
  figures.used = base::MemoryCount::UsedBytes();
  figures.peak = metrics.PeakBytes();
  figures.startup = metrics.startup_bytes();
  figures.clients = base::MemoryCount::ClientBytes();
  figures.resident = ResidentBytes();
  figures.blocks = figures.used + in_blocks - pages;
  return figures;
}

std::uint64_t ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  unsigned long pages = 0;
  const bool is_read = std::fscanf(file, "%*s %lu", &pages) == 1;
  std::fclose(file);
  return is_read ? pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace zedis::server

#include "server/info_expiry.h"

#include "engine/visit.h"

namespace zedis::server {
namespace {

// How far to look for a segment that has keys with a time to live, and how many of them are enough.
constexpr int kSegmentsMax = 64;
constexpr std::uint64_t kKeysWanted = 16;

void SampleExpiry(const store::Database& database, std::uint64_t position, std::int64_t now_ms,
                  KeyspaceCounts& counts) {
  int left = kSegmentsMax;
  const std::uint64_t wanted = counts.sampled + kKeysWanted;
  const auto visit = [&](const base::IndexSegment& segment, std::uint64_t) {
    if (segment.earliest_ms != base::IndexSegment::kNever) {
      database.index().ForEachMarked(segment, [&](store::Database::Slot slot) {
        if (!database.At(slot)->has_ttl()) return;  // parts of its value have
        const std::int64_t ttl_ms = database.At(slot)->expire_at_ms() - now_ms;
        ++counts.sampled;
        if (ttl_ms > 0) {
          counts.ttl_ms_sum += static_cast<double>(ttl_ms);
        } else {
          ++counts.due;
        }
      });
    }
    return --left > 0 && counts.sampled < wanted;
  };
  database.index().ForEachSegment(position, visit);
  // At the end of the table: on from its beginning. In a small one that may count keys twice, which is no harm.
  if (left > 0 && counts.sampled < wanted) database.index().ForEachSegment(0, visit);
}

}  // namespace

std::vector<KeyspaceCounts> CountKeyspace(engine::Context& ctx) {
  std::vector<KeyspaceCounts> all(static_cast<std::size_t>(ctx.keyspace.databases()));
  engine::VisitShards(ctx, [&](int shard) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const store::Database& database = ctx.keyspace.database(shard, static_cast<int>(i));
      all[i].keys += database.size();
      all[i].expires += database.volatile_keys();
      if (database.volatile_keys() == 0) continue;
      SampleExpiry(database, ctx.Random() % base::kPositionEnd, ctx.now_ms, all[i]);
    }
    return true;
  });
  return all;
}

}  // namespace zedis::server

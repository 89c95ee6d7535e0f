// What INFO says of the times to live of the keyspace: from a sample, since to add up all of them would cost too much.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/context.h"

namespace zedis::server {

struct KeyspaceCounts {
  std::uint64_t keys = 0;
  std::uint64_t expires = 0;
  std::uint64_t with_volatile_fields = 0;  // hashes
  // Keys with a time to live that were looked at: those of one segment of the index (600 at most) in each shard, from
  // a random place on.
  std::uint64_t sampled = 0;
  std::uint64_t due = 0;  // of these, keys that are due and still there
  double ttl_ms_sum = 0;  // of those that are not due; clients may give a time of 63 bits

  std::int64_t MeanTtlMs() const {
    if (sampled == due) return 0;
    // At most the largest double that fits.
    return static_cast<std::int64_t>(std::min(ttl_ms_sum / static_cast<double>(sampled - due), 0x1.fffffffffffffp62));
  }
};

// For each database. Visits the shards one at a time; REQUIRES: as engine::VisitShards.
std::vector<KeyspaceCounts> CountKeyspace(engine::Context& ctx);

}  // namespace zedis::server

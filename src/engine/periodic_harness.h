// For tests of periodic work: a keyspace with everything around it that a worker has, a clock that stands still, and a
// record of what went through the door.
#pragma once

#include <map>
#include <string>

#include "engine/context.h"

namespace zedis::engine {

inline constexpr std::int64_t kStartMs = 1'700'000'000'000;
inline constexpr int kShardBits = 4;

inline std::int64_t g_clock_us = 0;
inline std::int64_t StandingClock() { return g_clock_us; }
// A clock by which every look costs 10 us: a budget is a number of slices.
inline std::int64_t TickingClock() { return g_clock_us += 10; }

class EventCounter final : public WriteObserver {
 public:
  void OnChange(Context&, const Change& change) override { ++count[std::string(change.event.name)]; }
  std::map<std::string, int> count;
};

struct World {
  explicit World(bool several_threads = false)
      : keyspace(kShardBits, 4, 99), locks(keyspace, several_threads), registry({}) {
    door.AddObserver(events);
    ctx.session = &session;
    ctx.SetTime(kStartMs);
  }
  ~World() {
    for (int shard = 0; shard < keyspace.shards(); ++shard) {
      for (int i = 0; i < keyspace.databases(); ++i) keyspace.database(shard, i).Clear();
    }
  }

  void Put(const std::string& name, std::int64_t expire_at_ms, int database = 0, std::uint32_t access = 0) {
    const store::Key key = keyspace.MakeKey(name);
    keyspace.DatabaseOf(key, database)
        .Put(key, store::Value::Near(store::Type::kString, "value"), expire_at_ms, access & store::kAccessMask);
  }
  std::size_t Count() const {
    std::size_t count = 0;
    for (int shard = 0; shard < keyspace.shards(); ++shard) {
      for (int i = 0; i < keyspace.databases(); ++i) count += keyspace.database(shard, i).size();
    }
    return count;
  }
  std::size_t UsedBytes() const {
    std::size_t bytes = 0;
    for (int shard = 0; shard < keyspace.shards(); ++shard) bytes += keyspace.shard(shard).arena.used_bytes();
    return bytes;
  }
  std::size_t EmptyPageBytes() const {
    std::size_t bytes = 0;
    for (int shard = 0; shard < keyspace.shards(); ++shard) bytes += keyspace.shard(shard).arena.empty_page_bytes();
    return bytes;
  }

  store::Keyspace keyspace;
  LockTable locks;
  base::Tunables tunables;
  WriteDoor door;
  Registry registry;
  WorkerStats stats;
  Host host;
  resp::OutputBuffer output;
  Session session;
  EventCounter events;
  Context ctx{locks, tunables, door, registry, stats, host, output};
};

}  // namespace zedis::engine

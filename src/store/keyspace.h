// Keyspace: the shards, each with its lock, its arena, and its part of every logical database.
//
// A key belongs to the shard that the first bits of its hash name. Locking is the dispatcher's business
// (engine/locks.h); nothing here takes a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/arena.h"
#include "base/hash.h"
#include "base/lock.h"
#include "store/compaction.h"
#include "store/database.h"
#include "store/garbage.h"

namespace zedis::store {

struct alignas(64) Shard {
  base::SpinLock lock;
  base::Arena arena;
  GarbageList garbage;
  Compaction compaction;
};

class Keyspace {
 public:
  static constexpr int kMaxShardBits = 16;

  // REQUIRES: 0 <= shard_bits <= kMaxShardBits, databases >= 1.
  Keyspace(int shard_bits, int databases, std::uint64_t seed);
  ~Keyspace();
  Keyspace(const Keyspace&) = delete;
  Keyspace& operator=(const Keyspace&) = delete;

  int shards() const { return shards_count_; }
  int databases() const { return databases_; }
  std::uint64_t seed() const { return seed_; }

  Key MakeKey(std::string_view bytes) const { return {bytes, base::HashBytes(bytes, seed_)}; }
  int ShardOf(std::uint64_t hash) const { return static_cast<int>(hash >> 48 >> (16 - shard_bits_)); }
  int ShardOf(const Key& key) const { return ShardOf(key.hash); }
  Shard& shard(int number) const { return shards_[number]; }
  Database& database(int shard, int database) const { return databases_by_shard_[shard * databases_ + database]; }
  Database& DatabaseOf(const Key& key, int number) const { return database(ShardOf(key), number); }

  // Whether keys that are due are looked for and erased (engine/expiry_cycle.h). Off, for debugging, they go when
  // somebody comes across them. Any thread may call these two.
  bool sweeping() const { return sweeping_.load(std::memory_order_relaxed); }
  void SetSweeping(bool on) { sweeping_.store(on, std::memory_order_relaxed); }

 private:
  int shard_bits_;
  int shards_count_;
  int databases_;
  std::uint64_t seed_;
  std::unique_ptr<Shard[]> shards_;
  Database* databases_by_shard_;
  std::atomic<bool> sweeping_{true};
};

}  // namespace zedis::store

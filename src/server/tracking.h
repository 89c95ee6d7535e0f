// Tracking: client-side caching. It notes which clients have read which keys (server/tracking_table.h), by the hash of
// the key alone and without regard to the database, as Redis does; when a key changes, those who have read it are told
// once and have to read it again to hear of it again.
//
// Reads are noted and changes reported under the lock of the key's shard, so no change is missed.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "base/tunables.h"
#include "engine/context.h"
#include "server/broadcast.h"
#include "server/invalidation.h"
#include "server/tracking_state.h"
#include "server/tracking_table.h"

namespace zedis::server {

class Tracking final : public engine::WriteObserver {
 public:
  struct Parts {
    const store::Keyspace& keyspace;
    const base::Tunables& tunables;
    engine::WriteDoor& door;
    const ClientRegistry& clients;
    int workers;
  };
  // Observes the door while anybody caches. REQUIRES: no worker runs yet.
  explicit Tracking(const Parts& parts);

  // The session of the context. False if the client that is to hear instead is not there. What was asked for before is
  // replaced, but prefixes are added to those that there are.
  bool Start(engine::Context& ctx, TrackingOptions options);
  void Stop(engine::Session& session);
  // The session ends.
  void End(engine::Session& session);

  // It has run a command: notes what it has read, if it wants to hear of that. Under the locks of the keys.
  void OnCommand(engine::Context& ctx, const engine::ResolvedCommand& command, engine::Args args);
  // Tells what was gathered of broadcasts and flushes. REQUIRES: no locks.
  void OnTurn(engine::Context& ctx);

  void OnChange(engine::Context& ctx, const engine::Change& change) override;
  void OnFlush(engine::Context& ctx, int database) override;
  void OnSwap(engine::Context& ctx, int one, int other) override;

  // For INFO. Any thread.
  std::int64_t keys() const { return keys_.load(std::memory_order_relaxed); }
  std::int64_t items() const { return items_.load(std::memory_order_relaxed); }
  std::size_t prefixes() const { return broadcast_.prefixes(); }

 private:
  // What one worker has gathered in this turn.
  struct alignas(64) Turn {
    ChangedKeys changed;
    bool forget_all = false;
  };
  // About so many tables in all, however many shards there are.
  static constexpr int kPartsOfTables = 256;
  static constexpr int kEvictedPerReadMax = 16;

  Turn& TurnOf(const engine::Context& ctx);
  void Note(engine::Context& ctx, const store::Key& key, ClientNumber number);
  void EvictOne(engine::Context& ctx, int shard);
  void ForgetAll(engine::Context& ctx);
  // A change of the counts: that of a table since `keys` and `items`.
  void Count(const TrackingTable& table, std::size_t keys, std::size_t items);

  const store::Keyspace& keyspace_;
  const base::Tunables& tunables_;
  engine::WriteDoor& door_;
  InvalidationPost post_;
  Broadcast broadcast_;
  std::deque<TrackingTable> tables_;  // by shard
  std::vector<Turn> turns_;           // by worker
  std::atomic<std::int64_t> keys_{0};
  std::atomic<std::int64_t> items_{0};
};

}  // namespace zedis::server

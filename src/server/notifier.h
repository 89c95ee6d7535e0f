// Notifier: tells subscribers what happened to keys, as `notify-keyspace-events` says: the event's name on the key's
// channel __keyspace@<db>__:<key>, and the key on the event's __keyevent@<db>__:<event>.
//
// It runs under the lock of the key's shard, so the messages about one key come in the order of its changes.
#pragma once

#include <atomic>

#include "base/tunables.h"
#include "engine/door.h"
#include "server/config.h"
#include "server/pubsub.h"

namespace zedis::server {

class Notifier : public engine::WriteObserver {
 public:
  Notifier(const base::Tunables& tunables, Pubsub& pubsub) : tunables_(tunables), pubsub_(pubsub) {}

  // Observes the door while the directive names any class of events. REQUIRES: no worker runs yet.
  void Follow(Config& config, engine::WriteDoor& door);

  void OnChange(engine::Context& ctx, const engine::Change& change) override;
  void OnMiss(engine::Context& ctx, const engine::Change& what) override { OnChange(ctx, what); }

 private:
  const base::Tunables& tunables_;
  Pubsub& pubsub_;
  std::atomic<bool> interested_{false};
};

}  // namespace zedis::server

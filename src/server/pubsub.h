// Pubsub: subscriptions and messages. A directory of all channels, shared by the workers, says how many subscribers
// each has and in which workers; the sessions themselves are known to their worker only (server/subscriptions.h), and
// messages for them go through its queue (server/delivery_queue.h).
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "engine/context.h"
#include "server/channel_directory.h"
#include "server/delivery_queue.h"
#include "server/subscriptions.h"

namespace zedis::server {

class Pubsub {
 public:
  // REQUIRES: it outlives the workers' sessions.
  explicit Pubsub(std::uint64_t seed);

  // The session of the context subscribes, or takes it back; nothing happens if it has, or has not. What is published
  // after this returns, in whichever worker, reaches it.
  void Subscribe(engine::Context& ctx, ChannelKind kind, std::string_view name);
  void Unsubscribe(engine::Context& ctx, ChannelKind kind, std::string_view name);
  // Everything, in silence: RESET, and the end of a session.
  void UnsubscribeAll(engine::Session& session);
  // Null if there are none.
  static Subscriptions* Of(const engine::Session& session) {
    return static_cast<Subscriptions*>(session.subscriptions.get());
  }

  // How many get the message: subscribers of the channel, and of a kChannel also of every pattern that matches. May be
  // called under the lock of a shard.
  std::size_t Publish(engine::Context& ctx, ChannelKind kind, std::string_view channel, std::string_view payload);
  bool has_subscribers() const { return channels_.size() + patterns_.size() != 0; }

  // Of kChannel or kShard.
  const ChannelDirectory& Channels(ChannelKind kind) const {
    return kind == ChannelKind::kShard ? shard_channels_ : channels_;
  }
  std::size_t patterns() const { return patterns_.size(); }

 private:
  void Leave(const Place& place);
  static void ShowCounts(engine::Session& session);
  DeliveryQueue& QueueOf(const engine::Context& ctx);

  ChannelDirectory channels_;
  ChannelDirectory shard_channels_;
  PatternDirectory patterns_;
  std::mutex queues_mutex_;
  std::vector<std::unique_ptr<DeliveryQueue>> queues_;
};

}  // namespace zedis::server

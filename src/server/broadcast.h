// Broadcast: clients that want to hear of every change of keys that begin with a prefix (CLIENT TRACKING ... BCAST).
// What has changed is gathered for a turn of the worker, so a client gets one message for each of its prefixes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/lock.h"
#include "engine/context.h"
#include "server/invalidation.h"

namespace zedis::server {

// The keys that one worker has seen change in this turn, and the id of the session that changed each first (0: nobody
// did). In the order in which they are told.
using ChangedKeys = std::map<std::string, std::uint64_t, std::less<>>;

class Broadcast {
 public:
  bool has_listeners() const { return listeners_.load(std::memory_order_relaxed) != 0; }
  std::size_t prefixes() const;

  void Join(ClientNumber number, std::span<const std::string> prefixes);
  void Leave(ClientNumber number);

  void Tell(engine::Context& ctx, const InvalidationPost& post, const ChangedKeys& keys) const;

 private:
  using Prefixes = std::map<std::string, std::vector<ClientNumber>, std::less<>>;

  // Whoever tells reads what was current when it began, so that nobody has to wait.
  std::shared_ptr<const Prefixes> Current() const;

  mutable base::SpinLock lock_;
  std::shared_ptr<const Prefixes> prefixes_ = std::make_shared<const Prefixes>();
  std::atomic<int> listeners_{0};
};

}  // namespace zedis::server

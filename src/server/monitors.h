// Monitors: the clients that have said MONITOR, and what they are told: every command of every worker, when it has run.
//
// While there are none, dispatch looks at one tunable and that is all (base::CallThresholds::watchers). Commands of one
// worker come in their order; those of several in the order in which they arrive at the monitor's own worker.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/context.h"
#include "server/client_registry.h"

namespace zedis::server {

class Monitors {
 public:
  Monitors(base::Tunables& tunables, const ClientRegistry& clients) : tunables_(tunables), clients_(clients) {}

  // From now on the session is told; the first command is the next one. REQUIRES: it is of this worker, as for Remove.
  void Add(engine::Context& ctx, engine::Session& session);
  // Does nothing if it is none.
  void Remove(engine::Session& session);

  // Tells all of them of a call that has ended, unless its row says that it is not shown.
  void Feed(engine::Context& ctx, engine::Args args);

 private:
  using Addresses = std::vector<std::shared_ptr<engine::Address>>;
  // Of clients that were shown lately, since to ask the system for it takes two calls.
  static constexpr std::size_t kPeersMax = 10'000;

  std::string PeerOf(const engine::Session& session);
  std::string LineOf(engine::Context& ctx, engine::Args args);

  base::Tunables& tunables_;
  const ClientRegistry& clients_;
  std::mutex mutex_;  // guards what follows
  // By worker. Copied when it changes, since tasks on their way name it.
  std::unordered_map<engine::Desk*, std::shared_ptr<const Addresses>> by_desk_;
  std::unordered_map<std::uint64_t, std::string> peers_;
};

}  // namespace zedis::server

// For tests: a server without sockets. Commands go through the real registry, gate and dispatcher, and the reply comes
// back as bytes.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/dispatch.h"
#include "engine/watches.h"
#include "server/gate.h"
#include "server/services.h"
#include "server/tables.h"
#include "store/keyspace.h"

namespace zedis::server {

class HandlerHarness : public Lifecycle {
 public:
  HandlerHarness() {
    metrics.Watch(stats);
    access.Follow(config);
    context.now_ms = kNowMs;
    door.AddObserver(watches, engine::WriteDoor::Hears::kOnInterest);
    context.watches = &watches;
    Connect(session);
  }
  ~HandlerHarness() override { clients.Remove(session); }

  static constexpr std::int64_t kNowMs = 1'700'000'000'000;

  void Connect(engine::Session& fresh) {
    fresh.id = ++last_id_;
    fresh.created_ms = kNowMs - 5000;
    fresh.last_interaction_ms.Set(kNowMs - 2000);
    access.Begin(fresh);
    clients.Add(fresh, -1, nullptr);
  }

  std::string Run(std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> request(words);
    std::vector<engine::KeyPlace> keys(request.size());
    const engine::ResolvedCommand* command = dispatcher.Lookup(request);
    if (command != nullptr) engine::Dispatcher::HashKeys(*command, request, keyspace.seed(), keys.data());
    output.Clear();
    context.session = &session;
    context.reply = resp::Reply(output, session.protocol.Get());
    dispatcher.Run(context, command, request, keys.data());
    return std::string(output.Bytes());
  }

  void RequestShutdown() override { ++shutdowns; }

  base::Tunables tunables;
  Config config{tunables, "/"};
  base::Log log;
  const engine::Registry registry{AllTables()};
  Access access{registry};
  ClientRegistry clients;
  Metrics metrics;
  Pubsub pubsub{1};
  const Identity identity = Identity::Make(kNowMs - 90'000'000);
  Observation observation{tunables, clients, metrics.rate()};
  ClientPause pause{tunables};
  Services services{
      ServerParts{config, access, clients, metrics, *this, log, identity, observation, pause, pubsub, tracking}};
  ServerGate gate{config, access, clients};
  store::Keyspace keyspace{2, 16, 1};
  engine::LockTable locks{keyspace, true};
  engine::WriteDoor door;
  Tracking tracking{{keyspace, tunables, door, clients, 1}};
  engine::Watches watches{keyspace, door};
  engine::WorkerStats stats;
  resp::OutputBuffer output;
  engine::Dispatcher dispatcher{registry, gate};
  engine::Context context{locks, tunables, door, registry, stats, services, output};
  engine::Session session;
  int shutdowns = 0;

 private:
  std::uint64_t last_id_ = 0;
};

}  // namespace zedis::server

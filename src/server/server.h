// Server: constructs the components and wires them. Nothing else.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/tunables.h"
#include "engine/door.h"
#include "engine/locks.h"
#include "engine/registry.h"
#include "engine/watches.h"
#include "server/client_evictor.h"
#include "server/config.h"
#include "server/gate.h"
#include "server/listeners.h"
#include "server/notifier.h"
#include "server/services.h"
#include "server/tls.h"
#include "server/worker.h"
#include "server/worker_host.h"
#include "store/keyspace.h"

namespace zedis::server {

class Server : ConnectionHost, Lifecycle {
 public:
  Server(Config& config, base::Tunables& tunables, base::Log& log);
  ~Server() override;

  // Opens the listening sockets and starts the workers. The error is one line.
  std::expected<void, std::string> Start();

  // Where it listens, for people.
  std::string Places() const { return listeners_->Text(); }

  // Work that nobody waits for and that may take milliseconds in the kernel. True: there is more. One thread's.
  bool Maintain();

  // Stops the workers and waits for them.
  void Stop();

 private:
  void Place(NewConnection connection) override;
  bool Refuse(const NewConnection& connection);
  static void Tell(const NewConnection& connection, std::string_view refusal);
  void Opened(Connection& connection, engine::Desk& desk) override;
  void Closed(Connection& connection) override;
  void AfterTurn(engine::Context& ctx) override { client_evictor_.Check(ctx); }
  void Sample(std::int64_t now_ms) override;
  void RequestShutdown() override;

  Config& config_;
  base::Tunables& tunables_;
  base::Log& log_;
  engine::WriteDoor door_;
  engine::Registry registry_;
  std::unique_ptr<store::Keyspace> keyspace_;
  std::unique_ptr<engine::LockTable> locks_;
  std::unique_ptr<engine::Watches> watches_;
  Access access_;
  const Identity identity_;
  ClientRegistry clients_;
  Metrics metrics_;
  Observation observation_{tunables_, clients_, metrics_.rate()};
  ClientPause pause_{tunables_};
  ClientEvictor client_evictor_{clients_};
  Pubsub pubsub_;
  Notifier notifier_;
  ServerGate gate_;
  std::unique_ptr<Tracking> tracking_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<engine::WaitTable> waiters_;
  std::vector<engine::Desk*> desks_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Tls tls_;
  std::unique_ptr<Listeners> listeners_;
  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> next_id_{1};
  std::uint32_t touched_pages_seen_ = 0;  // of Maintain
};

}  // namespace zedis::server

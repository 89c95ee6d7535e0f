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
#include "server/config.h"
#include "server/worker.h"
#include "server/worker_host.h"
#include "store/keyspace.h"

namespace zedis::server {

class Server : ConnectionHost {
 public:
  Server(Config& config, base::Tunables& tunables, base::Log& log);
  ~Server() override;

  // Opens the listening sockets and starts the workers. The error is one line.
  std::expected<void, std::string> Start();

  // Stops the workers and waits for them.
  void Stop();

 private:
  void Place(NewConnection connection) override;
  void Opened(Connection& connection) override;
  void Closed(Connection& connection) override;
  std::expected<void, std::string> Listen();

  struct OpenGate : engine::Gate {
    engine::Outcome Admit(engine::Context&, engine::Args) override { return engine::Done(); }
  };

  Config& config_;
  base::Tunables& tunables_;
  base::Log& log_;
  engine::WriteDoor door_;
  engine::Registry registry_;
  std::unique_ptr<store::Keyspace> keyspace_;
  std::unique_ptr<engine::LockTable> locks_;
  OpenGate gate_;
  engine::Host host_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::thread> threads_;
  std::atomic<std::uint64_t> next_id_{1};
};

}  // namespace zedis::server

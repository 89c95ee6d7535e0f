// What a worker needs of the server around it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/log.h"
#include "base/tunables.h"
#include "engine/context.h"
#include "engine/dispatch.h"
#include "engine/wait_table.h"
#include "engine/watches.h"

namespace zedis::server {

struct NewConnection;
struct Connection;

// Connections as the whole server sees them.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  // Hands a fresh socket to a worker, or refuses it.
  virtual void Place(NewConnection connection) = 0;
  // Called by the worker that owns the connection.
  virtual void Opened(Connection& connection, engine::Desk& desk) = 0;
  virtual void Closed(Connection& connection) = 0;
  // Called by every worker, after each of its turns.
  virtual void AfterTurn(engine::Context& ctx) = 0;
  // Called by every worker, some ten times a second.
  virtual void Sample(std::int64_t now_ms) = 0;
};

struct WorkerWiring {
  engine::LockTable& locks;
  const base::Tunables& tunables;
  const engine::WriteDoor& door;
  engine::Watches& watches;
  const engine::Registry& registry;
  engine::Gate& gate;
  engine::WaitTable& waiters;
  engine::Host& host;
  ConnectionHost& connections;
  base::Log& log;
  int workers;
  const std::vector<engine::Desk*>& desks;  // of all workers, as soon as one of them runs
};

}  // namespace zedis::server

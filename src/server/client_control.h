// What one client does to others: CLIENT KILL, PAUSE and UNPAUSE, and MONITOR.
#pragma once

#include "engine/context.h"
#include "server/client_registry.h"

namespace zedis::server {

engine::Outcome KillClients(engine::Context& ctx, engine::Args args);
engine::Outcome PauseClients(engine::Context& ctx, engine::Args args);
engine::Outcome UnpauseClients(engine::Context& ctx, engine::Args args);
engine::Outcome Monitor(engine::Context& ctx, engine::Args args);

// It was told to end, and is still there for a moment.
inline bool IsEnding(const ClientRegistry::Client& client) {
  return client.session->killed.load(std::memory_order_relaxed);
}

// Ends a connection, of whatever worker. REQUIRES: visited in the registry, whose lock is held.
void EndClient(engine::Context& ctx, const ClientRegistry& registry, const ClientRegistry::Client& client);

}  // namespace zedis::server

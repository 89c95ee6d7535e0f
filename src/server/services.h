// Services: what the server's own commands reach through their Context. References only; whoever builds the server
// (main, a test) owns the parts.
#pragma once

#include <span>

#include "base/log.h"
#include "engine/context.h"
#include "engine/transaction.h"
#include "server/access.h"
#include "server/client_registry.h"
#include "server/config.h"
#include "server/identity.h"
#include "server/metrics.h"

namespace zedis::server {

// Ends the server. Any thread may ask.
class Lifecycle {
 public:
  virtual ~Lifecycle() = default;
  // Returns at once; the server ends soon after.
  virtual void RequestShutdown() = 0;
};

struct ServerParts {
  Config& config;
  Access& access;
  ClientRegistry& clients;
  Metrics& metrics;
  Lifecycle& lifecycle;
  base::Log& log;
  const Identity& identity;
};

class Services : public engine::Host, public ServerParts {
 public:
  explicit Services(const ServerParts& parts) : ServerParts(parts) {}

  bool MayReadEveryKey(engine::Context& ctx, engine::Args args) override {
    const engine::Session& session = *ctx.session;
    return session.unrestricted_at != 0 || UserOf(session).MayReadEveryKey(*ctx.command, args, session.database.Get());
  }
  void OnSessionEnd(engine::Context& ctx, engine::Session& session) override { engine::EndTransaction(ctx, session); }
};

// REQUIRES: the context was made with a Services as its host.
inline Services& ServicesOf(engine::Context& ctx) { return static_cast<Services&>(ctx.host); }

}  // namespace zedis::server

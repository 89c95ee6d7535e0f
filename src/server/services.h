// Services: what the server's own commands reach through their Context. References only; whoever builds the server
// (main, a test) owns the parts.
#pragma once

#include <span>

#include "base/log.h"
#include "engine/context.h"
#include "engine/transaction.h"
#include "server/access.h"
#include "server/client_pause.h"
#include "server/client_registry.h"
#include "server/config.h"
#include "server/identity.h"
#include "server/metrics.h"
#include "server/observation.h"
#include "server/pubsub.h"
#include "server/tracking.h"

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
  Observation& observation;
  ClientPause& pause;
  Pubsub& pubsub;
  Tracking& tracking;
};

class Services : public engine::Host, public ServerParts {
 public:
  explicit Services(const ServerParts& parts) : ServerParts(parts) {}

  void OnCall(engine::Context& ctx, engine::Args args, const engine::CallReport& call) override {
    observation.OnCall(ctx, args, call);
  }
  bool MustWait(engine::Context& ctx, std::uint32_t flags) override { return pause.MustWait(ctx, flags); }
  void OnSessionEnd(engine::Context& ctx, engine::Session& session) override {
    engine::EndTransaction(ctx, session);
    observation.monitors.Remove(session);
    pubsub.UnsubscribeAll(session);
    tracking.End(session);
  }
  void OnCycle(engine::Cycle cycle, std::uint64_t ticks) override { observation.OnCycle(cycle, ticks); }
  void OnTracked(engine::Context& ctx, const engine::ResolvedCommand& command, engine::Args args) override {
    tracking.OnCommand(ctx, command, args);
  }
  void OnTurn(engine::Context& ctx) override { tracking.OnTurn(ctx); }
  bool MayReadEveryKey(engine::Context& ctx, engine::Args args) override {
    const engine::Session& session = *ctx.session;
    return session.unrestricted_at != 0 || UserOf(session).MayReadEveryKey(*ctx.command, args, session.database.Get());
  }
};

// REQUIRES: the context was made with a Services as its host.
inline Services& ServicesOf(engine::Context& ctx) { return static_cast<Services&>(ctx.host); }

}  // namespace zedis::server

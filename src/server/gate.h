// ServerGate: whether a client may run a command now: login, access rules, memory, protected commands. One gate serves
// all workers.
#pragma once

#include "engine/dispatch.h"
#include "server/access.h"
#include "server/client_registry.h"
#include "server/config.h"

namespace zedis::server {

class ServerGate : public engine::Gate {
 public:
  ServerGate(const Config& config, Access& access, const ClientRegistry& clients)
      : Gate(access.version()), config_(config), access_(access), clients_(clients) {}

 private:
  engine::Outcome Decide(engine::Context& ctx, engine::Args args) override;
  engine::Outcome CheckRules(engine::Context& ctx, engine::Args args) const;

  const Config& config_;
  Access& access_;
  const ClientRegistry& clients_;
};

}  // namespace zedis::server

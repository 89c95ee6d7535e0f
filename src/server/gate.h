// ServerGate: whether a client may run a command now: password, memory, protected commands. One gate serves all
// workers.
#pragma once

#include "engine/dispatch.h"
#include "server/access.h"
#include "server/client_registry.h"
#include "server/config.h"

namespace zedis::server {

class ServerGate : public engine::Gate {
 public:
  ServerGate(const Config& config, const Access& access, const ClientRegistry& clients)
      : config_(config), access_(access), clients_(clients) {}

 private:
  engine::Outcome Decide(engine::Context& ctx, engine::Args args, std::uint32_t flags) override;

  const Config& config_;
  const Access& access_;
  const ClientRegistry& clients_;
};

}  // namespace zedis::server

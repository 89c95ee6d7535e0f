// ServerGate: whether a client may run a command now: password, memory, protected commands. Asked for every request, so
// the usual case is one look at the session and at the row's flags. One gate serves all workers.
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

  engine::Outcome Admit(engine::Context& ctx, engine::Args args) override;

 private:
  engine::Outcome AdmitSlow(engine::Context& ctx, std::uint32_t flags, engine::Args args) const;

  const Config& config_;
  const Access& access_;
  const ClientRegistry& clients_;
};

}  // namespace zedis::server

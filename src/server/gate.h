// ServerGate: whether a client may run a command now: login, access rules, memory, protected commands. One gate serves
// all workers.
#pragma once

#include <optional>

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
  engine::Outcome Decide(engine::Context& ctx, engine::Args args, std::uint32_t flags) override;
  engine::Outcome DecideQueued(engine::Context& ctx, engine::Args args) override;
  // What the rules of the client's user say; a denial is counted and logged. Null: the user was deleted.
  std::optional<DenialReason> CheckRules(engine::Context& ctx, engine::Args args) const;

  const Config& config_;
  Access& access_;
  const ClientRegistry& clients_;
};

}  // namespace zedis::server

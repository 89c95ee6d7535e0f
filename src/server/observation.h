// Observation: what administrators look at afterwards: the logs of commands and the latency of events. Fed by dispatch
// with the calls that it has timed, and by housekeeping.
#pragma once

#include "base/ticks.h"
#include "engine/context.h"
#include "server/client_registry.h"
#include "server/command_log.h"
#include "server/latency_monitor.h"
#include "server/monitors.h"

namespace zedis::server {

class Observation {
 public:
  Observation(base::Tunables& tunables, const ClientRegistry& clients, const base::TickRate& rate)
      : monitors(tunables, clients), tunables_(tunables), clients_(clients), rate_(rate) {}

  void OnCall(engine::Context& ctx, engine::Args args, const engine::CallReport& call);
  void OnCycle(engine::Cycle cycle, std::uint64_t ticks);

  CommandLog command_log;
  LatencyMonitor latency;
  Monitors monitors;

 private:
  void Log(CommandLog::Kind kind, std::int64_t value, const base::Tunable& length_max, engine::Context& ctx,
           engine::Args args);
  void AddLatency(std::string_view event, std::int64_t us);

  const base::Tunables& tunables_;
  const ClientRegistry& clients_;
  const base::TickRate& rate_;
};

}  // namespace zedis::server

// What LATENCY GRAPH and DOCTOR say about events.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/tunables.h"
#include "server/latency_monitor.h"

namespace zedis::server {

// The samples as columns of four rows, the age of each below it, as Redis draws them.
std::string LatencyGraph(const LatencyMonitor::Event& event, std::int64_t now_s);

// How often each event happens and how bad it is, and what may be done about it.
std::string LatencyAdvice(std::span<const LatencyMonitor::Event> events, const base::Tunables& tunables,
                          std::int64_t now_s);

}  // namespace zedis::server

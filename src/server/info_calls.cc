#include "server/info_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <numeric>
#include <vector>

#include "server/config_value.h"
#include "server/services.h"

namespace zedis::server {
namespace {

using engine::Context;
using engine::ResolvedCommand;
using engine::TickHistogram;

template <class Visit>
void ForEachCommand(const engine::Registry& registry, Visit visit) {
  for (const ResolvedCommand& command : registry.commands()) {
    visit(command);
    std::ranges::for_each(command.subcommands, visit);
  }
}

// The time within which so many percent of the calls ended.
std::uint64_t TicksAt(const std::vector<std::uint64_t>& counts, std::uint64_t total, double percentile) {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(percentile / 100 * static_cast<double>(total)));
  std::uint64_t seen = 0;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    seen += counts[bucket];
    if (seen >= std::max<std::uint64_t>(wanted, 1)) return TickHistogram::Highest(bucket);
  }
  return 0;
}

}  // namespace

void AppendCommandStats(Context& ctx, std::string& out) {
  const Metrics& metrics = ServicesOf(ctx).metrics;
  ForEachCommand(ctx.registry, [&](const ResolvedCommand& command) {
    const Metrics::Calls calls = metrics.CallsOf(command.number);
    if (calls.calls == 0 && calls.rejected == 0 && calls.failed == 0) return;
    const std::uint64_t us = metrics.rate().Us(calls.ticks);
    fmt::format_to(std::back_inserter(out),
                   "cmdstat_{}:calls={},usec={},usec_per_call={:.2f},rejected_calls={},failed_calls={}\r\n",
                   command.row->name, calls.calls, us,
                   calls.calls == 0 ? 0.0 : static_cast<double>(us) / static_cast<double>(calls.calls), calls.rejected,
                   calls.failed);
  });
}

void AppendErrorStats(Context& ctx, std::string& out) {
  for (const auto& [code, count] : ServicesOf(ctx).metrics.Errors()) {
    fmt::format_to(std::back_inserter(out), "errorstat_{}:count={}\r\n", code, count);
  }
}

void AppendLatencyStats(Context& ctx, std::string& out) {
  if (!ctx.tunables.latency_tracking.IsOn()) return;
  const Services& services = ServicesOf(ctx);
  const double us_per_tick = services.metrics.rate().ns_per_tick() / 1000;
  const std::vector<std::string> percentiles = SplitAtSpaces(services.config.Text("latency-tracking-info-percentiles"));
  ForEachCommand(ctx.registry, [&](const ResolvedCommand& command) {
    const std::vector<std::uint64_t> counts = services.metrics.HistogramOf(command.number);
    const std::uint64_t total = std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
    if (total == 0) return;
    fmt::format_to(std::back_inserter(out), "latency_percentiles_usec_{}:", command.row->name);
    for (const std::string& percentile : percentiles) {
      double value = 0;
      std::from_chars(percentile.data(), percentile.data() + percentile.size(), value);
      fmt::format_to(std::back_inserter(out), "{}p{}={:.3f}", &percentile == percentiles.data() ? "" : ",", percentile,
                     static_cast<double>(TicksAt(counts, total, value)) * us_per_tick);
    }
    out += "\r\n";
  });
}

}  // namespace zedis::server

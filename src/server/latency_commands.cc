// LATENCY: when what took long, and how long commands take.
#include "commands/help.h"
#include "engine/arguments.h"
#include "server/latency_report.h"
#include "server/observation.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

LatencyMonitor& MonitorOf(Context& ctx) { return ServicesOf(ctx).observation.latency; }

Outcome Doctor(Context& ctx, Args) {
  ctx.reply.Verbatim("txt", LatencyAdvice(MonitorOf(ctx).Events(), ctx.tunables, ctx.now_ms / 1000));
  return Done();
}

Outcome Graph(Context& ctx, Args args) {
  const auto event = MonitorOf(ctx).Find(args[2]);
  if (!event) return ctx.Fail("ERR No samples available for event '{}'", Shown(args[2], std::string_view::npos));
  ctx.reply.Verbatim("txt", LatencyGraph(*event, ctx.now_ms / 1000));
  return Done();
}

Outcome History(Context& ctx, Args args) {
  const auto event = MonitorOf(ctx).Find(args[2]);
  ctx.reply.ArrayHeader(event ? event->samples.size() : 0);
  if (!event) return Done();
  for (const LatencyMonitor::Sample& sample : event->samples) {
    ctx.reply.ArrayHeader(2);
    ctx.reply.Integer(sample.time_s);
    ctx.reply.Integer(sample.latency_ms);
  }
  return Done();
}

Outcome Latest(Context& ctx, Args) {
  const std::vector<LatencyMonitor::Event> events = MonitorOf(ctx).Events();
  ctx.reply.ArrayHeader(events.size());
  for (const LatencyMonitor::Event& event : events) {
    ctx.reply.ArrayHeader(4);
    ctx.reply.Bulk(event.name);
    ctx.reply.Integer(event.samples.back().time_s);
    ctx.reply.Integer(event.samples.back().latency_ms);
    ctx.reply.Integer(event.max_ms);
  }
  return Done();
}

Outcome Reset(Context& ctx, Args args) {
  ctx.reply.Integer(static_cast<std::int64_t>(MonitorOf(ctx).Reset(args.subspan(2))));
  return Done();
}

// --- HISTOGRAM ---

// How many calls took at most 1, 2, 4 ... microseconds, in Redis's bounds: 1024 ns doubled, and the width of a bucket
// of its histogram more.
void ReplyDistribution(Context& ctx, const std::vector<std::uint64_t>& counts, double ns_per_tick) {
  resp::DeferredHeader map = ctx.reply.DeferMap();
  std::uint64_t pairs = 0;
  std::uint64_t seen = 0;
  std::uint64_t shown = 0;
  std::uint64_t bound_ns = 0;
  const auto show = [&] {
    if (seen == shown) return;
    ctx.reply.Integer(static_cast<std::int64_t>(bound_ns / 1000));
    ctx.reply.Integer(static_cast<std::int64_t>(seen));
    shown = seen;
    ++pairs;
  };
  std::uint64_t power_ns = 512;
  for (std::size_t bucket = 0; bucket < counts.size(); ++bucket) {
    if (counts[bucket] == 0) continue;
    const auto ns = static_cast<std::uint64_t>(static_cast<double>(TickHistogram::Highest(bucket)) * ns_per_tick);
    while (ns > bound_ns) {
      show();
      power_ns *= 2;
      bound_ns = power_ns + power_ns / 128 - 1;
    }
    seen += counts[bucket];
  }
  show();
  ctx.reply.CloseMap(map, pairs);
}

// Whether there was anything to tell.
bool ReplyHistogram(Context& ctx, const ResolvedCommand& command) {
  const Metrics& metrics = ServicesOf(ctx).metrics;
  const std::vector<std::uint64_t> counts = metrics.HistogramOf(command.number);
  std::uint64_t calls = 0;
  for (const std::uint64_t count : counts) calls += count;
  if (calls == 0) return false;
  ctx.reply.Bulk(command.row->name);
  ctx.reply.MapHeader(2);
  ctx.reply.Bulk("calls");
  ctx.reply.Integer(static_cast<std::int64_t>(calls));
  ctx.reply.Bulk("histogram_usec");
  ReplyDistribution(ctx, counts, metrics.rate().ns_per_tick());
  return true;
}

const ResolvedCommand* FindByFullName(const Registry& registry, std::string_view name) {
  const std::size_t bar = name.find('|');
  const ResolvedCommand* command = registry.Find(name.substr(0, bar));
  if (command == nullptr || bar == std::string_view::npos) return command;
  return command->has_subcommands ? Registry::FindSubcommand(*command, name.substr(bar + 1)) : nullptr;
}

Outcome Histogram(Context& ctx, Args args) {
  resp::DeferredHeader map = ctx.reply.DeferMap();
  std::uint64_t pairs = 0;
  const auto reply_all = [&](const ResolvedCommand& command) {
    pairs += ReplyHistogram(ctx, command) ? 1 : 0;
    for (const ResolvedCommand& subcommand : command.subcommands) pairs += ReplyHistogram(ctx, subcommand) ? 1 : 0;
  };
  if (args.size() == 2) {
    for (const ResolvedCommand& command : ctx.registry.commands()) reply_all(command);
  }
  for (const std::string_view name : args.subspan(2)) {
    const ResolvedCommand* command = FindByFullName(ctx.registry, name);
    if (command != nullptr) reply_all(*command);
  }
  ctx.reply.CloseMap(map, pairs);
  return Done();
}

constexpr std::string_view kHelp[] = {
    "DOCTOR",
    "    Say in words what was observed and what may help.",
    "GRAPH <event>",
    "    Draw the samples of an event.",
    "HISTOGRAM [<command> ...]",
    "    Return how many calls of the commands (default: of all) took how many microseconds at most.",
    "HISTORY <event>",
    "    Return the samples of an event: second and milliseconds.",
    "LATEST",
    "    Return all events, each with its last sample and the worst ever.",
    "RESET [<event> ...]",
    "    Forget the events (default: all). Return how many there were.",
};

constexpr std::string_view kTips[] = {"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"};
constexpr std::string_view kResetTips[] = {"request_policy:all_nodes", "response_policy:agg_sum"};

constexpr Command Sub(const ServerRow& row) { return MakeRow(row, kAdmin | kNoScript | kLoading | kStale); }

constexpr Command kSubcommands[] = {
    Sub({"latency|doctor", Exactly(1), Doctor, "2.8.13", kTips, "O(1)", "Judges the latency of events in words."}),
    WithSyntax(Sub({"latency|graph", Exactly(2), Graph, "2.8.13", kTips, "O(1)", "Draws the latency of an event."}),
               "event"),
    commands::HelpRow("latency|help", "server", "2.8.13"),
    WithSyntax(
        Sub({"latency|histogram", AtLeast(1), Histogram, "7.0.0", kTips, "O(N) where N is the number of commands shown",
             "Shows how long the calls of commands take, in classes."}),
        "[command...]"),
    WithSyntax(Sub({"latency|history", Exactly(2), History, "2.8.13", kTips, "O(1)", "Shows the latency of an event."}),
               "event"),
    Sub({"latency|latest", Exactly(1), Latest, "2.8.13", kTips, "O(1)", "Shows the latest latency of all events."}),
    WithSyntax(Sub({"latency|reset", AtLeast(1), Reset, "2.8.13", kResetTips, "O(1)", "Forgets events."}),
               "[event...]"),
};

constexpr Command kLatencyCommands[] = {
    {.name = "latency",
     .arity = AtLeast(1),
     .subcommands = kSubcommands,
     .since = "2.8.13",
     .group = "server",
     .summary = "Holds the commands about latency.",
     .complexity = "Depends on subcommand.",
     .help = kHelp},
};

}  // namespace

Table LatencyCommands() { return kLatencyCommands; }

}  // namespace zedis::server

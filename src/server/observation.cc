#include "server/observation.h"

#include <ctime>

#include "server/secrets.h"

namespace zedis::server {
namespace {

bool IsAtLeast(std::int64_t value, const base::Tunable& threshold) {
  return threshold.Get() >= 0 && value >= threshold.Get();
}

// Of the request as an array of bulk strings, which inline commands count as, too.
std::int64_t RequestBytes(engine::Args args) {
  const auto digits = [](std::size_t number) {
    std::size_t count = 1;
    for (; number >= 10; number /= 10) ++count;
    return count;
  };
  std::size_t bytes = 1 + digits(args.size()) + 2;
  for (const std::string_view arg : args) bytes += 1 + digits(arg.size()) + 2 + arg.size() + 2;
  return static_cast<std::int64_t>(bytes);
}

std::string_view NameOf(engine::Cycle cycle) {
  switch (cycle) {
    case engine::Cycle::kExpire:
      return "expire-cycle";
    case engine::Cycle::kEviction:
      return "eviction-cycle";
    case engine::Cycle::kCompaction:
      return "active-defrag-cycle";
  }
  return "";
}

}  // namespace

void Observation::OnCall(engine::Context& ctx, engine::Args args, const engine::CallReport& call) {
  if (tunables_.call_thresholds.watchers.IsOn()) monitors.Feed(ctx, args);
  const bool is_fast = (ctx.command->flags & engine::kFast) != 0;
  const auto us = static_cast<std::int64_t>(rate_.Us(call.ticks));
  if (call.ticks != 0) AddLatency(is_fast ? "fast-command" : "command", us);
  if ((ctx.command->flags & engine::kSkipSlowlog) != 0) return;
  if (call.ticks != 0 && IsAtLeast(us, tunables_.slowlog_log_slower_than_us)) {
    Log(CommandLog::Kind::kSlow, us, tunables_.slowlog_max_len, ctx, args);
  }
  if (const std::int64_t bytes = RequestBytes(args); IsAtLeast(bytes, tunables_.commandlog_request_larger_than_bytes)) {
    Log(CommandLog::Kind::kLargeRequest, bytes, tunables_.commandlog_large_request_max_len, ctx, args);
  }
  if (const auto bytes = static_cast<std::int64_t>(call.reply_bytes);
      IsAtLeast(bytes, tunables_.commandlog_reply_larger_than_bytes)) {
    Log(CommandLog::Kind::kLargeReply, bytes, tunables_.commandlog_large_reply_max_len, ctx, args);
  }
}

void Observation::Log(CommandLog::Kind kind, std::int64_t value, const base::Tunable& length_max, engine::Context& ctx,
                      engine::Args args) {
  if (length_max.Get() == 0) return;
  CommandLog::Entry entry;
  entry.time_s = ctx.now_ms / 1000;
  entry.value = value;
  entry.arguments = CommandLog::Trimmed(WithoutSecrets(*ctx.command, args));
  clients_.Find(ctx.session->id, [&](const ClientRegistry::Client& client) { entry.peer = client.Addresses().peer; });
  // Only this thread changes it.
  if (ctx.session->texts != nullptr) entry.client_name = ctx.session->texts->name;
  command_log.Add(kind, std::move(entry), static_cast<std::size_t>(length_max.Get()));
}

void Observation::OnCycle(engine::Cycle cycle, std::uint64_t ticks) {
  AddLatency(NameOf(cycle), static_cast<std::int64_t>(rate_.Us(ticks)));
}

void Observation::AddLatency(std::string_view event, std::int64_t us) {
  const std::int64_t threshold_ms = tunables_.latency_monitor_threshold_ms.Get();
  if (threshold_ms == 0 || us < threshold_ms * 1000) return;
  latency.Add(event, std::time(nullptr), us / 1000);
}

}  // namespace zedis::server

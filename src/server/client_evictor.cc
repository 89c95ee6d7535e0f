#include "server/client_evictor.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/memory_count.h"
#include "server/client_control.h"

namespace zedis::server {
namespace {

// 0: none. A share of `maxmemory` is none without it.
std::uint64_t LimitBytes(const base::Tunables& tunables) {
  const std::int64_t limit = tunables.maxmemory_clients_bytes.Get();
  if (limit >= 0) return static_cast<std::uint64_t>(limit);
  return static_cast<std::uint64_t>(static_cast<double>(tunables.maxmemory_bytes.Get()) / 100 *
                                    static_cast<double>(-limit));
}

}  // namespace

std::uint64_t ClientEvictor::BytesOf(const engine::Session& session) {
  return sizeof session + std::max(session.input_capacity.Get(), session.input_bytes.Get()) +
         session.output_bytes.Get() + session.transaction_bytes.Get();
}

void ClientEvictor::CheckLimit(engine::Context& ctx) {
  const std::uint64_t limit = LimitBytes(ctx.tunables);
  // The count has workers' own buffers in it, so it only says that it is worth adding up.
  if (limit == 0 || base::MemoryCount::ClientBytes() <= limit) return;
  engine::Desk* const first = ctx.desks.front();
  if (ctx.desk == first) return Evict(ctx, limit);
  first->Post([this, limit](engine::Context& there) { Evict(there, limit); });
}

void ClientEvictor::Evict(engine::Context& ctx, std::uint64_t limit) {
  if (ctx.now_ms < next_ms_) return;
  next_ms_ = ctx.now_ms + kIntervalMs;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> by_size;  // bytes, number
  std::uint64_t total = 0;
  clients_.ForEach([&](const ClientRegistry::Client& client) {
    if (IsEnding(client)) return;
    const std::uint64_t bytes = BytesOf(*client.session);
    total += bytes;
    if ((client.session->shown_flags.Get() & engine::Session::kShowNoEvict) == 0) {
      by_size.emplace_back(bytes, client.session->id);
    }
  });
  std::ranges::sort(by_size, std::greater<>());
  for (const auto& [bytes, id] : by_size) {
    if (total <= limit) return;
    total -= bytes;
    ++ctx.stats.evicted_clients;
    clients_.Find(id, [&](const ClientRegistry::Client& client) { EndClient(ctx, clients_, client); });
  }
}

}  // namespace zedis::server

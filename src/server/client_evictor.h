// ClientEvictor: `maxmemory-clients`. When the buffers of all clients together take more, the connections that take
// most of it end, until the rest fits. Those that have said CLIENT NO-EVICT stay.
#pragma once

#include <cstdint>

#include "engine/context.h"
#include "server/client_registry.h"

namespace zedis::server {

class ClientEvictor {
 public:
  explicit ClientEvictor(const ClientRegistry& clients) : clients_(clients) {}

  // After each turn of a worker, any of them. Costs a look at one tunable if there is no limit.
  void Check(engine::Context& ctx) {
    if (ctx.tunables.maxmemory_clients_bytes.IsOn()) [[unlikely]]
      CheckLimit(ctx);
  }

  // What a client takes: its session, its buffers, what it has queued.
  static std::uint64_t BytesOf(const engine::Session& session);

 private:
  static constexpr std::int64_t kIntervalMs = 10;

  void CheckLimit(engine::Context& ctx);
  void Evict(engine::Context& ctx, std::uint64_t limit);

  const ClientRegistry& clients_;
  std::int64_t next_ms_ = 0;  // of the first worker's thread, which alone evicts
};

}  // namespace zedis::server

#include "server/client_control.h"

#include "engine/arguments.h"
#include "server/client_filter.h"
#include "server/services.h"

namespace zedis::server {

using namespace engine;  // NOLINT: a family is written in the engine's words

namespace {

constexpr Error kNotInTransaction{"ERR MONITOR isn't allowed for DENY BLOCKING client"};
constexpr Error kNoSuchClient{"ERR No such client"};
constexpr Error kBadPauseMode{"ERR CLIENT PAUSE mode must be WRITE or ALL"};
constexpr Error kBadTimeout{"ERR timeout is not an integer or out of range"};
constexpr Error kNegativeTimeout{"ERR timeout is negative"};

// The old form: one client by its address, the one that asks included.
Outcome KillByAddress(Context& ctx, std::string_view address) {
  const ClientRegistry& clients = ServicesOf(ctx).clients;
  bool found = false;
  clients.ForEach([&](const ClientRegistry::Client& client) {
    if (found || IsEnding(client) || client.Addresses().peer != address) return;
    found = true;
    EndClient(ctx, clients, client);
  });
  if (!found) return kNoSuchClient;
  ctx.reply.Ok();
  return Done();
}

}  // namespace

void EndClient(Context& ctx, const ClientRegistry& registry, const ClientRegistry::Client& client) {
  if (client.session == ctx.session) {
    ctx.session->close_after_reply = true;  // it still gets its reply
    return;
  }
  client.session->killed.store(true, std::memory_order_relaxed);
  if (client.desk == ctx.desk) {
    ctx.outbox.Close(*client.session);
  } else {
    // By its number: it may end meanwhile. Its own worker alone takes it out of the registry.
    client.desk->Post([&registry, id = client.session->id](Context& there) {
      Session* session = nullptr;
      registry.Find(id, [&](const ClientRegistry::Client& found) { session = found.session; });
      if (session != nullptr) there.outbox.Close(*session);
    });
  }
}

Outcome KillClients(Context& ctx, Args args) {
  if (args.size() == 3) return KillByAddress(ctx, args[2]);
  TRY(const ClientFilter filter, ClientFilter::Parse(ctx, args, 2, ClientFilter::Purpose::kKill));
  const ClientRegistry& clients = ServicesOf(ctx).clients;
  std::int64_t count = 0;
  clients.ForEach([&](const ClientRegistry::Client& client) {
    if (IsEnding(client) || !filter.Accepts(client, *ctx.session, ctx.now_ms)) return;
    ++count;
    EndClient(ctx, clients, client);
  });
  ctx.reply.Integer(count);
  return Done();
}

Outcome PauseClients(Context& ctx, Args args) {
  if (args.size() > 4) {
    return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try CLIENT HELP.", Shown(args[1]));
  }
  ClientPause::Mode mode = ClientPause::Mode::kAll;
  if (args.size() == 4) {
    const bool writes = EqualsIgnoreCase("write", args[3]);
    if (!writes && !EqualsIgnoreCase("all", args[3])) return kBadPauseMode;
    if (writes) mode = ClientPause::Mode::kWrites;
  }
  TRY(const std::int64_t timeout_ms, ParseInteger(args[2], kBadTimeout));
  if (timeout_ms < 0) return kNegativeTimeout;
  if (timeout_ms > INT64_MAX - ctx.now_ms) return kBadTimeout;
  ServicesOf(ctx).pause.Begin(mode, ctx.now_ms + timeout_ms);
  ctx.reply.Ok();
  return Done();
}

Outcome UnpauseClients(Context& ctx, Args) {
  ServicesOf(ctx).pause.End();
  ctx.reply.Ok();
  return Done();
}

Outcome Monitor(Context& ctx, Args) {
  if (!ctx.may_block) return kNotInTransaction;
  // As in Redis, who monitors already gets no answer.
  if ((ctx.session->shown_flags.Get() & Session::kShowMonitor) != 0) return Done();
  ServicesOf(ctx).observation.monitors.Add(ctx, *ctx.session);
  ctx.reply.Ok();
  return Done();
}

}  // namespace zedis::server

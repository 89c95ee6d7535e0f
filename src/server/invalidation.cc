#include "server/invalidation.h"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <vector>

#include "base/check.h"
#include "server/session_fields.h"

namespace zedis::server {
namespace {

using engine::Address;
using engine::Context;
using engine::Session;

bool IsResp3(const Session& session) { return session.protocol.Get() == resp::Protocol::kResp3; }

void Push(Context& ctx, Session& session, std::string_view head, const ForgottenKeys& keys) {
  std::string bytes(head);
  bytes += keys != nullptr ? std::string_view(*keys) : IsResp3(session) ? "_\r\n" : "$-1\r\n";
  ctx.outbox.Push(session, bytes);
}

constexpr std::string_view kPushHead = ">2\r\n$10\r\ninvalidate\r\n";

// The client that hears for another. As in Redis a RESP2 client has to have subscribed, to whatever.
void TellListener(Context& ctx, Session& session, const ForgottenKeys& keys) {
  if (IsResp3(session)) {
    Push(ctx, session, kPushHead, keys);
  } else if (session.subscriptions != nullptr) {
    Push(ctx, session, "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n", keys);
  }
}

// Back in the worker of the client whose listener is not there any more.
void TellBroken(Context& ctx, const Address& address, std::uint64_t redirect_id) {
  if (address.session == nullptr) return;
  Session& session = *address.session;
  TrackingState* state = TrackingState::Of(session);
  if (state == nullptr || state->options.redirect_id != redirect_id) return;
  state->is_broken = true;
  Show(session, Session::kShowBrokenRedirect, true);
  if (IsResp3(session)) {
    ctx.outbox.Push(session, fmt::format(">2\r\n$21\r\ntracking-redir-broken\r\n:{}\r\n", redirect_id));
  }
}

}  // namespace

ForgottenKeys OneForgottenKey(std::string_view key) { return ManyForgottenKeys(std::array{key}, 1); }

std::optional<ClientNumber> InvalidationPost::Join(Context& ctx, const TrackingOptions& options, ClientNumber number) {
  Client client{.address = engine::AddressOf(ctx, *ctx.session), .no_loop_id = options.no_loop ? ctx.session->id : 0};
  if (options.redirect_id != 0) {
    client.redirect_id = options.redirect_id;
    clients_.Find(options.redirect_id, [&](const ClientRegistry::Client& found) { client.listener = found.desk; });
    if (client.listener == nullptr) return std::nullopt;
  }
  const std::lock_guard lock(lock_);
  if (number == 0) {
    CHECK(last_number_ < ClientSets::kClientNumberMax);
    number = ++last_number_;
  }
  joined_.insert_or_assign(number, std::move(client));
  return number;
}

void InvalidationPost::Leave(ClientNumber number) {
  const std::lock_guard lock(lock_);
  joined_.erase(number);
}

bool InvalidationPost::IsLoop(ClientNumber number, std::uint64_t changer) const {
  const std::lock_guard lock(lock_);
  const auto found = joined_.find(number);
  return found != joined_.end() && changer != 0 && found->second.no_loop_id == changer;
}

void InvalidationPost::Tell(Context& ctx, ClientNumber number, std::uint64_t changer, const ForgottenKeys& keys) const {
  Client client;
  {
    const std::lock_guard lock(lock_);
    const auto found = joined_.find(number);
    if (found == joined_.end() || (changer != 0 && found->second.no_loop_id == changer)) return;
    client = found->second;
  }
  Tell(ctx, client, keys);
}

void InvalidationPost::TellAll(Context& ctx, const ForgottenKeys& keys) const {
  std::vector<Client> all;
  {
    const std::lock_guard lock(lock_);
    all.reserve(joined_.size());
    for (const auto& [number, client] : joined_) all.push_back(client);
  }
  for (const Client& client : all) Tell(ctx, client, keys);
}

void InvalidationPost::Tell(Context& ctx, const Client& client, const ForgottenKeys& keys) const {
  if (client.redirect_id != 0) return TellInstead(client, keys);
  const auto tell = [address = client.address, keys](Context& own) {
    if (address->session != nullptr && IsResp3(*address->session)) Push(own, *address->session, kPushHead, keys);
  };
  if (ctx.desk == &client.address->desk) {
    tell(ctx);
  } else {
    client.address->desk.Post(tell);
  }
}

// By way of the listener's desk also in its own worker: looking for a client waits for a mutex, which is not for those
// who hold the lock of a shard.
void InvalidationPost::TellInstead(const Client& client, const ForgottenKeys& keys) const {
  client.listener->Post([this, address = client.address, redirect_id = client.redirect_id, keys](Context& own) {
    Session* session = nullptr;
    // Found by its own worker it stays, since nobody else ends it.
    clients_.Find(redirect_id, [&](const ClientRegistry::Client& listener) { session = listener.session; });
    if (session != nullptr) return TellListener(own, *session, keys);
    address->desk.Post([address, redirect_id](Context& of_client) { TellBroken(of_client, *address, redirect_id); });
  });
}

}  // namespace zedis::server

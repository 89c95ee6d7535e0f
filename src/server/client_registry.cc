#include "server/client_registry.h"

#include "base/check.h"
#include "net/socket.h"

namespace zedis::server {

ClientAddresses ClientRegistry::Client::Addresses() const {
  const net::Address local = net::LocalOf(descriptor);
  // A client of a Unix socket has no name of its own: as in Redis it is shown with the path it came by.
  return {local.is_unix ? local.Text() : net::PeerOf(descriptor).Text(), local.Text()};
}

void ClientRegistry::Add(engine::Session& session, int descriptor, engine::Desk* desk) {
  const std::lock_guard lock(mutex_);
  CHECK(clients_.emplace(session.id, Client{&session, descriptor, desk}).second);
}

void ClientRegistry::Remove(const engine::Session& session) {
  const std::lock_guard lock(mutex_);
  CHECK(clients_.erase(session.id) == 1);
}

bool ClientRegistry::IsLocal(const engine::Session& session) const {
  bool is_local = false;
  Find(session.id, [&](const Client& client) {
    const net::Address peer = net::PeerOf(client.descriptor);
    is_local = peer.is_unix || peer.host == "::1" || peer.host.starts_with("127.");
  });
  return is_local;
}

}  // namespace zedis::server

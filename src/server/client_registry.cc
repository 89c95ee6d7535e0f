#include "server/client_registry.h"

#include "base/check.h"
#include "net/socket.h"

namespace zedis::server {

ClientAddresses ClientRegistry::Client::Addresses() const {
  return {net::PeerOf(descriptor).Text(), net::LocalOf(descriptor).Text()};
}

void ClientRegistry::Add(const engine::Session& session, int descriptor) {
  const std::lock_guard lock(mutex_);
  CHECK(clients_.emplace(session.id, Client{&session, descriptor}).second);
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

// ClientRegistry: all live connections of all workers, for CLIENT LIST and INFO.
//
// A worker adds a connection when it takes it over and removes it before it destroys the session or closes the socket;
// so whoever visits, holding the registry's lock, sees only live ones.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "engine/desk.h"
#include "engine/session.h"

namespace zedis::server {

// "ip:port" of both ends.
struct ClientAddresses {
  std::string peer;
  std::string local;
};

class ClientRegistry {
 public:
  struct Client {
    engine::Session* session;  // changed by its worker only
    int descriptor;
    engine::Desk* desk;  // of its worker

    ClientAddresses Addresses() const;
  };

  // REQUIRES: the session has an id of its own, and created_ms is set.
  void Add(engine::Session& session, int descriptor, engine::Desk* desk);
  void Remove(const engine::Session& session);

  // Whether the client is on this machine: a loopback address or a Unix socket.
  bool IsLocal(const engine::Session& session) const;

  std::size_t Count() const {
    const std::lock_guard lock(mutex_);
    return clients_.size();
  }

  // Calls visit(const Client&) for all, oldest first. Other workers that accept or close wait meanwhile.
  template <class Visit>
  void ForEach(Visit visit) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, client] : clients_) visit(client);
  }

  // The same for one, if there is one.
  template <class Visit>
  void Find(std::uint64_t id, Visit visit) const {
    const std::lock_guard lock(mutex_);
    const auto found = clients_.find(id);
    if (found != clients_.end()) visit(found->second);
  }

 private:
  mutable std::mutex mutex_;
  // By id, which is also the order of arrival. Addresses are asked of the system when somebody wants to see them, so an
  // idle connection costs 64 bytes here.
  std::map<std::uint64_t, Client> clients_;
};

}  // namespace zedis::server

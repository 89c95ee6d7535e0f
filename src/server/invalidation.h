// InvalidationPost: brings clients the news that keys which they may have cached have changed.
//
// A client is told by its own worker: as a push in RESP3; if it has named another client, that one is told, by *its*
// worker, as a push or as a message on __redis__:invalidate.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/lock.h"
#include "engine/context.h"
#include "server/client_registry.h"
#include "server/tracking_state.h"

namespace zedis::server {

// What a client is to forget: an array of keys, written once and shared; null: everything.
using ForgottenKeys = std::shared_ptr<const std::string>;

class InvalidationPost {
 public:
  explicit InvalidationPost(const ClientRegistry& clients) : clients_(clients) {}

  // The session of the context can be told from now on, under the number that it has had before, or a new one if that
  // is 0. Nothing if the client that is to hear instead is not there.
  std::optional<ClientNumber> Join(engine::Context& ctx, const TrackingOptions& options, ClientNumber number);
  void Leave(ClientNumber number);

  // Tells a client, unless it has left, or wants not to hear of what it has changed itself: `changer` is the id of the
  // session that did, or 0. Any worker; may be called under the lock of a shard.
  void Tell(engine::Context& ctx, ClientNumber number, std::uint64_t changer, const ForgottenKeys& keys) const;
  // The same to all.
  void TellAll(engine::Context& ctx, const ForgottenKeys& keys) const;

  // Whether `changer` is this client and it wants not to hear of its own changes.
  bool IsLoop(ClientNumber number, std::uint64_t changer) const;

 private:
  struct Client {
    std::shared_ptr<engine::Address> address;
    std::uint64_t no_loop_id;          // its session's; 0: it hears of its own changes
    std::uint64_t redirect_id = 0;     // who hears instead; 0: nobody does
    engine::Desk* listener = nullptr;  // of that client's worker
  };

  void Tell(engine::Context& ctx, const Client& client, const ForgottenKeys& keys) const;
  void TellInstead(const Client& client, const ForgottenKeys& keys) const;

  const ClientRegistry& clients_;
  mutable base::SpinLock lock_;  // of what follows
  std::unordered_map<ClientNumber, Client> joined_;
  ClientNumber last_number_ = 0;
};

// The array that InvalidationPost sends, of one key.
ForgottenKeys OneForgottenKey(std::string_view key);
// The same of several; `keys` may be walked twice.
template <class Keys>
ForgottenKeys ManyForgottenKeys(const Keys& keys, std::size_t count) {
  auto text = std::make_shared<std::string>("*" + std::to_string(count) + "\r\n");
  for (const std::string_view key : keys) {
    *text += "$" + std::to_string(key.size()) + "\r\n";
    *text += key;
    *text += "\r\n";
  }
  return text;
}

}  // namespace zedis::server

// Access: who may talk to the server. So far the one user "default" with the password of `requirepass`.
//
// Any thread may ask. The password changes by CONFIG SET; connections that were let in stay in.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>

#include "engine/session.h"

namespace zedis::server {

class Config;

class Access {
 public:
  // Takes the password from `requirepass` and follows its changes. REQUIRES: no thread runs yet; `config` is loaded.
  void Follow(Config& config);

  void SetPassword(std::string_view password);  // "": everybody is let in

  bool needs_password() const { return needs_password_.load(std::memory_order_relaxed); }

  // What a connection is at its start and after RESET.
  void Begin(engine::Session& session) const { session.authenticated = !needs_password(); }

  // True if the password is that of the user. Takes the same time for every wrong password of the same length.
  bool Check(std::string_view user, std::string_view password) const;

 private:
  std::atomic<bool> needs_password_{false};
  mutable std::mutex mutex_;
  std::string password_;  // under mutex_
};

}  // namespace zedis::server

// Listeners: opens the sockets that `port`, `tls-port`, `bind` and `unixsocket` ask for, and follows CONFIG SET of the
// first three.
//
// A change that fails leaves everything as it was. One that succeeds is in effect when CONFIG SET is answered: the new
// sockets take connections (the kernel queues them until the accepting worker looks), the old ones refuse them. Sockets
// that are wanted before and after stay untouched.
#pragma once

#include <sys/types.h>

#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/log.h"
#include "server/config.h"
#include "server/listener.h"
#include "server/tls.h"

namespace zedis::server {

class Listeners {
 public:
  // Hands sockets to the worker that accepts. Called by whichever thread changes the configuration.
  using Deliver = std::function<void(ListenerChange)>;

  // REQUIRES: `config` is loaded and no thread runs yet.
  Listeners(Config& config, Tls& tls, base::Log& log, Deliver deliver);
  ~Listeners();
  Listeners(const Listeners&) = delete;
  Listeners& operator=(const Listeners&) = delete;

  // Opens everything. The error is one line.
  std::expected<void, std::string> Open();

  // What is open, for people: "127.0.0.1:6379, [::1]:6379, /run/zedis.sock".
  std::string Text() const;

 private:
  struct Endpoint {
    std::string host;
    int port;
    bool is_tls;
    bool is_optional;  // "-" before the address: it does not matter if this machine does not have it
  };
  using Sockets = std::vector<std::shared_ptr<Listener>>;

  static bool IsAt(const Listener& open, const Endpoint& endpoint);
  std::vector<Endpoint> Wanted() const;
  std::expected<Sockets, std::string> OpenMissing(const std::vector<Endpoint>& wanted, const Sockets& kept) const;
  std::expected<void, std::string> Follow();
  std::expected<void, std::string> OpenUnix();

  Config& config_;
  Tls& tls_;
  base::Log& log_;
  const Deliver deliver_;
  mutable std::mutex mutex_;  // guards what follows
  Sockets tcp_;
  Sockets unix_;
  // The file of the Unix socket: removed at the end if it is still ours.
  std::string unix_path_;  // absolute
  ino_t unix_inode_ = 0;
};

}  // namespace zedis::server

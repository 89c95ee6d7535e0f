// Tls: the TLS context that the configuration describes. CONFIG SET of any of its directives makes a new one, also if
// the name of a file stays and only what is in it has changed; connections keep the one they began with.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <string>

#include "base/log.h"
#include "net/tls.h"
#include "server/config.h"

namespace zedis::server {

class Tls {
 public:
  // REQUIRES: `config` is loaded and no thread runs yet.
  Tls(Config& config, base::Log& log);

  // Makes the context if `tls-port` asks for one. The error is one line.
  std::expected<void, std::string> Update();

  // For new connections of the TLS port. Any thread.
  std::shared_ptr<const net::TlsContext> Current() const;

 private:
  const Config& config_;
  base::Log& log_;
  mutable std::mutex mutex_;
  std::shared_ptr<const net::TlsContext> current_;  // under mutex_
};

}  // namespace zedis::server

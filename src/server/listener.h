// Listener: a socket that takes connections. Shared by who opened it and by the worker that accepts from it, since
// either may be the last to need its descriptor.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/socket.h"
#include "server/connection.h"

namespace zedis::server {

struct Listener : Source {
  Listener(net::Descriptor descriptor, std::string bound_host, int bound_port)
      : Source{Kind::kListener}, socket(std::move(descriptor)), host(std::move(bound_host)), port(bound_port) {}

  net::Descriptor socket;
  std::string host;  // as in `bind`, without "-"; the path of a Unix socket
  int port;
  bool is_unix = false;
  bool is_tls = false;
};

struct ListenerChange {
  std::vector<std::shared_ptr<Listener>> added;
  std::vector<std::shared_ptr<Listener>> removed;
};

}  // namespace zedis::server

#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace zedis::net {
namespace {

union AnyAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

Address TextOf(const AnyAddress& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  switch (address.any.sa_family) {
    case AF_INET:
      inet_ntop(AF_INET, &address.v4.sin_addr, text, sizeof text);
      return {.host = text, .port = ntohs(address.v4.sin_port)};
    case AF_INET6:
      inet_ntop(AF_INET6, &address.v6.sin6_addr, text, sizeof text);
      return {.host = text, .port = ntohs(address.v6.sin6_port)};
    case AF_UNIX:
      return {.host = address.local.sun_path, .port = 0, .is_unix = true};
    default:
      return {.host = "?", .port = 0};
  }
}

}  // namespace

void Descriptor::Close() {
  if (number_ >= 0) close(std::exchange(number_, -1));
}

void ConfigureConnection(int descriptor, int keepalive_s) {
  const int one = 1;
  fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (keepalive_s <= 0) return;
  const int interval_s = keepalive_s < 3 ? 1 : keepalive_s / 3;
  const int probes = 3;
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &keepalive_s, sizeof keepalive_s);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

std::string Address::Text() const {
  if (host.find(':') != std::string::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

bool Address::IsLocal() const {
  return is_unix || host.starts_with("127.") || host.starts_with("::ffff:127.") || host == "::1";
}

Address PeerOf(int descriptor) {
  AnyAddress address{};
  socklen_t size = sizeof address;
  if (getpeername(descriptor, &address.any, &size) != 0) return {.host = "?", .port = 0};
  return TextOf(address);
}

Address LocalOf(int descriptor) {
  AnyAddress address{};
  socklen_t size = sizeof address;
  if (getsockname(descriptor, &address.any, &size) != 0) return {.host = "?", .port = 0};
  return TextOf(address);
}

}  // namespace zedis::net

#include "net/socket.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

std::unexpected<std::string> TcpError(const std::string& host, int port, const char* call) {
  return std::unexpected(fmt::format("Could not create server TCP listening socket {}:{}: {}: {}", host, port, call,
                                     std::strerror(errno)));
}

}  // namespace

void Descriptor::Close() {
  if (number_ >= 0) close(std::exchange(number_, -1));
}

std::expected<Descriptor, std::string> ListenTcp(const std::string& host, int port, int backlog) {
  AnyAddress address{};
  socklen_t size = 0;
  if (host == "*" || inet_pton(AF_INET, host.c_str(), &address.v4.sin_addr) == 1) {
    if (host == "*") address.v4.sin_addr.s_addr = htonl(INADDR_ANY);
    address.v4.sin_family = AF_INET;
    address.v4.sin_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof address.v4;
  } else if (host == "::*" || inet_pton(AF_INET6, host.c_str(), &address.v6.sin6_addr) == 1) {
    if (host == "::*") address.v6.sin6_addr = in6addr_any;
    address.v6.sin6_family = AF_INET6;
    address.v6.sin6_port = htons(static_cast<std::uint16_t>(port));
    size = sizeof address.v6;
  } else {
    errno = EINVAL;
    return TcpError(host, port, "address");
  }
  Descriptor socket(::socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return TcpError(host, port, "socket");
  const int one = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (address.any.sa_family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind(socket.get(), &address.any, size) != 0) return TcpError(host, port, "bind");
  if (listen(socket.get(), backlog) != 0) return TcpError(host, port, "listen");
  return socket;
}

std::expected<Descriptor, std::string> ListenUnix(const std::string& path, unsigned permissions, int backlog) {
  AnyAddress address{};
  auto error = [&](const char* call) {
    return std::unexpected(
        fmt::format("Could not create server unix listening socket {}: {}: {}", path, call, std::strerror(errno)));
  };
  if (path.size() >= sizeof address.local.sun_path) {
    errno = ENAMETOOLONG;
    return error("address");
  }
  address.local.sun_family = AF_UNIX;
  std::memcpy(address.local.sun_path, path.data(), path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return error("socket");
  struct stat status{};
  if (stat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) unlink(path.c_str());
  if (bind(socket.get(), &address.any, sizeof address.local) != 0) return error("bind");
  if (permissions != 0 && chmod(path.c_str(), permissions) != 0) return error("chmod");
  if (listen(socket.get(), backlog) != 0) return error("listen");
  return socket;
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

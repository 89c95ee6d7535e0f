#include "net/listen.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace zedis::net {
namespace {

struct TcpAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

bool IsMissingAddress(int code) {
  return code == EADDRNOTAVAIL || code == EAFNOSUPPORT || code == EPROTONOSUPPORT || code == ENOPROTOOPT ||
         code == ESOCKTNOSUPPORT || code == EPFNOSUPPORT;
}

std::string_view Advice(int code) {
  if (code == EADDRINUSE) return " (another server has it: stop that one or choose another port)";
  if (code == EADDRNOTAVAIL) return " (this machine has no such address: see 'bind')";
  if (code == EACCES) return " (ports below 1024 are for root)";
  return "";
}

std::unexpected<ListenError> TcpError(const std::string& host, int port, std::string_view call, int code) {
  return std::unexpected(ListenError{fmt::format("Could not create server TCP listening socket {}:{}: {}: {}{}", host,
                                                 port, call, std::strerror(code), Advice(code)),
                                     IsMissingAddress(code)});
}

// As in Redis, an address with a colon is one of IPv6, and a name stands for its IPv4 address.
std::expected<TcpAddress, std::string> Resolve(const std::string& host, int port) {
  const std::string service = std::to_string(port);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_family = host.find(':') != std::string::npos ? AF_INET6 : AF_INET;
  const bool is_wildcard = host == "*" || host == "::*";
  addrinfo* found = nullptr;
  const int code = getaddrinfo(is_wildcard ? nullptr : host.c_str(), service.c_str(), &hints, &found);
  if (code != 0) return std::unexpected(std::string(gai_strerror(code)));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, freeaddrinfo);
  TcpAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.size = found->ai_addrlen;
  return address;
}

const sockaddr* Generic(const void* address) { return static_cast<const sockaddr*>(address); }

// Whether a server answers on the socket file.
bool IsServed(const sockaddr_un& address) {
  const Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return connect(probe.get(), Generic(&address), sizeof address) == 0 || errno == EAGAIN;
}

// 0, or the error.
int GiveToGroup(const UnixPlace& place) {
  if (place.group.empty()) return 0;
  errno = 0;
  const group* entry = getgrnam(place.group.c_str());
  if (entry == nullptr) return errno != 0 ? errno : ENOENT;
  return chown(place.path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) == 0 ? 0 : errno;
}

}  // namespace

std::expected<Descriptor, ListenError> ListenTcp(const std::string& host, int port, int backlog) {
  const auto address = Resolve(host, port);
  if (!address) {
    return std::unexpected(ListenError{
        fmt::format("Could not create server TCP listening socket {}:{}: {}", host, port, address.error())});
  }
  const int family = address->storage.ss_family;
  Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return TcpError(host, port, "socket", errno);
  const int one = 1;
  setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (family == AF_INET6) setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
  if (bind(socket.get(), Generic(&address->storage), address->size) != 0) return TcpError(host, port, "bind", errno);
  if (listen(socket.get(), backlog) != 0) return TcpError(host, port, "listen", errno);
  return socket;
}

std::expected<Descriptor, ListenError> ListenUnix(const UnixPlace& place, int backlog) {
  const auto error = [&](std::string_view call, int code) {
    const std::string_view advice = code == EADDRINUSE ? " (another server has it, or it is no socket)" : "";
    return std::unexpected(ListenError{fmt::format("Could not create server unix listening socket {}: {}: {}{}",
                                                   place.path, call, std::strerror(code), advice)});
  };
  sockaddr_un address{};
  if (place.path.size() >= sizeof address.sun_path) return error("address", ENAMETOOLONG);
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, place.path.data(), place.path.size());
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return error("socket", errno);
  struct stat status{};
  if (stat(place.path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode) && !IsServed(address)) {
    unlink(place.path.c_str());
  }
  if (bind(socket.get(), Generic(&address), sizeof address) != 0) return error("bind", errno);
  const auto give_up = [&](std::string_view call, int code) {
    unlink(place.path.c_str());
    return error(call, code);
  };
  // Before it listens, so that nobody gets in by permissions that the file had for a moment.
  const int group_error = GiveToGroup(place);
  if (group_error != 0) return give_up("unixsocketgroup", group_error);
  if (place.permissions != 0 && chmod(place.path.c_str(), place.permissions) != 0) return give_up("chmod", errno);
  if (listen(socket.get(), backlog) != 0) return give_up("listen", errno);
  return socket;
}

// Linux ends the LISTEN state by shutdown and leaves the descriptor bound; another socket may then bind the same
// address.
void StopListening(int descriptor) { shutdown(descriptor, SHUT_RDWR); }

bool ListenAgain(int descriptor, int backlog) { return listen(descriptor, backlog) == 0; }

int LargestBacklog() {
  std::FILE* file = std::fopen("/proc/sys/net/core/somaxconn", "re");
  if (file == nullptr) return 0;
  int most = 0;
  if (std::fscanf(file, "%d", &most) != 1) most = 0;
  std::fclose(file);
  return most;
}

}  // namespace zedis::net

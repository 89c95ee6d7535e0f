// The few socket calls that the load generator and the floor share. IPv4 on this machine only.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace zedis::bench {

inline sockaddr_in LoopbackAddress(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void SendAtOnce(int socket) {
  const int on = 1;
  CHECK(setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0);
}

// Adds the socket to the set, or changes what it waits for there. `data` comes back with its events.
inline void Watch(int epoll, int operation, int socket, std::uint32_t events, std::uint64_t data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  CHECK(epoll_ctl(epoll, operation, socket, &event) == 0);
}

}  // namespace zedis::bench

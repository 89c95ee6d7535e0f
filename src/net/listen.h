// Listening sockets, on TCP addresses and on paths.
#pragma once

#include <expected>
#include <string>

#include "net/socket.h"

namespace zedis::net {

struct ListenError {
  std::string text;         // one line, with what can be done about it where that is known
  bool no_address = false;  // this machine does not have the address, or not that family of addresses
};

// A non-blocking listening socket. `host` is an IPv4 or IPv6 address, a name that resolves to one, or "*" / "::*" for
// all addresses of a family.
std::expected<Descriptor, ListenError> ListenTcp(const std::string& host, int port, int backlog);

// The same on a path. A socket file that nobody listens on any more is replaced. `group` is a name, "" leaves it;
// `permissions` are as chmod takes them, 0 leaves what the umask made of them.
struct UnixPlace {
  std::string path;
  std::string group;
  unsigned permissions = 0;
};
std::expected<Descriptor, ListenError> ListenUnix(const UnixPlace& place, int backlog);

// Ends a listening socket for new connections, and frees its address, while its descriptor stays open: another thread
// may be waiting on it. ListenAgain undoes that; false if the address was taken meanwhile.
void StopListening(int descriptor);
bool ListenAgain(int descriptor, int backlog);

// The longest queue of connections that wait to be accepted which this system grants; 0 if it does not say.
int LargestBacklog();

}  // namespace zedis::net

// subscribers: connections that subscribe to a channel and read whatever comes, until standard input ends. For
// measuring servers that publish to them.
//
// usage: bench-subscribers PORT COUNT CHANNEL      prints "ready" when all have subscribed
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "socket.h"

namespace zedis::bench {
namespace {

constexpr std::size_t kReadBytesMax = 256 * 1024;
constexpr int kEventsMax = 256;

[[noreturn]] void Fail(const char* what) {
  fmt::print(stderr, "bench-subscribers: {}\n", what);
  std::exit(1);
}

int Run(std::uint16_t port, int count, const std::string& channel) {
  const int epoll = epoll_create1(0);
  std::vector<char> buffer(kReadBytesMax);
  const std::string request = fmt::format("*2\r\n$9\r\nSUBSCRIBE\r\n${}\r\n{}\r\n", channel.size(), channel);
  for (int i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = LoopbackAddress(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) Fail("cannot connect");
    if (send(fd, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) Fail("send failed");
    if (recv(fd, buffer.data(), buffer.size(), 0) <= 0) Fail("no confirmation");
    Watch(epoll, EPOLL_CTL_ADD, fd, EPOLLIN, static_cast<std::uint64_t>(fd));
  }
  Watch(epoll, EPOLL_CTL_ADD, STDIN_FILENO, EPOLLIN, STDIN_FILENO);
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    epoll_event events[kEventsMax];
    const int ready = epoll_wait(epoll, events, kEventsMax, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = static_cast<int>(events[i].data.u64);
      if (fd == STDIN_FILENO) return 0;
      if (recv(fd, buffer.data(), buffer.size(), 0) <= 0) Fail("a subscriber was cut off");
    }
  }
}

}  // namespace
}  // namespace zedis::bench

int main(int argc, char** argv) {
  if (argc != 4) zedis::bench::Fail("usage: bench-subscribers PORT COUNT CHANNEL");
  return zedis::bench::Run(static_cast<std::uint16_t>(std::atoi(argv[1])), std::atoi(argv[2]), argv[3]);
}

// floor: the physical floor of a RESP server on this machine.
//
// It does the transport work of a server and nothing else: it reads, finds the end of each request and answers
// every one with the same reply. No hashing, no storage, no commands. What it needs for a request is what a server
// pays to the kernel and to the protocol; only what is beyond it is the server's own.
//
// All ready sockets are read before any is answered, which keeps the kernel's paths in the caches. Replies are not
// even copied: they are slices of one block that repeats the reply.
//
//   bench-floor PORT VALUE_BYTES [THREADS]      answers with a bulk of that size, with "+OK" for 0
//
// Threads share nothing: each has a listener of its own, and the kernel spreads the connections over them.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "socket.h"

namespace zedis::bench {
namespace {

constexpr int kEventsMax = 1024;
constexpr std::size_t kReadBytesMax = 256 * 1024;
constexpr std::size_t kReplyBlockBytes = 1024 * 1024;
constexpr std::size_t kNumberMax = 512 * 1024 * 1024;

struct Connection {
  int fd = -1;
  std::string tail;            // the incomplete request at the end of the last read
  std::size_t owed_bytes = 0;  // replies not yet written
  bool waits_to_write = false;
};

// Finds the ends of requests that are arrays of bulks.
class Scanner {
 public:
  Scanner(const char* at, const char* end) : at_(at), end_(end) {}

  // Returns the number of complete requests; Rest() is then what follows them, IsBroken() tells of other bytes.
  std::size_t Scan() {
    std::size_t requests = 0;
    for (rest_ = at_; SkipRequest(); rest_ = at_) ++requests;
    return requests;
  }
  std::string_view Rest() const { return {rest_, static_cast<std::size_t>(end_ - rest_)}; }
  bool IsBroken() const { return is_broken_; }

 private:
  bool SkipRequest() {
    std::size_t arguments = 0;
    if (!ReadNumber('*', arguments)) return false;
    for (; arguments > 0; --arguments) {
      std::size_t length = 0;
      if (!ReadNumber('$', length)) return false;
      if (static_cast<std::size_t>(end_ - at_) < length + 2) return false;
      at_ += length + 2;
    }
    return true;
  }

  // "*12\r\n"
  bool ReadNumber(char mark, std::size_t& number) {
    if (at_ == end_) return false;
    is_broken_ |= *at_ != mark;
    const char* p = at_ + 1;
    std::size_t value = 0;
    for (; p < end_ && *p >= '0' && *p <= '9'; ++p) value = value * 10 + static_cast<std::size_t>(*p - '0');
    is_broken_ |= value > kNumberMax || (p < end_ && *p != '\r');
    if (end_ - p < 2 || is_broken_) return false;
    at_ = p + 2;
    number = value;
    return true;
  }

  const char* at_;
  const char* end_;
  const char* rest_ = nullptr;
  bool is_broken_ = false;
};

class Floor {
 public:
  Floor(std::uint16_t port, std::size_t value_bytes) : epoll_(epoll_create1(0)), buffer_(2 * kReadBytesMax) {
    const std::string reply =
        value_bytes == 0 ? "+OK\r\n" : fmt::format("${}\r\n{}\r\n", value_bytes, std::string(value_bytes, 'x'));
    reply_bytes_ = reply.size();
    while (replies_.size() < kReplyBlockBytes + reply.size()) replies_ += reply;
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    CHECK(setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    CHECK(setsockopt(listener_, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0);
    const sockaddr_in address = LoopbackAddress(port);
    if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(listener_, 4096) != 0) {
      std::perror("bench-floor: listen");
      std::exit(1);
    }
    Watch(epoll_, EPOLL_CTL_ADD, listener_, EPOLLIN, 0);
  }

  [[noreturn]] void Run() {
    std::vector<epoll_event> events(kEventsMax);
    std::vector<Connection*> to_answer;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), kEventsMax, -1);
      to_answer.clear();
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.u64 == 0) {
          Accept();
          continue;
        }
        auto* connection = reinterpret_cast<Connection*>(events[i].data.u64);
        if ((events[i].events & ~EPOLLOUT) != 0 && !Read(*connection)) continue;
        if (connection->owed_bytes > 0) to_answer.push_back(connection);
      }
      for (Connection* connection : to_answer) Answer(*connection);
    }
  }

 private:
  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    SendAtOnce(fd);
    auto& connection = connections_[fd] = std::make_unique<Connection>();
    connection->fd = fd;
    Watch(epoll_, EPOLL_CTL_ADD, fd, EPOLLIN, reinterpret_cast<std::uint64_t>(connection.get()));
  }

  // Returns false if the connection is gone.
  bool Read(Connection& connection) {
    const std::size_t kept = connection.tail.size();
    if (kept > 0) {
      if (buffer_.size() < kept + kReadBytesMax) buffer_.resize(2 * kept + kReadBytesMax);
      std::memcpy(buffer_.data(), connection.tail.data(), kept);
      connection.tail.clear();
    }
    const ssize_t got = recv(connection.fd, buffer_.data() + kept, kReadBytesMax, 0);
    if (got <= 0) {
      if (got < 0 && errno == EAGAIN) return true;
      Close(connection);
      return false;
    }
    Scanner scanner(buffer_.data(), buffer_.data() + kept + static_cast<std::size_t>(got));
    connection.owed_bytes += scanner.Scan() * reply_bytes_;
    if (scanner.IsBroken()) {
      Close(connection);
      return false;
    }
    if (!scanner.Rest().empty()) connection.tail = scanner.Rest();
    return true;
  }

  void Answer(Connection& connection) {
    while (connection.owed_bytes > 0) {
      // What is owed ends with a whole reply, so this is how much of the first one has been written.
      const std::size_t begin = (reply_bytes_ - connection.owed_bytes % reply_bytes_) % reply_bytes_;
      const std::size_t length = std::min(connection.owed_bytes, kReplyBlockBytes);
      const ssize_t written = send(connection.fd, replies_.data() + begin, length, MSG_NOSIGNAL);
      if (written <= 0) break;  // full, or gone: then reading will tell
      connection.owed_bytes -= static_cast<std::size_t>(written);
    }
    if (const bool must_wait = connection.owed_bytes > 0; must_wait != connection.waits_to_write) {
      connection.waits_to_write = must_wait;
      Watch(epoll_, EPOLL_CTL_MOD, connection.fd, must_wait ? EPOLLIN | EPOLLOUT : EPOLLIN,
            reinterpret_cast<std::uint64_t>(&connection));
    }
  }

  void Close(Connection& connection) {
    close(connection.fd);
    connections_.erase(connection.fd);
  }

  int epoll_;
  int listener_ = -1;
  std::size_t reply_bytes_ = 0;
  std::string replies_;
  std::vector<char> buffer_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
};

}  // namespace
}  // namespace zedis::bench

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fmt::print(stderr, "usage: bench-floor PORT VALUE_BYTES [THREADS]\n");
    return 2;
  }
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  const auto value_bytes = static_cast<std::size_t>(std::atol(argv[2]));
  std::vector<std::thread> others;
  for (int i = 1; i < (argc == 4 ? std::atoi(argv[3]) : 1); ++i) {
    others.emplace_back([=] { zedis::bench::Floor(port, value_bytes).Run(); });
  }
  zedis::bench::Floor(port, value_bytes).Run();
}

// Sockets: descriptors that close themselves, connections, addresses as text.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace zedis::net {

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Close();
      number_ = std::exchange(other.number_, -1);
    }
    return *this;
  }
  ~Descriptor() { Close(); }

  int get() const { return number_; }
  explicit operator bool() const { return number_ >= 0; }
  int Release() { return std::exchange(number_, -1); }
  void Close();

 private:
  int number_ = -1;
};

// Non-blocking, without Nagle's delay; keepalive_s 0 is off. Errors are ignored: the connection works without.
void ConfigureConnection(int descriptor, int keepalive_s);

// "127.0.0.1:6379", "[::1]:6379"; a Unix socket has the path of its listener and port 0.
struct Address {
  std::string host;
  int port = 0;
  bool is_unix = false;
  std::string Text() const;
  // A Unix socket, 127.0.0.0/8 or ::1 (also when mapped into IPv6).
  bool IsLocal() const;
};
Address PeerOf(int descriptor);
Address LocalOf(int descriptor);

}  // namespace zedis::net

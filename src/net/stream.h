// Stream: the bytes of a connection, over a socket alone or through TLS.
#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <memory>

#include "net/socket.h"
#include "net/tls.h"

namespace zedis::net {

class Stream {
 public:
  Stream() = default;
  // With a context: through TLS.
  explicit Stream(Descriptor socket, std::shared_ptr<const TlsContext> context = nullptr) : socket_(std::move(socket)) {
    if (context != nullptr) tls_ = std::make_unique<TlsSession>(std::move(context), socket_.get());
  }

  int get() const { return socket_.get(); }
  bool is_tls() const { return tls_ != nullptr; }
  // Null without TLS.
  const TlsSession* tls() const { return tls_.get(); }

  // As recv(2) and send(2) on a non-blocking socket. With TLS, see TlsSession for when to try again.
  ssize_t Receive(void* buffer, std::size_t size) {
    if (tls_ == nullptr) [[likely]]
      return recv(socket_.get(), buffer, size, 0);
    return tls_->Receive(buffer, size);
  }
  ssize_t Send(const void* bytes, std::size_t size) {
    if (tls_ == nullptr) [[likely]]
      return send(socket_.get(), bytes, size, MSG_NOSIGNAL);
    return tls_->Send(bytes, size);
  }
  // As writev(2).
  ssize_t SendParts(const iovec* parts, int count);

  // More may be received although the last Receive was short: the news of how it ended.
  bool AtEnd() const { return tls_ != nullptr && tls_->AtEnd(); }

 private:
  Descriptor socket_;
  std::unique_ptr<TlsSession> tls_;  // destroyed first: it says goodbye over the socket
};

}  // namespace zedis::net

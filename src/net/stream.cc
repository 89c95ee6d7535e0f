#include "net/stream.h"

namespace zedis::net {

ssize_t Stream::SendParts(const iovec* parts, int count) {
  if (tls_ == nullptr) return writev(socket_.get(), parts, count);
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) {
    const ssize_t sent = tls_->Send(parts[i].iov_base, parts[i].iov_len);
    if (sent < 0) return total != 0 ? total : sent;
    total += sent;
    if (static_cast<std::size_t>(sent) != parts[i].iov_len) break;
  }
  return total;
}

}  // namespace zedis::net

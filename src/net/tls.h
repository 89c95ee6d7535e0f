// TLS by OpenSSL: TlsContext is what all connections of a configuration share (certificate, authorities, protocols),
// TlsSession is one connection's state. Both directions are non-blocking, over a socket that somebody else owns.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace zedis::net {

struct TlsSettings {
  enum class ClientCertificates : std::uint8_t { kIgnored, kRequired, kOptional };

  std::string certificate_file;  // PEM, with the chain behind the certificate
  std::string key_file;          // PEM
  std::string key_passphrase;
  std::string authorities_file;  // who may have signed the certificates of clients: PEM, or a folder of hashed names
  std::string authorities_folder;
  std::string dh_parameters_file;  // PEM; "": those that OpenSSL chooses
  ClientCertificates client_certificates = ClientCertificates::kRequired;
  std::string protocols;  // "TLSv1.2 TLSv1.3"; "": these two
  std::string ciphers;    // up to TLS 1.2; "": those of OpenSSL
  std::string cipher_suites;
  bool prefer_server_ciphers = false;
  bool session_caching = true;
  long session_cache_size = 20480;
  long session_cache_timeout_s = 300;
};

class TlsContext {
 public:
  // Reads the files. The error is one line and holds no secret.
  static std::expected<std::shared_ptr<const TlsContext>, std::string> Make(const TlsSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

 private:
  friend class TlsSession;
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* context_;
};

// The server's side of a connection. The handshake happens in the first calls of Receive.
class TlsSession {
 public:
  // `socket` is non-blocking and outlives the session.
  TlsSession(std::shared_ptr<const TlsContext> context, int socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  // As recv(2) and send(2): the number of bytes, 0 at the end, or -1 with errno EAGAIN, or another if the connection is
  // broken. Less than asked for was received: there is no more now, unless AtEnd(). Whatever OpenSSL waits for, reading
  // or writing, the caller tries again when the socket has become either.
  ssize_t Receive(void* buffer, std::size_t size);
  ssize_t Send(const void* bytes, std::size_t size);

  // The last bytes of the connection were received: the next Receive says how it ended.
  bool AtEnd() const { return ended_; }
  // Why it broke, for a log; "" if it did not.
  const std::string& error() const { return error_; }

 private:
  // What the result of an operation that did not succeed means, as a system call would say it.
  ssize_t Failed(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* session_;
  bool ended_ = false;
  std::string error_;
};

}  // namespace zedis::net

#include "net/tls.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <sstream>

#include "base/check.h"

namespace zedis::net {
namespace {

// What OpenSSL says about the last failure of this thread.
std::string LastReason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  if (ERR_SYSTEM_ERROR(code)) return "cannot be read";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : fmt::format("error {:x}", code);
}

std::unexpected<std::string> Refused(std::string_view directive, std::string_view value) {
  return std::unexpected(fmt::format("{} '{}': {}", directive, value, LastReason()));
}

using Result = std::expected<void, std::string>;

int GivePassphrase(char* buffer, int size, int /*writing*/, void* passphrase) {
  const auto& text = *static_cast<const std::string*>(passphrase);
  if (text.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(text.begin(), text.end(), buffer);
  return static_cast<int>(text.size());
}

Result UseCertificate(SSL_CTX* context, const TlsSettings& settings) {
  if (settings.certificate_file.empty()) return std::unexpected("no tls-cert-file is configured");
  if (settings.key_file.empty()) return std::unexpected("no tls-key-file is configured");
  if (SSL_CTX_use_certificate_chain_file(context, settings.certificate_file.c_str()) != 1) {
    return Refused("tls-cert-file", settings.certificate_file);
  }
  std::string passphrase = settings.key_passphrase;
  SSL_CTX_set_default_passwd_cb(context, GivePassphrase);
  SSL_CTX_set_default_passwd_cb_userdata(context, &passphrase);
  const bool used = SSL_CTX_use_PrivateKey_file(context, settings.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
  if (!used) return Refused("tls-key-file", settings.key_file);
  return {};
}

Result AskForCertificates(SSL_CTX* context, const TlsSettings& settings) {
  using Wanted = TlsSettings::ClientCertificates;
  const bool has_authorities = !settings.authorities_file.empty() || !settings.authorities_folder.empty();
  if (settings.client_certificates != Wanted::kIgnored && !has_authorities) {
    return std::unexpected(
        "tls-auth-clients needs tls-ca-cert-file or tls-ca-cert-dir; 'tls-auth-clients no' does not");
  }
  if (!settings.authorities_file.empty()) {
    if (SSL_CTX_load_verify_file(context, settings.authorities_file.c_str()) != 1) {
      return Refused("tls-ca-cert-file", settings.authorities_file);
    }
    SSL_CTX_set_client_CA_list(context, SSL_load_client_CA_file(settings.authorities_file.c_str()));
  }
  if (!settings.authorities_folder.empty() &&
      SSL_CTX_load_verify_dir(context, settings.authorities_folder.c_str()) != 1) {
    return Refused("tls-ca-cert-dir", settings.authorities_folder);
  }
  int mode = SSL_VERIFY_NONE;
  if (settings.client_certificates == Wanted::kOptional) mode = SSL_VERIFY_PEER;
  if (settings.client_certificates == Wanted::kRequired) mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
  SSL_CTX_set_verify(context, mode, nullptr);
  return {};
}

Result ChooseProtocols(SSL_CTX* context, const TlsSettings& settings) {
  struct Protocol {
    std::string_view name;
    std::uint64_t off;
  };
  static constexpr Protocol kProtocols[] = {{"tlsv1", SSL_OP_NO_TLSv1},
                                            {"tlsv1.1", SSL_OP_NO_TLSv1_1},
                                            {"tlsv1.2", SSL_OP_NO_TLSv1_2},
                                            {"tlsv1.3", SSL_OP_NO_TLSv1_3}};
  std::uint64_t off = SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3;
  std::istringstream words(settings.protocols.empty() ? "TLSv1.2 TLSv1.3" : settings.protocols);
  for (std::string word; words >> word;) {
    std::ranges::transform(word, word.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c; });
    const auto* found = std::ranges::find(kProtocols, word, &Protocol::name);
    if (found == std::end(kProtocols)) {
      return std::unexpected(
          fmt::format("tls-protocols '{}': known are TLSv1, TLSv1.1, TLSv1.2 and TLSv1.3", settings.protocols));
    }
    off &= ~found->off;
  }
  SSL_CTX_set_options(context, off | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   (settings.prefer_server_ciphers ? SSL_OP_CIPHER_SERVER_PREFERENCE : 0));
  if (!settings.ciphers.empty() && SSL_CTX_set_cipher_list(context, settings.ciphers.c_str()) != 1) {
    return Refused("tls-ciphers", settings.ciphers);
  }
  if (!settings.cipher_suites.empty() && SSL_CTX_set_ciphersuites(context, settings.cipher_suites.c_str()) != 1) {
    return Refused("tls-ciphersuites", settings.cipher_suites);
  }
  return {};
}

Result UseDhParameters(SSL_CTX* context, const std::string& file) {
  if (file.empty()) {
    SSL_CTX_set_dh_auto(context, 1);
    return {};
  }
  BIO* const bio = BIO_new_file(file.c_str(), "r");
  EVP_PKEY* const parameters = bio != nullptr ? PEM_read_bio_Parameters(bio, nullptr) : nullptr;
  BIO_free(bio);
  // The context owns the parameters from then on.
  if (parameters == nullptr || SSL_CTX_set0_tmp_dh_pkey(context, parameters) != 1) {
    EVP_PKEY_free(parameters);
    return Refused("tls-dh-params-file", file);
  }
  return {};
}

void CacheSessions(SSL_CTX* context, const TlsSettings& settings) {
  static constexpr unsigned char kName[] = "zedis";
  SSL_CTX_set_session_id_context(context, kName, sizeof kName - 1);
  SSL_CTX_set_session_cache_mode(context, settings.session_caching ? SSL_SESS_CACHE_SERVER : SSL_SESS_CACHE_OFF);
  SSL_CTX_sess_set_cache_size(context, settings.session_cache_size);
  SSL_CTX_set_timeout(context, settings.session_cache_timeout_s);
}

int ToInt(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

std::expected<std::shared_ptr<const TlsContext>, std::string> TlsContext::Make(const TlsSettings& settings) {
  ERR_clear_error();
  SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
  CHECK(context != nullptr);
  std::shared_ptr<const TlsContext> made(new TlsContext(context));
  // Clients that just close are common, and no harm: a request counts when all of it is there.
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);
  // A write may be repeated from elsewhere, since what is left of one moves into a queue; an idle session keeps no
  // buffers.
  SSL_CTX_set_mode(context,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  if (auto done = ChooseProtocols(context, settings); !done) return std::unexpected(done.error());
  if (auto done = UseCertificate(context, settings); !done) return std::unexpected(done.error());
  if (auto done = AskForCertificates(context, settings); !done) return std::unexpected(done.error());
  if (auto done = UseDhParameters(context, settings.dh_parameters_file); !done) return std::unexpected(done.error());
  CacheSessions(context, settings);
  return made;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, int socket)
    : context_(std::move(context)), session_(SSL_new(context_->context_)) {
  CHECK(session_ != nullptr && SSL_set_fd(session_, socket) == 1);
  SSL_set_accept_state(session_);
}

TlsSession::~TlsSession() {
  // Tells the other side that this end is no accident; nobody waits for its answer.
  if (error_.empty() && SSL_is_init_finished(session_) != 0) SSL_shutdown(session_);
  ERR_clear_error();
  SSL_free(session_);
}

ssize_t TlsSession::Failed(int result) {
  switch (SSL_get_error(session_, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      errno = EAGAIN;
      return -1;
    case SSL_ERROR_ZERO_RETURN:
      ended_ = true;
      return 0;
    case SSL_ERROR_SYSCALL:
      error_ = "the connection was lost";
      break;
    default:
      error_ = LastReason();
      break;
  }
  ended_ = true;
  ERR_clear_error();
  errno = EPROTO;
  return -1;
}

ssize_t TlsSession::Receive(void* buffer, std::size_t size) {
  if (!error_.empty()) {
    errno = EPROTO;
    return -1;
  }
  // One record at a time: until there is no more, because the socket will not be reported once more for what OpenSSL
  // has read already.
  std::size_t received = 0;
  while (received < size) {
    ERR_clear_error();
    const int count = SSL_read(session_, static_cast<char*>(buffer) + received, ToInt(size - received));
    if (count <= 0) {
      const ssize_t failed = Failed(count);
      return received != 0 ? static_cast<ssize_t>(received) : failed;
    }
    received += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(received);
}

ssize_t TlsSession::Send(const void* bytes, std::size_t size) {
  if (!error_.empty()) {
    errno = EPROTO;
    return -1;
  }
  std::size_t sent = 0;
  while (sent < size) {
    ERR_clear_error();
    const int count = SSL_write(session_, static_cast<const char*>(bytes) + sent, ToInt(size - sent));
    if (count <= 0) {
      const bool closed = Failed(count) == 0;
      if (closed) errno = EPIPE;
      return sent != 0 ? static_cast<ssize_t>(sent) : -1;
    }
    sent += static_cast<std::size_t>(count);
  }
  return static_cast<ssize_t>(sent);
}

}  // namespace zedis::net

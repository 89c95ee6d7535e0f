#include "server/tls.h"

namespace zedis::server {
namespace {

constexpr std::string_view kDirectives[] = {
    "tls-cert-file",
    "tls-key-file",
    "tls-key-file-pass",
    "tls-dh-params-file",
    "tls-ca-cert-file",
    "tls-ca-cert-dir",
    "tls-auth-clients",
    "tls-protocols",
    "tls-ciphers",
    "tls-ciphersuites",
    "tls-prefer-server-ciphers",
    "tls-session-caching",
    "tls-session-cache-size",
    "tls-session-cache-timeout",
};

net::TlsSettings SettingsOf(const Config& config) {
  using Wanted = net::TlsSettings::ClientCertificates;
  static constexpr Wanted kWanted[] = {Wanted::kIgnored, Wanted::kRequired, Wanted::kOptional};
  return {
      .certificate_file = config.Text("tls-cert-file"),
      .key_file = config.Text("tls-key-file"),
      .key_passphrase = config.Text("tls-key-file-pass"),
      .authorities_file = config.Text("tls-ca-cert-file"),
      .authorities_folder = config.Text("tls-ca-cert-dir"),
      .dh_parameters_file = config.Text("tls-dh-params-file"),
      .client_certificates = kWanted[config.Number("tls-auth-clients")],  // no, yes, optional
      .protocols = config.Text("tls-protocols"),
      .ciphers = config.Text("tls-ciphers"),
      .cipher_suites = config.Text("tls-ciphersuites"),
      .prefer_server_ciphers = config.IsOn("tls-prefer-server-ciphers"),
      .session_caching = config.IsOn("tls-session-caching"),
      .session_cache_size = static_cast<long>(config.Number("tls-session-cache-size")),
      .session_cache_timeout_s = static_cast<long>(config.Number("tls-session-cache-timeout")),
  };
}

}  // namespace

Tls::Tls(Config& config, base::Log& log) : config_(config), log_(log) {
  for (const std::string_view directive : kDirectives) {
    config.OnChange(directive, [this](const Value&) -> std::expected<void, std::string> {
      const auto updated = Update();
      if (updated) return {};
      log_.Warning("TLS: {}", updated.error());
      return std::unexpected("Unable to update TLS configuration. Check server logs.");
    });
  }
}

std::expected<void, std::string> Tls::Update() {
  if (config_.Number("tls-port") == 0) return {};
  auto made = net::TlsContext::Make(SettingsOf(config_));
  if (!made) return std::unexpected(std::move(made).error());
  const std::lock_guard lock(mutex_);
  current_ = *std::move(made);
  return {};
}

std::shared_ptr<const net::TlsContext> Tls::Current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace zedis::server

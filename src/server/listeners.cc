#include "server/listeners.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <system_error>

#include "net/listen.h"

namespace zedis::server {

Listeners::Listeners(Config& config, Tls& tls, base::Log& log, Deliver deliver)
    : config_(config), tls_(tls), log_(log), deliver_(std::move(deliver)) {
  const auto follow = [this](std::string_view refusal) {
    return [this, refusal](const Value&) -> std::expected<void, std::string> {
      const auto followed = Follow();
      if (followed) return {};
      log_.Warning("{}", followed.error());
      return std::unexpected(std::string(refusal));
    };
  };
  config.OnChange("tls-port", [this, follow](const Value& value) -> std::expected<void, std::string> {
    if (const auto updated = tls_.Update(); !updated) {
      log_.Warning("TLS: {}", updated.error());
      return std::unexpected("Unable to update TLS configuration. Check server logs.");
    }
    return follow("Unable to listen on this port. Check server logs.")(value);
  });
  config.OnChange("port", follow("Unable to listen on this port. Check server logs."));
  config.OnChange("bind", follow("Failed to bind to specified addresses."));
}

Listeners::~Listeners() {
  struct stat status{};
  if (!unix_path_.empty() && stat(unix_path_.c_str(), &status) == 0 && status.st_ino == unix_inode_) {
    unlink(unix_path_.c_str());
  }
}

std::expected<void, std::string> Listeners::Open() {
  const auto backlog = config_.Number("tcp-backlog");
  const int most = net::LargestBacklog();
  if (most > 0 && backlog > most) {
    log_.Warning("tcp-backlog is {}, but this system grants {} only: see /proc/sys/net/core/somaxconn", backlog, most);
  }
  if (auto updated = tls_.Update(); !updated) return std::unexpected("tls-port: " + updated.error());
  if (auto opened = Follow(); !opened) return opened;
  if (auto opened = OpenUnix(); !opened) return opened;
  if (Text().empty()) {
    return std::unexpected("Configured to not listen anywhere: give 'port' or 'tls-port' and 'bind', or 'unixsocket'");
  }
  return {};
}

std::vector<Listeners::Endpoint> Listeners::Wanted() const {
  std::vector<Endpoint> wanted;
  for (const bool is_tls : {false, true}) {
    const auto port = static_cast<int>(config_.Number(is_tls ? "tls-port" : "port"));
    if (port == 0) continue;
    std::istringstream hosts(config_.Text("bind"));
    for (std::string host; hosts >> host;) {
      const bool is_optional = host.starts_with('-');
      wanted.push_back({is_optional ? host.substr(1) : host, port, is_tls, is_optional});
    }
  }
  return wanted;
}

bool Listeners::IsAt(const Listener& open, const Endpoint& endpoint) {
  return open.host == endpoint.host && open.port == endpoint.port && open.is_tls == endpoint.is_tls;
}

std::expected<Listeners::Sockets, std::string> Listeners::OpenMissing(const std::vector<Endpoint>& wanted,
                                                                      const Sockets& kept) const {
  const auto backlog = static_cast<int>(config_.Number("tcp-backlog"));
  Sockets fresh;
  for (const Endpoint& endpoint : wanted) {
    if (std::ranges::any_of(kept, [&](const auto& open) { return IsAt(*open, endpoint); })) continue;
    auto socket = net::ListenTcp(endpoint.host, endpoint.port, backlog);
    if (!socket && endpoint.is_optional && socket.error().no_address) continue;
    if (!socket) return std::unexpected(std::move(socket).error().text);
    fresh.push_back(std::make_shared<Listener>(*std::move(socket), endpoint.host, endpoint.port));
    fresh.back()->is_tls = endpoint.is_tls;
  }
  if (fresh.empty() && kept.empty() && !wanted.empty()) {
    return std::unexpected("None of the addresses of 'bind' exists on this machine");
  }
  return fresh;
}

std::expected<void, std::string> Listeners::Follow() {
  const std::lock_guard lock(mutex_);
  const std::vector<Endpoint> wanted = Wanted();
  Sockets kept;
  ListenerChange change;
  for (const auto& open : tcp_) {
    const bool stays = std::ranges::any_of(wanted, [&](const Endpoint& endpoint) { return IsAt(*open, endpoint); });
    (stays ? kept : change.removed).push_back(open);
  }
  const auto stop_removed = [&] {
    for (const auto& gone : change.removed) net::StopListening(gone->socket.get());
  };
  auto fresh = OpenMissing(wanted, kept);
  if (!fresh && !change.removed.empty()) {
    // What is given up may be in the way: * takes the place of 127.0.0.1 on the same port.
    stop_removed();
    fresh = OpenMissing(wanted, kept);
    const auto backlog = static_cast<int>(config_.Number("tcp-backlog"));
    for (const auto& old : change.removed) {
      if (!fresh && !net::ListenAgain(old->socket.get(), backlog)) {
        log_.Warning("Lost the listening socket {}:{}", old->host, old->port);
      }
    }
  }
  if (!fresh) return std::unexpected(std::move(fresh).error());
  stop_removed();
  change.added = *std::move(fresh);
  tcp_ = std::move(kept);
  tcp_.insert(tcp_.end(), change.added.begin(), change.added.end());
  deliver_(std::move(change));
  return {};
}

std::expected<void, std::string> Listeners::OpenUnix() {
  const std::string path = config_.Text("unixsocket");
  if (path.empty()) return {};
  auto socket = net::ListenUnix({.path = path,
                                 .group = config_.Text("unixsocketgroup"),
                                 .permissions = static_cast<unsigned>(config_.Number("unixsocketperm"))},
                                static_cast<int>(config_.Number("tcp-backlog")));
  if (!socket) return std::unexpected(std::move(socket).error().text);
  const std::lock_guard lock(mutex_);
  std::error_code error;
  unix_path_ = std::filesystem::absolute(path, error).string();
  struct stat status{};
  if (stat(unix_path_.c_str(), &status) == 0) unix_inode_ = status.st_ino;
  unix_.push_back(std::make_shared<Listener>(*std::move(socket), path, 0));
  unix_.back()->is_unix = true;
  deliver_({.added = unix_, .removed = {}});
  return {};
}

std::string Listeners::Text() const {
  const std::lock_guard lock(mutex_);
  std::string text;
  const auto add = [&text](const std::string& place) { text += (text.empty() ? "" : ", ") + place; };
  for (const auto& open : tcp_) add(net::LocalOf(open->socket.get()).Text() + (open->is_tls ? " (TLS)" : ""));
  for (const auto& open : unix_) add(open->host);
  return text;
}

}  // namespace zedis::server

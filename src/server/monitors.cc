#include "server/monitors.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <iterator>

#include "server/secrets.h"
#include "server/session_fields.h"

namespace zedis::server {
namespace {

using engine::Address;
using engine::Context;
using engine::Session;

void AppendQuoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    static constexpr std::string_view kNamed = "\\\"\n\r\t\a\b";
    static constexpr std::string_view kNames = "\\\"nrtab";
    if (const std::size_t at = kNamed.find(c); at != std::string_view::npos) {
      out += '\\';
      out += kNames[at];
    } else if (c >= ' ' && c <= '~') {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  out += '"';
}

void Tell(Context& ctx, std::span<const std::shared_ptr<Address>> monitors, std::string_view line) {
  for (const auto& address : monitors) {
    if (address->session != nullptr) ctx.outbox.Push(*address->session, line);
  }
}

}  // namespace

void Monitors::Add(Context& ctx, Session& session) {
  Show(session, Session::kShowMonitor, true);
  const std::shared_ptr<Address>& address = AddressOf(ctx, session);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Addresses>& all = by_desk_[ctx.desk];
  auto more = std::make_shared<Addresses>(all != nullptr ? *all : Addresses{});
  more->push_back(address);
  all = std::move(more);
  tunables_.call_thresholds.watchers.Set(1);
}

void Monitors::Remove(Session& session) {
  if ((session.shown_flags.Get() & Session::kShowMonitor) == 0) return;
  Show(session, Session::kShowMonitor, false);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Addresses>& all = by_desk_[&session.address->desk];
  auto fewer = std::make_shared<Addresses>(*all);
  std::erase(*fewer, session.address);
  all = std::move(fewer);
  if (all->empty()) by_desk_.erase(&session.address->desk);
  if (!by_desk_.empty()) return;
  peers_.clear();
  tunables_.call_thresholds.watchers.Set(0);
}

std::string Monitors::PeerOf(const Session& session) {
  std::string& peer = peers_[session.id];
  if (peer.empty()) {
    clients_.Find(session.id, [&](const ClientRegistry::Client& client) { peer = client.Addresses().peer; });
  }
  std::string shown = peer;
  if (peers_.size() > kPeersMax) peers_.clear();
  return shown;
}

std::string Monitors::LineOf(Context& ctx, engine::Args args) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  // With the database that the command has left behind, as Redis shows it.
  std::string line = fmt::format("+{}.{:06} [{} {}]", now.tv_sec, now.tv_nsec / 1000, ctx.session->database.Get(),
                                 PeerOf(*ctx.session));
  for (const std::string_view shown : WithoutSecrets(*ctx.command, args)) {
    line += ' ';
    AppendQuoted(line, shown);
  }
  line += "\r\n";
  return line;
}

void Monitors::Feed(Context& ctx, engine::Args args) {
  if ((ctx.command->flags & (engine::kSkipMonitor | engine::kAdmin)) != 0) return;
  const std::lock_guard lock(mutex_);
  if (by_desk_.empty()) return;
  const auto line = std::make_shared<const std::string>(LineOf(ctx, args));
  for (const auto& [desk, monitors] : by_desk_) {
    if (desk == ctx.desk) {
      Tell(ctx, *monitors, *line);
    } else {
      desk->Post([line, monitors](Context& there) { Tell(there, *monitors, *line); });
    }
  }
}

}  // namespace zedis::server

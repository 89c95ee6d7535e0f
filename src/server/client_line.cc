#include "server/client_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <mutex>

#include "engine/registry.h"
#include "server/acl_user.h"

namespace zedis::server {
namespace {

using engine::Session;

std::int64_t SecondsSince(std::int64_t then_ms, std::int64_t now_ms) {
  return std::max<std::int64_t>(0, now_ms - then_ms) / 1000;
}

Session::Texts TextsOf(const Session& session) {
  const std::lock_guard lock(session.texts_lock);
  return session.texts ? *session.texts : Session::Texts{};
}

}  // namespace

std::string UserNameOf(const Session& session) {
  std::shared_ptr<const engine::SessionUser> user;
  {
    const std::lock_guard lock(session.texts_lock);
    user = session.user;
  }
  return user ? static_cast<const User&>(*user).name() : std::string();
}

std::string ClientFlags(const Session& session) {
  static constexpr struct {
    std::uint32_t flag;
    char letter;
  } kLetters[] = {{Session::kShowMonitor, 'O'},         {Session::kShowBlocked | Session::kShowPaused, 'b'},
                  {Session::kShowInTransaction, 'x'},   {Session::kShowWatchTouched, 'd'},
                  {Session::kShowCloseAfterReply, 'c'}, {Session::kShowPubsub, 'P'},
                  {Session::kShowTracking, 't'},        {Session::kShowBrokenRedirect, 'R'},
                  {Session::kShowBroadcast, 'B'},       {Session::kShowUnix, 'U'},
                  {Session::kShowNoEvict, 'e'},         {Session::kShowNoTouch, 'T'}};
  std::uint32_t flags = session.shown_flags.Get();
  if (session.queued_commands.Get() >= 0) flags |= Session::kShowInTransaction;
  if (session.watch_touched.Get()) flags |= Session::kShowWatchTouched;
  std::string letters;
  for (const auto& [flag, letter] : kLetters) {
    if ((flags & flag) != 0) letters += letter;
  }
  return letters.empty() ? "N" : letters;
}

void AppendClientLine(const ClientRegistry::Client& client, std::int64_t now_ms, std::string& out) {
  const Session& session = *client.session;
  const ClientAddresses addresses = client.Addresses();
  const Session::Texts texts = TextsOf(session);
  const engine::ResolvedCommand* command = session.last_command.Get();
  const std::uint64_t input = session.input_bytes.Get();
  const std::uint64_t input_free = std::max<std::uint64_t>(session.input_capacity.Get(), input) - input;
  const std::uint64_t output = session.output_bytes.Get();
  auto to = std::back_inserter(out);
  fmt::format_to(to, "id={} addr={} laddr={} fd={} name={}", session.id, addresses.peer, addresses.local,
                 client.descriptor, texts.name);
  fmt::format_to(to, " age={} idle={} flags={} db={}", SecondsSince(session.created_ms, now_ms),
                 SecondsSince(session.last_interaction_ms.Get(), now_ms), ClientFlags(session), session.database.Get());
  // As soon as one of its keys was touched it need watch no longer.
  const std::uint32_t watched = session.watch_touched.Get() ? 0 : session.watched_keys.Get();
  const std::uint64_t transaction = session.transaction_bytes.Get();
  fmt::format_to(to, " sub={} psub={} ssub={} multi={} watch={} qbuf={} qbuf-free={} argv-mem=0 multi-mem={}",
                 session.shown_channels.Get(), session.shown_patterns.Get(), session.shown_shard_channels.Get(),
                 session.queued_commands.Get(), watched, input, input_free, transaction);
  // Replies are written into the worker's buffer (rbs, rbp: none of its own); what waits is one list (oll).
  fmt::format_to(to, " rbs=0 rbp=0 obl=0 oll={} omem={} tot-mem={} events={}", output != 0 ? 1 : 0, output,
                 sizeof(Session) + input + input_free + transaction + output, output != 0 ? "rw" : "r");
  fmt::format_to(to, " cmd={} user={} redir={} resp={} lib-name={} lib-ver={}",
                 command != nullptr ? command->row->name : "NULL", UserNameOf(session), session.shown_redirect.Get(),
                 static_cast<int>(session.protocol.Get()), texts.library_name, texts.library_version);
  fmt::format_to(to, " tot-net-in={} tot-net-out={} tot-cmds={}\n", session.bytes_in.Get(), session.bytes_out.Get(),
                 session.commands.Get());
}

}  // namespace zedis::server

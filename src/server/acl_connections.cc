#include "server/acl_connections.h"

#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <memory>
#include <vector>

#include "server/client_line.h"
#include "server/subscriptions.h"

namespace zedis::server {
namespace {

// REQUIRES: the session is one of the worker whose thread this is.
bool ListensToWhatItMayNot(const Access& access, engine::Session& session) {
  Subscriptions* const subscriptions = Pubsub::Of(session);
  const User* const user = access.Rules(session);
  if (subscriptions == nullptr || user == nullptr) return false;
  for (const ChannelKind kind : {ChannelKind::kChannel, ChannelKind::kPattern, ChannelKind::kShard}) {
    const auto may = [&](const auto& place) { return user->MayListen(place.first, kind == ChannelKind::kPattern); };
    if (!std::ranges::all_of(subscriptions->Of(kind), may)) return true;
  }
  return false;
}

}  // namespace

// The end of a socket wakes the worker that it belongs to.
void CloseOrphans(engine::Context& ctx) {
  const Services& services = ServicesOf(ctx);
  services.clients.ForEach([&](const ClientRegistry::Client& client) {
    if (!services.access.IsOrphan(*client.session)) return;
    if (client.session == ctx.session) {
      ctx.session->close_after_reply = true;
    } else {
      shutdown(client.descriptor, SHUT_RDWR);
    }
  });
}

// A task of each worker looks: whoever subscribes by the old rules meanwhile has done so by then.
void CloseListeners(Services& services, std::optional<std::string_view> user) {
  if (user) {
    const std::shared_ptr<const User> rules = services.access.Find(*user);
    if (rules && rules->MayListen("*", true)) return;
  }
  std::map<engine::Desk*, std::vector<std::uint64_t>> sessions;
  services.clients.ForEach([&](const ClientRegistry::Client& client) {
    if (client.desk == nullptr || (user && UserNameOf(*client.session) != *user)) return;
    sessions[client.desk].push_back(client.session->id);
  });
  for (auto& [desk, of_desk] : sessions) {
    desk->Post([&services, ids = std::move(of_desk)](engine::Context& ctx) {
      for (const std::uint64_t id : ids) {
        engine::Session* session = nullptr;
        services.clients.Find(id, [&](const ClientRegistry::Client& found) { session = found.session; });
        if (session == nullptr || !ListensToWhatItMayNot(services.access, *session)) continue;
        session->close_after_reply = true;
        ctx.outbox.Close(*session);
      }
    });
  }
}

}  // namespace zedis::server

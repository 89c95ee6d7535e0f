// A denied request or login, as ACL LOG tells it.
#pragma once

#include <string_view>

#include "engine/context.h"
#include "server/acl_log.h"
#include "server/acl_selector.h"
#include "server/client_registry.h"

namespace zedis::server {

struct DeniedWhat {
  std::string_view reason;
  std::string_view object;
  std::string_view username;
};

// "command", "key", ...
std::string_view ReasonText(DenialReason reason);

// What may not be had: the key, channel or database that was named, or else the command.
std::string_view ObjectOf(const Denial& denial, const engine::ResolvedCommand& command, engine::Args args);

// Notes what the client of the running command was denied.
void LogDenial(engine::Context& ctx, AclLog& log, const ClientRegistry& clients, const DeniedWhat& what);

}  // namespace zedis::server

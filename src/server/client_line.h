// The line of CLIENT LIST and CLIENT INFO.
#pragma once

#include <cstdint>
#include <string>

#include "server/client_registry.h"

namespace zedis::server {

// The letters after flags=, "N" if there is nothing to say.
std::string ClientFlags(const engine::Session& session);

// Who the client has logged in as.
std::string UserNameOf(const engine::Session& session);

// Appends the line with its end, in the fields and order of Redis 7.4, then those that Valkey added.
void AppendClientLine(const ClientRegistry::Client& client, std::int64_t now_ms, std::string& out);

}  // namespace zedis::server

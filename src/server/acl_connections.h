// What becomes of connections whose users have lost rights that they live by.
#pragma once

#include <optional>
#include <string_view>

#include "server/services.h"

namespace zedis::server {

// Ends the connections of users that are there no more; the one that asks gets its reply first.
void CloseOrphans(engine::Context& ctx);

// Ends the connections that listen to channels which the rules of their user do not allow any more; those of one user,
// or of all. They end when their workers come to it.
void CloseListeners(Services& services, std::optional<std::string_view> user = {});

}  // namespace zedis::server

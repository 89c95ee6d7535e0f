// CLIENT UNBLOCK: ends the waiting of another client.
#pragma once

#include "engine/context.h"

namespace zedis::server {

engine::Outcome UnblockClient(engine::Context& ctx, engine::Args args);

inline constexpr std::string_view kUnblockClientSyntax = "client-id:int [timeout_error(TIMEOUT|ERROR)]";

}  // namespace zedis::server

// CLIENT TRACKING and what belongs to it; the rows are in server/client_commands.cc.
#pragma once

#include "engine/command.h"

namespace zedis::server {

engine::Outcome ClientTracking(engine::Context& ctx, engine::Args args);
engine::Outcome ClientCaching(engine::Context& ctx, engine::Args args);
engine::Outcome ClientGetRedir(engine::Context& ctx, engine::Args args);
engine::Outcome ClientTrackingInfo(engine::Context& ctx, engine::Args args);

}  // namespace zedis::server

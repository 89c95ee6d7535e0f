#include "server/client_unblock.h"

#include "engine/arguments.h"
#include "engine/blocking.h"
#include "server/services.h"

namespace zedis::server {

using namespace engine;  // NOLINT: a family is written in the engine's words

namespace {

constexpr Error kBadReason{"ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"};

}  // namespace

Outcome UnblockClient(Context& ctx, Args args) {
  auto how = Blocking::Unserved::kTimedOut;
  if (args.size() > 4) {
    return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try CLIENT HELP.", Shown(args[1]));
  }
  if (args.size() == 4) {
    if (EqualsIgnoreCase("error", args[3])) {
      how = Blocking::Unserved::kUnblocked;
    } else if (!EqualsIgnoreCase("timeout", args[3])) {
      return kBadReason;
    }
  }
  TRY(const std::int64_t id, ParseInteger(args[2]));
  bool ended = false;
  ServicesOf(ctx).clients.Find(static_cast<std::uint64_t>(id), [&](const ClientRegistry::Client& client) {
    ended = Blocking::Unblock(*client.session, how);
  });
  ctx.reply.Integer(ended ? 1 : 0);
  return Done();
}

}  // namespace zedis::server

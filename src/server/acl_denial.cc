#include "server/acl_denial.h"

#include <string>

#include "engine/transaction.h"
#include "server/client_line.h"

namespace zedis::server {

std::string_view ReasonText(DenialReason reason) {
  switch (reason) {
    case DenialReason::kNone:
      return "";
    case DenialReason::kDatabase:
      return "database";
    case DenialReason::kCommand:
      return "command";
    case DenialReason::kKey:
      return "key";
    case DenialReason::kChannel:
      return "channel";
  }
  return "";
}

std::string_view ObjectOf(const Denial& denial, const engine::ResolvedCommand& command, engine::Args args) {
  return denial.argument != 0 ? args[denial.argument] : command.row->name;
}

void LogDenial(engine::Context& ctx, AclLog& log, const ClientRegistry& clients, const DeniedWhat& what) {
  std::string line;
  clients.Find(ctx.session->id,
               [&](const ClientRegistry::Client& client) { AppendClientLine(client, ctx.now_ms, line); });
  if (line.ends_with('\n')) line.pop_back();
  const bool in_multi = engine::InTransaction(*ctx.session);
  log.Add({what.reason, in_multi ? "multi" : "toplevel", what.object, what.username}, std::move(line), ctx.now_ms);
}

}  // namespace zedis::server

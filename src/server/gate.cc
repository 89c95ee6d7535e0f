#include "server/gate.h"

#include "engine/memory_state.h"
#include "server/acl_denial.h"

namespace zedis::server {

using engine::Outcome;

namespace {

// What the command's arguments take is counted as what it will take: more is not known before it runs.
bool FitsInMemory(engine::Context& ctx, engine::Args args) {
  std::size_t bytes = 0;
  for (const std::string_view arg : args) bytes += arg.size();
  if (ctx.reclaimer != nullptr) return ctx.reclaimer->MakeRoom(bytes);
  return engine::MemoryState::Look(ctx.tunables, ctx.keyspace).Fits(static_cast<std::int64_t>(bytes));
}

constexpr engine::Error kNoPermissionForKey{
    "NOPERM this user has no permissions to access one of the keys used as arguments"};
constexpr engine::Error kNoPermissionForChannel{
    "NOPERM this user has no permissions to access one of the channels used as arguments"};
constexpr engine::Error kNoPermissionForDatabase{"NOPERM No permissions to access database"};

// Counts a denial and returns its error.
Outcome Refuse(engine::Context& ctx, DenialReason reason) {
  switch (reason) {
    case DenialReason::kNone:
      break;
    case DenialReason::kDatabase:
      ++ctx.stats.denied_databases;
      return kNoPermissionForDatabase;
    case DenialReason::kCommand:
      ++ctx.stats.denied_commands;
      return ctx.Fail("NOPERM this user has no permissions to run the '{}' command", ctx.command->row->name);
    case DenialReason::kKey:
      ++ctx.stats.denied_keys;
      return kNoPermissionForKey;
    case DenialReason::kChannel:
      ++ctx.stats.denied_channels;
      return kNoPermissionForChannel;
  }
  return engine::Done();
}

}  // namespace

Outcome ServerGate::CheckRules(engine::Context& ctx, engine::Args args) const {
  engine::Session& session = *ctx.session;
  const User* user = access_.Rules(session);
  if (user == nullptr) {
    // Deleted a moment ago; its connections are about to be closed.
    session.authenticated = false;
    session.close_after_reply = true;
    return engine::kAuthenticationRequired;
  }
  const Denial denial = user->unrestricted() ? Denial{} : user->Check(*ctx.command, args, session.database.Get());
  if (!denial) return engine::Done();
  LogDenial(ctx, access_.log(), clients_,
            {ReasonText(denial.reason), ObjectOf(denial, *ctx.command, args), user->name()});
  return Refuse(ctx, denial.reason);
}

Outcome ServerGate::Decide(engine::Context& ctx, engine::Args args) {
  const std::uint32_t flags = ctx.command->flags;
  if ((flags & engine::kProtected) != 0) {
    const std::int64_t allowed = config_.Number("enable-debug-command");  // no, yes, local
    if (allowed == 0 || (allowed == 2 && !clients_.IsLocal(*ctx.session))) {
      return ctx.Fail(
          "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from "
          "a local connection, otherwise you need to set this option in the configuration file, and then restart the "
          "server.");
    }
  }
  if (!ctx.session->authenticated && access_.needs_login() && (flags & engine::kNoAuth) == 0) {
    return engine::kAuthenticationRequired;
  }
  if (const Outcome outcome = CheckRules(ctx, args); !outcome.ok()) return outcome;
  if ((flags & engine::kDenyOom) != 0 && !FitsInMemory(ctx, args)) return engine::kOutOfMemory;
  return engine::Done();
}

}  // namespace zedis::server

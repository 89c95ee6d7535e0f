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
  // What was queued is going to be copied once more.
  if (ctx.command->row->in_multi == engine::InMulti::kExec) bytes += ctx.session->transaction_bytes.Get();
  if (ctx.reclaimer != nullptr) return ctx.reclaimer->MakeRoom(bytes);
  return engine::MemoryState::Look(ctx.tunables, ctx.keyspace).Fits(static_cast<std::int64_t>(bytes));
}

constexpr engine::Error kNoPermissionForKey{
    "NOPERM this user has no permissions to access one of the keys used as arguments"};
constexpr engine::Error kNoPermissionForChannel{
    "NOPERM this user has no permissions to access one of the channels used as arguments"};
constexpr engine::Error kNoPermissionForDatabase{"NOPERM No permissions to access database"};

Outcome ErrorOf(engine::Context& ctx, DenialReason reason) {
  switch (reason) {
    case DenialReason::kNone:
      break;
    case DenialReason::kDatabase:
      return kNoPermissionForDatabase;
    case DenialReason::kCommand:
      return ctx.Fail("NOPERM this user has no permissions to run the '{}' command", ctx.command->row->name);
    case DenialReason::kKey:
      return kNoPermissionForKey;
    case DenialReason::kChannel:
      return kNoPermissionForChannel;
  }
  return engine::Done();
}

std::string_view LateReason(DenialReason reason) {
  switch (reason) {
    case DenialReason::kNone:
      break;
    case DenialReason::kDatabase:
      return "no permission to access the database";
    case DenialReason::kCommand:
      return "no permission to execute the command or subcommand";
    case DenialReason::kKey:
      return "no permission to touch the specified keys";
    case DenialReason::kChannel:
      return "no permission to access one of the channels used as arguments to the command";
  }
  return "no permission";
}

void Count(engine::WorkerStats& stats, DenialReason reason) {
  switch (reason) {
    case DenialReason::kNone:
      return;
    case DenialReason::kDatabase:
      ++stats.denied_databases;
      return;
    case DenialReason::kCommand:
      ++stats.denied_commands;
      return;
    case DenialReason::kKey:
      ++stats.denied_keys;
      return;
    case DenialReason::kChannel:
      ++stats.denied_channels;
      return;
  }
}

}  // namespace

std::optional<DenialReason> ServerGate::CheckRules(engine::Context& ctx, engine::Args args) const {
  engine::Session& session = *ctx.session;
  const User* user = access_.Rules(session);
  if (user == nullptr) {
    // Deleted a moment ago; its connections are about to be closed.
    session.authenticated = false;
    session.close_after_reply = true;
    return std::nullopt;
  }
  const Denial denial = user->unrestricted() ? Denial{} : user->Check(*ctx.command, args, session.database.Get());
  if (denial) {
    Count(ctx.stats, denial.reason);
    LogDenial(ctx, access_.log(), clients_,
              {ReasonText(denial.reason), ObjectOf(denial, *ctx.command, args), user->name()});
  }
  return denial.reason;
}

Outcome ServerGate::DecideQueued(engine::Context& ctx, engine::Args args) {
  const std::optional<DenialReason> denied = CheckRules(ctx, args);
  if (!denied) return engine::kAuthenticationRequired;
  if (*denied == DenialReason::kNone) return engine::Done();
  return ctx.Fail(
      "NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is "
      "no longer allowed for the following reason: {}",
      LateReason(*denied));
}

Outcome ServerGate::Decide(engine::Context& ctx, engine::Args args, std::uint32_t flags) {
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
  const std::optional<DenialReason> denied = CheckRules(ctx, args);
  if (!denied) return engine::kAuthenticationRequired;
  if (*denied != DenialReason::kNone) return ErrorOf(ctx, *denied);
  if ((flags & engine::kDenyOom) != 0 && !FitsInMemory(ctx, args)) return engine::kOutOfMemory;
  return engine::Done();
}

}  // namespace zedis::server

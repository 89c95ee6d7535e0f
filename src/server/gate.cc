#include "server/gate.h"

#include "engine/memory_state.h"

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

}  // namespace

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
  if (!ctx.session->authenticated && access_.needs_password() && (flags & engine::kNoAuth) == 0) {
    return engine::kAuthenticationRequired;
  }
  if ((flags & engine::kDenyOom) != 0 && !FitsInMemory(ctx, args)) return engine::kOutOfMemory;
  return engine::Done();
}

}  // namespace zedis::server

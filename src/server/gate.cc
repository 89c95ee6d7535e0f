#include "server/gate.h"

#include "base/memory_count.h"

namespace zedis::server {

using engine::Outcome;

Outcome ServerGate::Decide(engine::Context& ctx, engine::Args) {
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
  if (!ctx.session->authenticated && access_.needs_password() && (flags & engine::kNoAuth) == 0) {
    return engine::kAuthenticationRequired;
  }
  const std::int64_t limit = ctx.tunables.maxmemory_bytes.Get();
  if ((flags & engine::kDenyOom) != 0 && limit != 0 &&
      base::MemoryCount::UsedBytes() > static_cast<std::uint64_t>(limit)) {
    return engine::kOutOfMemory;
  }
  return engine::Done();
}

}  // namespace zedis::server

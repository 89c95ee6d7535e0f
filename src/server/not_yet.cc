#include "server/not_yet.h"

#include <algorithm>
#include <string>

#include "engine/context.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using engine::Command;

// "client|kill" as a client writes it: "CLIENT KILL".
std::string Shown(std::string_view name) {
  std::string shown = engine::UpperCase(name);
  std::ranges::replace(shown, '|', ' ');
  return shown;
}

constexpr std::string_view kPersistence = "persistence";
constexpr std::string_view kReplication = "replication";
constexpr std::string_view kScripting = "scripting";

constexpr Command kNotYetCommands[] = {
    NotYet("bgrewriteaof", kPersistence), NotYet("bgsave", kPersistence), NotYet("lastsave", kPersistence),
    NotYet("save", kPersistence),         NotYet("psync", kReplication),  NotYet("replconf", kReplication),
    NotYet("sync", kReplication),

    NotYet("eval", kScripting),           NotYet("eval_ro", kScripting),  NotYet("evalsha", kScripting),
    NotYet("evalsha_ro", kScripting),     NotYet("fcall", kScripting),    NotYet("fcall_ro", kScripting),
    NotYet("function", kScripting),       NotYet("script", kScripting),
};

}  // namespace

engine::Outcome RefuseNotYet(engine::Context& ctx, engine::Args) {
  const Command& row = *ctx.command->row;
  return ctx.Fail("ERR {} is not supported by this version of Zedis: {} comes later", Shown(row.name), row.group);
}

engine::Outcome RefuseSubcommandNotYet(engine::Context& ctx, engine::Args) {
  return ctx.Fail("ERR {} is not supported yet", Shown(ctx.command->row->name));
}

Table NotYetCommands() { return kNotYetCommands; }

}  // namespace zedis::server

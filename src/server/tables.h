// The tables of the server's own commands, and all tables together.
#pragma once

#include <span>
#include <vector>

#include "commands/tables.h"

namespace zedis::server {

using commands::Table;

// A row of the group "server" whose handler locks nothing, for tables in which most rows are such.
struct ServerRow {
  std::string_view name;
  engine::Arity arity;
  engine::Handler run;
  std::string_view since;
  std::span<const std::string_view> tips;
  std::string_view complexity;
  std::string_view summary;
};
constexpr engine::Command MakeRow(const ServerRow& row, std::uint32_t flags, std::uint32_t categories = 0) {
  return {.name = row.name,
          .arity = row.arity,
          .flags = flags,
          .categories = categories,
          .locks = engine::Locks::kNone,
          .run = row.run,
          .since = row.since,
          .group = "server",
          .summary = row.summary,
          .complexity = row.complexity,
          .tips = row.tips};
}

Table SessionCommands();      // AUTH HELLO RESET
Table ClientCommands();       // CLIENT
Table CommandCommands();      // COMMAND
Table ConfigCommands();       // CONFIG
Table AclCommands();          // ACL
Table AdminCommands();        // INFO TIME LOLWUT SHUTDOWN
Table CommandLogCommands();   // SLOWLOG COMMANDLOG
Table ReplicationCommands();  // ROLE REPLICAOF FAILOVER
Table ClusterCommands();      // CLUSTER ASKING READONLY READWRITE
Table LatencyCommands();      // LATENCY
Table MemoryCommands();       // MEMORY
Table PubsubCommands();       // SUBSCRIBE PUBLISH PUBSUB and their kin
Table NotYetCommands();       // what only answers that it comes later

// Every command of the server, for engine::Registry.
std::vector<Table> AllTables();

}  // namespace zedis::server

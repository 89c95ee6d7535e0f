#include "server/tables.h"

namespace zedis::server {

std::vector<Table> AllTables() {
  const std::span<const Table> families = commands::AllTables();
  std::vector<Table> tables(families.begin(), families.end());
  for (const Table table : {SessionCommands(), AclCommands(), ClientCommands(), CommandCommands(), ConfigCommands(),
                            AdminCommands(), MemoryCommands(), CommandLogCommands(), LatencyCommands(),
                            ReplicationCommands(), ClusterCommands(), PubsubCommands(), NotYetCommands()}) {
    tables.push_back(table);
  }
  return tables;
}

}  // namespace zedis::server

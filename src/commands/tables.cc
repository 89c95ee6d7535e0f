#include "commands/tables.h"

#include <array>

namespace zedis::commands {

std::span<const Table> AllTables() {
  static const std::array kTables = {
      StringCommands(), ListCommands(), ListElementCommands(), KeyCommands(),   ScanCommands(),
      ExpiryCommands(), MoveCommands(), ObjectCommands(),      FlushCommands(), DebugCommands(),
  };
  return kTables;
}

}  // namespace zedis::commands

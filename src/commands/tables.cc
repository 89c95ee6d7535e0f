#include "commands/tables.h"

#include <array>

namespace zedis::commands {

std::span<const Table> AllTables() {
  static const std::array kTables = {
      StringCommands(),   ManyStringsCommands(), StringEditCommands(), CounterCommands(), BitCommands(),
      BitFieldCommands(), KeyCommands(),         ScanCommands(),       ExpiryCommands(),  MoveCommands(),
      ObjectCommands(),   FlushCommands(),       DebugCommands(),
  };
  return kTables;
}

}  // namespace zedis::commands

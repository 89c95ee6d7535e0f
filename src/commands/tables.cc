#include "commands/tables.h"

#include <array>

namespace zedis::commands {

std::span<const Table> AllTables() {
  static const std::array kTables = {
      StringCommands(),  ManyStringsCommands(), StringEditCommands(),
      CounterCommands(), BitCommands(),         BitFieldCommands(),
  };
  return kTables;
}

}  // namespace zedis::commands

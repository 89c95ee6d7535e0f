#include "commands/tables.h"

#include <array>

namespace zedis::commands {

std::span<const Table> AllTables() {
  static const std::array kTables = {
      ConnectionCommands(),
      StringCommands(),
  };
  return kTables;
}

}  // namespace zedis::commands

#include "commands/tables.h"

#include <array>

namespace zedis::commands {

std::span<const Table> AllTables() {
  static const std::array kTables = {
      StringCommands(),
      ListCommands(),
      ListElementCommands(),
  };
  return kTables;
}

}  // namespace zedis::commands

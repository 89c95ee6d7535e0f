#include "commands/tables.h"

#include <array>

namespace zedis::commands {

std::span<const Table> AllTables() {
  // One in a line, so that branches that add one merge.
  // clang-format off
  static const std::array kTables = {
      ConnectionCommands(),
      StringCommands(),
      ManyStringsCommands(),
      StringEditCommands(),
      CounterCommands(),
      BitCommands(),
      BitFieldCommands(),
      GeoCommands(),
      GeoSearchCommands(),
      HyperLogLogCommands(),
      HyperLogLogDebugCommands(),
      ListCommands(),
      ListElementCommands(),
      BlockingListCommands(),
      SetCommands(),
      RandomSetCommands(),
      SetAlgebraCommands(),
      SortedSetCommands(),
      SortedSetRangeCommands(),
      SortedSetPopCommands(),
      BlockingSortedSetCommands(),
      SortedSetAlgebraCommands(),
      HashCommands(),
      HashCounterCommands(),
      RandomHashCommands(),
      HashExpiryCommands(),
      HashFieldsCommands(),
      StreamCommands(),
      StreamReadCommands(),
      StreamGroupCommands(),
      StreamClaimCommands(),
      StreamInfoCommands(),
      KeyCommands(),
      ScanCommands(),
      ExpiryCommands(),
      MoveCommands(),
      DumpCommands(),
      SortCommands(),
      ObjectCommands(),
      FlushCommands(),
      WaitCommands(),
      DebugCommands(),
      TransactionCommands(),
  };
  // clang-format on
  return kTables;
}

}  // namespace zedis::commands

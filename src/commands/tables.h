// The tables of all families. A family is a file with its handlers and, at its foot, the array of its rows; it is
// listed here once.
#pragma once

#include <span>

#include "engine/command.h"

namespace zedis::commands {

using Table = std::span<const engine::Command>;

Table ConnectionCommands();
Table StringCommands();
Table ManyStringsCommands();
Table StringEditCommands();
Table CounterCommands();
Table BitCommands();
Table BitFieldCommands();
Table GeoCommands();
Table GeoSearchCommands();
Table HyperLogLogCommands();
Table HyperLogLogDebugCommands();
Table ListCommands();
Table ListElementCommands();
Table BlockingListCommands();
Table SetCommands();
Table RandomSetCommands();
Table SetAlgebraCommands();
Table SortedSetCommands();
Table SortedSetRangeCommands();
Table SortedSetPopCommands();
Table BlockingSortedSetCommands();
Table SortedSetAlgebraCommands();
Table HashCommands();
Table HashCounterCommands();
Table RandomHashCommands();
Table HashExpiryCommands();
Table HashFieldsCommands();
Table StreamCommands();
Table StreamReadCommands();
Table StreamGroupCommands();
Table StreamClaimCommands();
Table StreamInfoCommands();
Table KeyCommands();
Table ScanCommands();
Table ExpiryCommands();
Table MoveCommands();
Table DumpCommands();
Table SortCommands();
Table ObjectCommands();
Table FlushCommands();
Table WaitCommands();
Table DebugCommands();
Table TransactionCommands();

std::span<const Table> AllTables();

}  // namespace zedis::commands

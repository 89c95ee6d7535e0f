// The tables of the server's own commands, and all tables together.
#pragma once

#include <span>
#include <vector>

#include "commands/tables.h"

namespace zedis::server {

using commands::Table;

Table SessionCommands();  // AUTH HELLO RESET
Table ClientCommands();   // CLIENT
Table CommandCommands();  // COMMAND
Table ConfigCommands();   // CONFIG
Table AdminCommands();    // INFO TIME LOLWUT SHUTDOWN
Table NotYetCommands();   // what only answers that it comes later

// Every command of the server, for engine::Registry.
std::vector<Table> AllTables();

}  // namespace zedis::server

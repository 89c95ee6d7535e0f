// Counters of one worker. Only that worker writes them; INFO adds up those of all workers.
#pragma once

#include "engine/call_stats.h"
#include "engine/counter.h"
#include "engine/error_counts.h"

namespace zedis::engine {

struct alignas(64) WorkerStats {
  CallTable calls;  // made by the worker's Context
  Counter connections;
  Counter rejected_connections;
  Counter bytes_in;
  Counter bytes_out;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter expired_keys;
  Counter expired_fields;
  Counter evicted_keys;
  Counter evicted_clients;
  Counter changes;  // rdb_changes_since_last_save
  Counter protocol_errors;
  Counter denied_logins;    // wrong user or password
  Counter denied_commands;  // what the rules of the client's user did not allow
  Counter denied_keys;
  Counter denied_channels;
  Counter denied_databases;
  Counter query_buffer_disconnections;
  Counter output_buffer_disconnections;
  Counter loop_cycles;
  Counter reads;  // system calls that brought bytes, and that took some
  Counter writes;
  // What follows is measured in ticks, base/ticks.h.
  Counter loop_ticks;  // not asleep
  Counter command_ticks;
  Counter expiry_ticks;
  Counter expiry_out_of_time;  // times that the expiry cycle had to stop before its end
  ErrorCounts errors;
};

}  // namespace zedis::engine

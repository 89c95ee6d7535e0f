// Counters of one worker. Only that worker writes them; INFO adds up those of all workers.
#pragma once

#include <atomic>
#include <cstdint>

namespace zedis::engine {

class Counter {
 public:
  Counter& operator++() {
    value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return *this;
  }
  Counter& operator+=(std::uint64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    return *this;
  }
  std::uint64_t Get() const { return value_.load(std::memory_order_relaxed); }
  void Reset() { value_.store(0, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct alignas(64) WorkerStats {
  Counter commands;
  Counter connections;
  Counter rejected_connections;
  Counter bytes_in;
  Counter bytes_out;
  Counter keyspace_hits;
  Counter keyspace_misses;
  Counter expired_keys;
  Counter evicted_keys;
  Counter changes;  // rdb_changes_since_last_save
  Counter error_replies;
  Counter protocol_errors;
  Counter denied_logins;  // wrong user or password
  Counter query_buffer_disconnections;
  Counter output_buffer_disconnections;
  Counter loop_cycles;
  Counter loop_us;
  Counter command_us;
};

}  // namespace zedis::engine

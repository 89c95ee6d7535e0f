// What does not change while the server runs.
#pragma once

#include <cstdint>
#include <string>

namespace zedis::server {

struct Identity {
  std::string build_id;        // of this version by this compiler
  std::string run_id;          // 40 hexadecimal digits, new at every start
  std::string replication_id;  // the same
  std::string executable;      // absolute path
  std::int64_t started_ms = 0;

  // Of this process, now.
  static Identity Make(std::int64_t now_ms);
};

}  // namespace zedis::server

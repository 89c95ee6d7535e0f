#include "server/file_limit.h"

#include <sys/resource.h>

#include <algorithm>

namespace zedis::server {

std::int64_t MakeRoomForClients(std::int64_t clients, std::int64_t threads) {
  // Standard files, log, listening sockets, files that a command opens for a moment; each worker polls and is woken.
  constexpr std::int64_t kOwnFiles = 32;
  constexpr std::int64_t kFilesPerWorker = 2;
  const std::int64_t own = kOwnFiles + kFilesPerWorker * threads;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients;
  const auto wanted = static_cast<rlim_t>(clients + own);
  if (limit.rlim_cur < wanted) {
    // Beyond the hard limit for root; otherwise up to it.
    rlimit raised{.rlim_cur = wanted, .rlim_max = std::max(wanted, limit.rlim_max)};
    if (setrlimit(RLIMIT_NOFILE, &raised) != 0) {
      raised = {.rlim_cur = std::min(wanted, limit.rlim_max), .rlim_max = limit.rlim_max};
      if (setrlimit(RLIMIT_NOFILE, &raised) != 0) raised = limit;
    }
    limit = raised;
  }
  const auto granted = static_cast<std::int64_t>(std::min(limit.rlim_cur, wanted));
  return granted - own;
}

}  // namespace zedis::server

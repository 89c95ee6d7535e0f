// The system's limit of open files, which bounds `maxclients`.
#pragma once

#include <cstdint>

namespace zedis::server {

// Raises the limit of this process as far as needed and allowed. Returns how many clients it has room for then, at most
// `clients`; 0 or less if there is no room for any beside what `threads` workers need.
std::int64_t MakeRoomForClients(std::int64_t clients, std::int64_t threads);

}  // namespace zedis::server

// Which versions the server names itself. Clients decide by redis_version what they may ask.
#pragma once

#include <string_view>

namespace zedis::base {

inline constexpr std::string_view kZedisVersion = "0.1.0";
// The version of Redis whose behaviour Zedis has.
inline constexpr std::string_view kRedisVersion = "7.4.2";

}  // namespace zedis::base

// The error texts of the protocol, each in one place.
#pragma once

#include "engine/outcome.h"

namespace zedis::engine {

inline constexpr Error kWrongType{"WRONGTYPE Operation against a key holding the wrong kind of value"};
inline constexpr Error kSyntaxError{"ERR syntax error"};
inline constexpr Error kNotAnInteger{"ERR value is not an integer or out of range"};
inline constexpr Error kNotAFloat{"ERR value is not a valid float"};
inline constexpr Error kOutOfRange{"ERR value is out of range"};
inline constexpr Error kMustBePositive{"ERR value is out of range, must be positive"};
inline constexpr Error kNoSuchKey{"ERR no such key"};
inline constexpr Error kIndexOutOfRange{"ERR index out of range"};
inline constexpr Error kSameObject{"ERR source and destination objects are the same"};
inline constexpr Error kDatabaseIndexOutOfRange{"ERR DB index is out of range"};
inline constexpr Error kInvalidDatabaseIndex{"ERR invalid DB index"};
inline constexpr Error kAuthenticationRequired{"NOAUTH Authentication required."};
inline constexpr Error kStringTooLong{"ERR string exceeds maximum allowed size (proto-max-bulk-len)"};
inline constexpr Error kOutOfMemory{"OOM command not allowed when used memory > 'maxmemory'."};

}  // namespace zedis::engine

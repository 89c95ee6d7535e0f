// The number of a database as an argument: SELECT, MOVE, COPY.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {

inline constexpr engine::Error kNotA32BitInteger{
    "ERR value is out of range, value must between -2147483648 and 2147483647"};

inline engine::Expected<int> ParseDatabase(engine::Context& ctx, std::string_view text) {
  TRY(const std::int64_t number, engine::ParseInteger(text));
  if (number != static_cast<std::int32_t>(number)) return std::unexpected(&kNotA32BitInteger);
  if (number < 0 || number >= ctx.keyspace.databases()) return std::unexpected(&engine::kDatabaseIndexOutOfRange);
  return static_cast<int>(number);
}

}  // namespace zedis::commands

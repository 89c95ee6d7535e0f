// Offsets of bits as the bit commands take them.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/context.h"

namespace zedis::commands {

inline constexpr engine::Error kBadBitOffset{"ERR bit offset is not an integer or out of range"};

// An offset whose byte is below the longest string there may be. With `unit_bits`, "#3" counts fields of that size.
inline engine::Expected<std::uint64_t> ParseBitOffset(const engine::Context& ctx, std::string_view text,
                                                      int unit_bits = 0) {
  const bool in_units = unit_bits > 0 && text.starts_with('#');
  const auto number = base::ParseInt64(text.substr(in_units ? 1 : 0));
  if (!number || *number < 0) return std::unexpected(&kBadBitOffset);
  std::uint64_t offset = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(*number), in_units ? static_cast<unsigned>(unit_bits) : 1u,
                             &offset) ||
      offset >> 3 >= static_cast<std::uint64_t>(ctx.tunables.proto_max_bulk_len_bytes.Get())) {
    return std::unexpected(&kBadBitOffset);
  }
  return offset;
}

}  // namespace zedis::commands

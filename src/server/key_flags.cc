#include "server/key_flags.h"

#include <algorithm>

#include "engine/arguments.h"

namespace zedis::server {

using engine::EqualsIgnoreCase;

std::uint32_t VaryingKeyFlags(const engine::Command& row, engine::Args request, const engine::KeySpec& spec) {
  constexpr std::uint32_t kChangesAndShows = engine::kKeyReadWrite | engine::kKeyAccess | engine::kKeyUpdate;
  if (row.name == "set") {
    const bool gets = std::ranges::any_of(request.subspan(3), [](auto word) { return EqualsIgnoreCase("get", word); });
    return gets ? kChangesAndShows : engine::kKeyOverwrite | engine::kKeyUpdate;
  }
  if (row.name == "bitfield") {
    for (engine::OptionCursor cursor(request, 2); !cursor.done();) {
      const bool is_get = cursor.TakeWith("get", 2);
      if (!is_get && !cursor.TakeWith("overflow", 1)) return kChangesAndShows;
      for (int i = 0; i < (is_get ? 2 : 1); ++i) cursor.Next();
    }
    return engine::kKeyReadOnly | engine::kKeyAccess;
  }
  return spec.flags & ~static_cast<std::uint32_t>(engine::kKeyVariableFlags);
}

}  // namespace zedis::server

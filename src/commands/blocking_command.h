// What commands that wait have in common: how long, and which of their keys has something for them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/blocking.h"
#include "engine/context.h"

namespace zedis::commands {

// The time at which to give up; 0: never. The argument is in seconds, with a fraction, which rounds up to milliseconds.
engine::Expected<std::int64_t> ParseDeadlineSeconds(const engine::Context& ctx, std::string_view text);
// The same of whole milliseconds.
engine::Expected<std::int64_t> ParseDeadlineMs(const engine::Context& ctx, std::string_view text);

struct FoundKey {
  store::Key key;
  store::Entry* entry;
};
// The first of the request's keys that holds something for this command. An error if one before it has another type.
engine::Expected<std::optional<FoundKey>> FindFirst(engine::Context& ctx, engine::Args args,
                                                    const engine::WaitRequest& request);

}  // namespace zedis::commands

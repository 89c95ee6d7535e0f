// The text of INFO.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/context.h"

namespace zedis::server {

// The sections that `names` ask for, in INFO's fixed order: names of sections, "default", "all", "everything", in any
// case; no name means "default". Unknown names are ignored.
std::string InfoText(engine::Context& ctx, std::span<const std::string_view> names);

// "512B", "1.50K", "2.00G": as in the fields that end in _human.
std::string HumanBytes(std::uint64_t bytes);

}  // namespace zedis::server

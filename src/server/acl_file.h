// A file of users (`aclfile`): one "user name rule ..." a line.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/acl_user.h"

namespace zedis::server {

using Users = std::map<std::string, std::shared_ptr<const User>, std::less<>>;

// The users of a text. `identity_of` gives each name its identity. The error names every line that is wrong, in the
// words of Redis; no password is in it.
std::expected<Users, std::string> ParseUsers(std::string_view file, std::string_view text, const RuleWorld& world,
                                             const std::function<std::uint64_t(std::string_view)>& identity_of);

}  // namespace zedis::server

// CONFIG REWRITE: the new text of a configuration file, and its safe replacement.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config_directive.h"
#include "server/config_loader.h"

namespace zedis::server {

// `text` with the directives changed for which it does not already give the value in `wanted`. `loaded` holds the
// values that `text` gives. Every other line stays as it is.
// `users`: lines that take the place of those that begin with "user", if there are any of either.
std::string RewriteConfigText(std::string_view text, const ConfigValues& loaded, const std::vector<Value>& wanted,
                              const std::optional<std::vector<std::string>>& users = {});

// Replaces `path` by a file with `text`: written beside it, synced, renamed over it, and the folder synced. A
// symbolic link stays one; the permissions stay. On error the old file is untouched; the error is the system's text.
std::expected<void, std::string> ReplaceFile(const std::string& path, std::string_view text);

}  // namespace zedis::server

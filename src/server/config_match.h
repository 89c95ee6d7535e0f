// Patterns of CONFIG GET.
#pragma once

#include <string_view>

namespace zedis::server {

// Whether `pattern` has wildcards at all.
bool IsPattern(std::string_view pattern);

// Glob: * ? [abc] [a-z] [^a] and \ before a character, in any case. Time O(pattern × name).
bool MatchesPattern(std::string_view pattern, std::string_view name);

}  // namespace zedis::server

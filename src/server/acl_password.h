// Passwords are kept as their SHA-256 only, in 64 lower-case hexadecimal digits.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zedis::server {

inline constexpr std::size_t kPasswordHashDigits = 64;

std::string HashPassword(std::string_view password);

// Whether a text may be such a hash.
bool IsPasswordHash(std::string_view text);

// Whether the password is one of those with these hashes. Takes the same time whichever it is, or none: every hash is
// compared, to its end, and where there is none the time of one is spent.
bool MatchesPassword(std::string_view password, std::span<const std::string> hashes);

// `bits` of the system's randomness as hexadecimal digits, rounded up to a whole digit.
std::string RandomPassword(std::size_t bits);

}  // namespace zedis::server

#include "server/acl_password.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>
#include <sys/random.h>

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace zedis::server {
namespace {

std::string Hexadecimal(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) text.append({kDigits[byte >> 4], kDigits[byte & 15]});
  return text;
}

}  // namespace

std::string HashPassword(std::string_view password) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  CHECK(SHA256(reinterpret_cast<const unsigned char*>(password.data()), password.size(), digest) != nullptr);
  return Hexadecimal(digest);
}

bool IsPasswordHash(std::string_view text) {
  return text.size() == kPasswordHashDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool MatchesPassword(std::string_view password, std::span<const std::string> hashes) {
  static const std::string kNobodys(kPasswordHashDigits, '-');
  const std::string given = HashPassword(password);
  bool matches = false;
  for (const std::string& hash : hashes.empty() ? std::span(&kNobodys, 1) : hashes) {
    matches |= CRYPTO_memcmp(given.data(), hash.data(), kPasswordHashDigits) == 0;
  }
  return matches;
}

std::string RandomPassword(std::size_t bits) {
  std::vector<unsigned char> bytes((bits + 7) / 8);
  for (std::size_t filled = 0; filled < bytes.size();) {
    const ssize_t count = getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    CHECK(count > 0);
    filled += static_cast<std::size_t>(count);
  }
  return Hexadecimal(bytes).substr(0, (bits + 3) / 4);
}

}  // namespace zedis::server

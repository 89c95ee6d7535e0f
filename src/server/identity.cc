#include "server/identity.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <filesystem>
#include <system_error>

#include "base/check.h"
#include "base/hash.h"
#include "base/version.h"

namespace zedis::server {
namespace {

std::string RandomHex40() {
  std::array<unsigned char, 20> bytes;
  CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

}  // namespace

Identity Identity::Make(std::int64_t now_ms) {
  std::error_code error;
  const std::string build = std::string(base::kZedisVersion) + __VERSION__;
  return {.build_id = fmt::format("{:x}", base::HashBytes(build, 0)),
          .run_id = RandomHex40(),
          .replication_id = RandomHex40(),
          .executable = std::filesystem::read_symlink("/proc/self/exe", error).string(),
          .started_ms = now_ms};
}

}  // namespace zedis::server

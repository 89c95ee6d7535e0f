#include "server/access.h"

#include <openssl/crypto.h>

#include "server/config.h"

namespace zedis::server {

void Access::Follow(Config& config) {
  SetPassword(config.Text("requirepass"));
  config.OnChange("requirepass", [this](const Value& value) -> std::expected<void, std::string> {
    SetPassword(value.text);
    return {};
  });
}

void Access::SetPassword(std::string_view password) {
  const std::lock_guard lock(mutex_);
  password_ = password;
  needs_password_.store(!password.empty(), std::memory_order_relaxed);
}

bool Access::Check(std::string_view user, std::string_view password) const {
  if (user != "default") return false;
  const std::lock_guard lock(mutex_);
  if (password_.empty()) return true;
  return password.size() == password_.size() && CRYPTO_memcmp(password.data(), password_.data(), password.size()) == 0;
}

}  // namespace zedis::server

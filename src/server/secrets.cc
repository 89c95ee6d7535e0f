#include "server/secrets.h"

namespace zedis::server {

std::vector<std::string_view> WithoutSecrets(const engine::ResolvedCommand& command, engine::Args args) {
  std::vector<std::string_view> shown(args.begin(), args.end());
  const auto is_secret = command.row->is_secret;
  if (is_secret == nullptr) return shown;
  for (std::size_t i = 1; i < args.size(); ++i) {
    if (is_secret(args, i)) shown[i] = kRedacted;
  }
  return shown;
}

}  // namespace zedis::server

// The lines `rename-command OLD NEW` of a configuration, applied one after the other as Redis does: after
// `rename-command get fetch` there is no GET, and a later line may give its name to another command.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/registry.h"

namespace zedis::server {

class Renames {
 public:
  // `to` may be "": the command is gone. Names in any case. The error is Redis's text.
  std::expected<void, std::string> Add(std::string_view from, std::string_view to);

  // One for each command that has another name than its own, for engine::Registry.
  std::span<const engine::Rename> list() const { return list_; }

 private:
  std::vector<engine::Rename> list_;
};

}  // namespace zedis::server

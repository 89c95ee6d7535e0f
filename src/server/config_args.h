// The command line: zedis-server [FILE|-] [--directive value ...] [-]
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "server/config_directive.h"

namespace zedis::server {

struct CommandLine {
  enum class Action { kServe, kShowVersion, kShowHelp };

  Action action = Action::kServe;
  std::string file;          // "" if none was named
  bool reads_stdin = false;  // after the file, before the options
  // Each the words of one line of a configuration file: the name without "--", and its values.
  std::vector<std::vector<std::string>> options;
};

// `arguments` without the program's name. The error is one line for standard error.
std::expected<CommandLine, std::string> ParseCommandLine(Words arguments);

extern const std::string_view kUsage;

}  // namespace zedis::server

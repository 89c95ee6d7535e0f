#include "server/config_args.h"

#include <fmt/format.h>

#include "base/log.h"
#include "server/config_line.h"
#include "server/config_value.h"

namespace zedis::server {
namespace {

bool IsOption(std::string_view argument) { return argument.starts_with("--"); }

bool HasNoValue(const std::vector<std::string>& option) { return option.size() == 1; }

// `--port` or, in one argument, `--port 7000`.
std::expected<std::vector<std::string>, std::string> SplitOption(std::string_view argument) {
  auto words = SplitConfigLine(argument.substr(2));
  if (!words) {
    const std::string_view name = argument.substr(0, argument.find(' '));  // what follows may be a secret
    return std::unexpected(fmt::format("command line: '{} ...': unbalanced quotes", base::Sanitise(name)));
  }
  return *std::move(words);
}

}  // namespace

const std::string_view kUsage =
    "Usage: zedis-server [FILE|-] [--directive value ...] [-]\n"
    "       zedis-server -v | --version\n"
    "       zedis-server -h | --help\n"
    "\n"
    "FILE is a redis.conf; - reads one from standard input. Directives given as options come last.\n"
    "\n"
    "Examples:\n"
    "       zedis-server\n"
    "       zedis-server /etc/zedis.conf --port 7000\n"
    "       zedis-server --maxmemory 1gb --maxmemory-policy allkeys-lru\n"
    "       echo 'maxmemory 128mb' | zedis-server -\n";

std::expected<CommandLine, std::string> ParseCommandLine(Words arguments) {
  CommandLine line;
  if (arguments.empty()) return line;
  const std::string& first = arguments[0];
  if (first == "-v" || first == "--version") return line.action = CommandLine::Action::kShowVersion, line;
  if (first == "-h" || first == "--help") return line.action = CommandLine::Action::kShowHelp, line;
  if (!first.starts_with('-')) {
    line.file = first;
    arguments = arguments.subspan(1);
  } else if (first == "-") {
    line.reads_stdin = true;
    arguments = arguments.subspan(1);
  }
  // An option that has no value yet takes the next argument, whatever it looks like: a password may begin with
  // "--". Only `save` may stand without one, which then means the empty value.
  const auto is_bare_save = [](const std::vector<std::string>& option) {
    return HasNoValue(option) && EqualsIgnoringCase(option[0], "save");
  };
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    const bool wants_value = !line.options.empty() && HasNoValue(line.options.back());
    if (argument == "-" && i + 1 == arguments.size() && !wants_value) {
      line.reads_stdin = true;
    } else if (IsOption(argument) && wants_value && is_bare_save(line.options.back())) {
      line.options.back().emplace_back();
      --i;  // now complete, so this argument is the next option
    } else if (IsOption(argument) && !wants_value) {
      auto words = SplitOption(argument);
      if (!words) return std::unexpected(std::move(words).error());
      line.options.push_back(*std::move(words));  // empty for "--" alone: the next argument is the name
    } else if (line.options.empty()) {
      line.options.push_back({argument});
    } else {
      line.options.back().push_back(argument);
    }
  }
  if (!line.options.empty() && is_bare_save(line.options.back())) line.options.back().emplace_back();
  return line;
}

}  // namespace zedis::server

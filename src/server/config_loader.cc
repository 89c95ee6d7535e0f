#include "server/config_loader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "base/log.h"
#include "server/config_line.h"
#include "server/config_table.h"
#include "server/config_value.h"

namespace zedis::server {
namespace {

using Result = std::expected<void, std::string>;

constexpr std::size_t kShownLineBytesMax = 200;
constexpr std::string_view kSpaces = " \t\r\n\v\f";

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(kSpaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpaces) - first + 1);
}

// A name that the table does not know may be a misspelt secret.
bool MayHoldSecret(std::string_view name) {
  if (const auto match = FindDirective(name)) return Directives()[match->index].sensitive;
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower.find("pass") != std::string::npos || lower.find("auth") != std::string::npos || lower == "user";
}

std::string ShownLine(std::string_view line) {
  std::string_view name = line.substr(0, line.find_first_of(kSpaces));
  const std::string_view rest = line.substr(name.size());
  while (name.starts_with('"') || name.starts_with('\'') || name.starts_with('-')) name.remove_prefix(1);
  while (name.ends_with('"') || name.ends_with('\'')) name.remove_suffix(1);
  if (!rest.empty() && MayHoldSecret(name)) return base::Sanitise(name, kShownLineBytesMax) + " (hidden)";
  return base::Sanitise(line, kShownLineBytesMax);
}

std::unexpected<std::string> At(const std::string& place, std::string_view line, std::string_view reason) {
  return std::unexpected(fmt::format("{}: '{}': {}", place, ShownLine(line), reason));
}

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

ConfigValues InitialValues(const std::string& dir) {
  ConfigValues config;
  for (const Directive& directive : Directives()) {
    config.values.push_back(InitialValue(directive));
    if (directive.name == "dir") config.values.back().text = dir;
  }
  config.given.resize(config.values.size());
  return config;
}

std::expected<std::string, std::string> ReadWholeFile(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::unexpected(std::string(std::strerror(errno)));
  std::string text;
  char chunk[16384];
  for (;;) {
    const ssize_t n = read(file.get(), chunk, sizeof(chunk));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::unexpected(std::string(std::strerror(errno)));
    if (n == 0) return text;
    text.append(chunk, static_cast<std::size_t>(n));
    if (text.size() > kConfigFileBytesMax) return std::unexpected(std::string("the file is too large"));
  }
}

Result ConfigLoader::LoadFile(const std::string& path) {
  const auto text = ReadWholeFile(path);
  if (!text) {
    return std::unexpected(fmt::format("can't open config file '{}': {}", base::Sanitise(path), text.error()));
  }
  return LoadText(base::Sanitise(path), *text);
}

Result ConfigLoader::LoadText(const std::string& source, std::string_view text) {
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (auto result = LoadLine(line); !result) {
      if (is_placed_) return result;
      return At(fmt::format("{} line {}", source, number), line, result.error());
    }
  }
  return {};
}

Result ConfigLoader::LoadOptions(const std::vector<std::vector<std::string>>& options) {
  for (const auto& words : options) {
    if (words.empty()) continue;
    if (auto result = LoadWords(words); !result) {
      if (is_placed_) return result;
      return At("command line", fmt::format("--{}", fmt::join(words, " ")), result.error());
    }
  }
  return {};
}

Result ConfigLoader::LoadLine(std::string_view line) {
  if (line.find('\0') != std::string_view::npos) return std::unexpected("the line holds a zero byte");
  const auto words = SplitConfigLine(line);
  if (!words) return std::unexpected("unbalanced quotes in configuration line");
  return LoadWords(*words);
}

Result ConfigLoader::LoadWords(Words words) {
  const std::string& name = words[0];
  const Words arguments = words.subspan(1);
  if (EqualsIgnoringCase(name, "include")) {
    if (arguments.size() != 1) return std::unexpected(std::string(kWrongNumberOfArguments));
    return Include(arguments[0]);
  }
  if (EqualsIgnoringCase(name, "rename-command")) {
    if (arguments.size() != 2) return std::unexpected(std::string(kWrongNumberOfArguments));
    return values_.renames.Add(arguments[0], arguments[1]);
  }
  if (EqualsIgnoringCase(name, "user")) return AddUser(arguments);
  if (const RefusedLine* refused = FindRefusedLine(name)) {
    if (refused->reason.empty()) return {};
    return std::unexpected(std::string(refused->reason));
  }
  const auto match = FindDirective(name);
  if (!match) return std::unexpected("unknown directive");
  if (arguments.empty()) return std::unexpected(std::string(kWrongNumberOfArguments));
  const Directive& directive = Directives()[match->index];
  Value& current = values_.values[match->index];
  const bool starts_anew = directive.appends && !values_.given[match->index];
  TRY(current, ParseValue(directive, arguments, starts_anew ? Value{} : current));
  values_.given[match->index] = true;
  return {};
}

// Its rules are read when the commands that they name are known (server/access.h).
Result ConfigLoader::AddUser(Words words) {
  if (words.empty()) return std::unexpected(std::string(kWrongNumberOfArguments));
  const bool known = std::ranges::any_of(values_.users, [&](const auto& other) { return other[0] == words[0]; });
  if (known) return std::unexpected("Duplicate user found. A user can only be defined once in config files");
  values_.users.emplace_back(words.begin(), words.end());
  return {};
}

Result ConfigLoader::Include(const std::string& pattern) {
  if (include_depth_ == kIncludeDepthMax) return std::unexpected("includes are nested too deeply");
  const std::string absolute = pattern.starts_with('/') ? pattern : fmt::format("{}/{}", directory_, pattern);
  std::vector<std::string> paths = {absolute};
  if (pattern.find_first_of("*?[") != std::string::npos) {
    glob_t found{};
    const int error = glob(absolute.c_str(), 0, nullptr, &found);
    const std::unique_ptr<glob_t, void (*)(glob_t*)> owner(&found, globfree);
    if (error == GLOB_NOMATCH) return {};  // a folder of optional files may be empty
    if (error != 0) return std::unexpected("can't list the files that match");
    paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  }
  ++include_depth_;
  for (const auto& path : paths) {
    const auto text = ReadWholeFile(path);
    if (!text) {
      return std::unexpected(fmt::format("can't open config file '{}': {}", base::Sanitise(path), text.error()));
    }
    if (auto result = LoadText(base::Sanitise(path), *text); !result) {
      is_placed_ = true;
      return result;
    }
  }
  --include_depth_;
  return {};
}

}  // namespace zedis::server

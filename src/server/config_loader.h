// Reads files, standard input and options into the values of all directives.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config_directive.h"
#include "server/renames.h"

namespace zedis::server {

inline constexpr std::size_t kIncludeDepthMax = 16;
inline constexpr std::size_t kConfigFileBytesMax = 16 << 20;

// The values of all directives, by their index in the table.
struct ConfigValues {
  std::vector<Value> values;
  std::vector<bool> given;  // some line named it
  Renames renames;
  std::vector<std::vector<std::string>> users;  // the words of each "user" line behind that word: a name, then rules
};

// The table's initial values, with `dir` as given.
ConfigValues InitialValues(const std::string& dir);

// The whole of a file. The error is the system's text, without the name.
std::expected<std::string, std::string> ReadWholeFile(const std::string& path);

// Every error is one line that names the place, the line (without the values of sensitive directives) and the
// reason. After an error the values are those of all lines before it.
class ConfigLoader {
 public:
  // Relative names of included files are resolved in `directory`.
  ConfigLoader(ConfigValues& values, std::string directory) : values_(values), directory_(std::move(directory)) {}

  std::expected<void, std::string> LoadFile(const std::string& path);
  // `source` names the text in errors.
  std::expected<void, std::string> LoadText(const std::string& source, std::string_view text);
  std::expected<void, std::string> LoadOptions(const std::vector<std::vector<std::string>>& options);

 private:
  // The reason without the place. Includes report with their own place: then `is_placed_` is set.
  std::expected<void, std::string> LoadLine(std::string_view line);
  std::expected<void, std::string> LoadWords(Words words);
  std::expected<void, std::string> AddUser(Words words);
  std::expected<void, std::string> Include(const std::string& pattern);

  ConfigValues& values_;
  std::string directory_;
  std::size_t include_depth_ = 0;
  bool is_placed_ = false;
};

}  // namespace zedis::server

// The configuration of a server: what CONFIG GET, SET and REWRITE work on.
//
// Load once, before any thread starts. After that every method may be called from any thread. Settings that hot
// paths read are copied into base::Tunables, which needs no lock.
//
// Error texts are complete except for the code "ERR " in front.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/tunables.h"
#include "server/config_args.h"
#include "server/config_loader.h"

namespace zedis::server {

class Config {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  // Puts a new value into effect, or says why that is impossible. Called after the new values can be read, by the
  // thread that called Set, which holds no lock that reading needs; it must not call Set or Rewrite. When a later
  // handler of the same Set refuses, it is called again with the old value, and what it returns then is ignored.
  using Handler = std::function<std::expected<void, std::string>(const Value& value)>;

  // `working_directory` is the initial value of `dir`: where the process is.
  Config(base::Tunables& tunables, std::string working_directory);
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;

  // Reads the file, then `standard_input` if the command line asks for it, then the options. The error is one line
  // for standard error; the caller ends with exit code 1.
  [[nodiscard]] std::expected<void, std::string> Load(const CommandLine& line, std::string_view standard_input = {});

  // Directives that were given and have this status, for one line in the log. Sorted by name.
  std::vector<std::string> Given(Status status) const;

  // Fixed once loaded.
  std::span<const engine::Rename> renames() const { return config_.renames.list(); }

  // The "user" lines, each a name and rules. Likewise.
  const std::vector<std::vector<std::string>>& users() const { return config_.users; }

  // REQUIRES: `name` is a directive (not an alias). Cost: a scan of the table and a lock, so not for hot paths.
  std::string Text(std::string_view name) const;
  std::int64_t Number(std::string_view name) const;
  bool IsOn(std::string_view name) const { return Number(name) != 0; }

  // Calls `handler` whenever Set changes the value. At most one per directive; register before threads start.
  void OnChange(std::string_view name, Handler handler);

  // Who writes the "user" lines of CONFIG REWRITE, the word "user" included. Without it they stay as they are. Register
  // before threads start.
  using UserWriter = std::function<std::vector<std::string>()>;
  void WriteUsersBy(UserWriter writer) { user_writer_ = std::move(writer); }

  // CONFIG GET: every directive that matches one of the patterns, once, with its value. A pattern without
  // wildcards is a name and is returned as it was typed.
  Pairs Get(std::span<const std::string_view> patterns) const;

  // CONFIG SET: all pairs or none. `is_local`: the client is on this machine, for enable-protected-configs.
  using Assignment = std::pair<std::string_view, std::string_view>;
  [[nodiscard]] std::expected<void, std::string> Set(std::span<const Assignment> assignments, bool is_local);

  // CONFIG REWRITE: writes changed values into the configuration file, keeping its comments, order and whatever
  // has not changed. The file is replaced in one step or not at all.
  [[nodiscard]] std::expected<void, std::string> Rewrite();

  // Absolute; "" if the server runs without a file.
  const std::string& file() const { return file_; }

 private:
  struct Change {
    std::size_t index;
    std::string name;  // as CONFIG SET's errors show it
    Value value;
  };

  std::size_t IndexOf(std::string_view name) const;
  std::expected<std::vector<Change>, std::string> Plan(std::span<const Assignment> assignments, bool is_local) const;
  std::expected<void, std::string> ParseAll(std::span<const Assignment> assignments,
                                            std::vector<Change>& changes) const;
  void Store(const std::vector<Change>& changes);
  void Publish(std::size_t index, const Value& value);

  base::Tunables& tunables_;
  std::string working_directory_;
  std::string file_;
  UserWriter user_writer_;
  std::map<std::size_t, Handler> handlers_;  // by index in the table
  std::mutex change_mutex_;                  // one Set or Rewrite at a time; taken before values_mutex_
  mutable std::mutex values_mutex_;          // guards config_
  ConfigValues config_;
};

}  // namespace zedis::server

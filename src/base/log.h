// The log: one line per message in Redis's format, or in Valkey's others, to a file or to standard output.
//
//   4711:M 22 Nov 2026 17:03:59.258 * Ready to accept connections
//   pid=4711 role=primary timestamp="22 Nov 2026 17:03:59.258" level=notice message="Ready to accept connections"
//   {"pid":4711,"role":"primary","timestamp":"...","level":"notice","message":"Ready to accept connections"}
//
// The text is made harmless: whatever is not printable ASCII is written as an escape (\n, \x1b), so that bytes
// sent by a client can neither forge a line nor drive a terminal, and a line has a bounded length. Secrets never
// come this far: callers pass names of directives, not their values.
//
// Any thread may write. A message is one write(2), so that lines of several processes do not mix.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace zedis::base {

// In the order of the names that `loglevel` accepts.
enum class LogLevel : std::uint8_t { kDebug, kVerbose, kNotice, kWarning };

// In the order of the names that `log-format` and `log-timestamp-format` accept.
enum class LogFormat : std::uint8_t { kLegacy, kLogfmt, kJson };
enum class LogTimestamp : std::uint8_t { kLegacy, kIso8601, kMilliseconds };

inline constexpr std::size_t kLogTextBytesMax = 1024;

// `text` with everything outside printable ASCII escaped, cut to `limit` bytes ("..." marks the cut).
std::string Sanitise(std::string_view text, std::size_t limit = kLogTextBytesMax);

class Log {
 public:
  using WallClock = std::function<std::chrono::system_clock::time_point()>;

  // Writes to standard output until Open names a file.
  explicit Log(WallClock clock = std::chrono::system_clock::now);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Appends to the file `path` from now on; "" means standard output. On error nothing changes and the text says
  // why. A relative path is resolved now, so that a later change of directory does not matter.
  [[nodiscard]] std::expected<void, std::string> Open(const std::string& path);

  // Whether it writes to a file rather than to standard output. REQUIRES: nobody calls Open meanwhile.
  bool HasFile() const { return !path_.empty(); }

  // Opens the same path again, for log rotation. The message after this call goes to the new file; if it cannot
  // be opened the old one stays. Safe to call from a signal handler.
  void RequestReopen() { reopen_wanted_.store(true, std::memory_order_relaxed); }

  void SetLevel(LogLevel level) { level_.store(level, std::memory_order_relaxed); }
  LogLevel level() const { return level_.load(std::memory_order_relaxed); }
  bool Enabled(LogLevel level) const { return level >= this->level(); }

  void SetFormat(LogFormat format) { format_.store(format, std::memory_order_relaxed); }
  void SetTimestamp(LogTimestamp timestamp) { timestamp_.store(timestamp, std::memory_order_relaxed); }

  // The character after the process id: M primary, S replica, C child.
  void SetRole(char role) { role_.store(role, std::memory_order_relaxed); }

  void Write(LogLevel level, std::string_view text);

  template <typename... Args>
  void Debug(fmt::format_string<Args...> format, Args&&... args) {
    if (Enabled(LogLevel::kDebug)) Write(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Verbose(fmt::format_string<Args...> format, Args&&... args) {
    if (Enabled(LogLevel::kVerbose)) Write(LogLevel::kVerbose, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Notice(fmt::format_string<Args...> format, Args&&... args) {
    if (Enabled(LogLevel::kNotice)) Write(LogLevel::kNotice, fmt::format(format, std::forward<Args>(args)...));
  }
  template <typename... Args>
  void Warning(fmt::format_string<Args...> format, Args&&... args) {
    if (Enabled(LogLevel::kWarning)) Write(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
  }

 private:
  void ReopenLocked();
  std::string LineOf(LogLevel level, std::string_view text) const;

  WallClock clock_;
  std::atomic<LogLevel> level_{LogLevel::kNotice};
  std::atomic<LogFormat> format_{LogFormat::kLegacy};
  std::atomic<LogTimestamp> timestamp_{LogTimestamp::kLegacy};
  std::atomic<char> role_{'M'};
  std::atomic<bool> reopen_wanted_{false};
  std::mutex mutex_;  // guards path_ and fd_, and keeps the order of lines that of their times
  std::string path_;  // absolute; empty: standard output
  int fd_;
};

}  // namespace zedis::base

#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>

namespace zedis::base {
namespace {

constexpr char kLevelCharacters[] = {'.', '-', '*', '#'};
constexpr std::string_view kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void AppendEscaped(std::string& out, unsigned char byte) {
  switch (byte) {
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte >= 0x20 && byte < 0x7f) {
    out += static_cast<char>(byte);
  } else {
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
  }
}

std::string FormatTime(std::chrono::system_clock::time_point now) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const std::time_t time = seconds.count();
  std::tm local{};
  localtime_r(&time, &local);
  return fmt::format("{:02} {} {} {:02}:{:02}:{:02}.{:03}", local.tm_mday, kMonths[local.tm_mon], local.tm_year + 1900,
                     local.tm_hour, local.tm_min, local.tm_sec, (since_epoch - seconds).count());
}

int OpenForAppending(const std::string& path) {
  return open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

// A log that cannot be written is no reason to stop serving: what does not fit is lost.
void WriteFully(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string Sanitise(std::string_view text, std::size_t limit) {
  std::string out;
  for (const char c : text) {
    AppendEscaped(out, static_cast<unsigned char>(c));
    if (out.size() > limit) {
      out.resize(limit);
      return out += "...";
    }
  }
  return out;
}

Log::Log(WallClock clock) : clock_(std::move(clock)), fd_(STDOUT_FILENO) {}

Log::~Log() {
  if (fd_ != STDOUT_FILENO) close(fd_);
}

std::expected<void, std::string> Log::Open(const std::string& path) {
  std::string absolute;
  int fd = STDOUT_FILENO;
  if (!path.empty()) {
    std::error_code error;
    absolute = std::filesystem::absolute(path, error).string();
    if (error) return std::unexpected(fmt::format("Can't open the log file: {}", error.message()));
    fd = OpenForAppending(absolute);
    if (fd < 0) return std::unexpected(fmt::format("Can't open the log file: {}", std::strerror(errno)));
  }
  const std::lock_guard lock(mutex_);
  if (fd_ != STDOUT_FILENO) close(fd_);
  fd_ = fd;
  path_ = std::move(absolute);
  return {};
}

void Log::ReopenLocked() {
  if (path_.empty()) return;
  const int fd = OpenForAppending(path_);
  if (fd < 0) return;
  close(fd_);
  fd_ = fd;
}

void Log::Write(LogLevel level, std::string_view text) {
  if (!Enabled(level)) return;
  const std::string clean = Sanitise(text);
  const std::lock_guard lock(mutex_);
  if (reopen_wanted_.exchange(false, std::memory_order_relaxed)) ReopenLocked();
  WriteFully(fd_, fmt::format("{}:{} {} {} {}\n", getpid(), role_.load(std::memory_order_relaxed), FormatTime(clock_()),
                              kLevelCharacters[static_cast<std::size_t>(level)], clean));
}

}  // namespace zedis::base

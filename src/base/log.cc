#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <system_error>

namespace zedis::base {
namespace {

constexpr char kLevelCharacters[] = {'.', '-', '*', '#'};
constexpr std::string_view kLevelNames[] = {"debug", "verbose", "notice", "warning"};  // as `loglevel` names them
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

std::string FormatTime(std::chrono::system_clock::time_point now, LogTimestamp format) {
  const auto since_epoch = std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch());
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const std::time_t time = seconds.count();
  const std::int64_t ms = (since_epoch - seconds).count();
  if (format == LogTimestamp::kMilliseconds) return fmt::format("{}", since_epoch.count());
  std::tm local{};
  localtime_r(&time, &local);
  if (format == LogTimestamp::kIso8601) {
    const long offset_min = local.tm_gmtoff / 60;
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1,
                       local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, ms, offset_min < 0 ? '-' : '+',
                       std::abs(offset_min) / 60, std::abs(offset_min) % 60);
  }
  return fmt::format("{:02} {} {} {:02}:{:02}:{:02}.{:03}", local.tm_mday, kMonths[local.tm_mon], local.tm_year + 1900,
                     local.tm_hour, local.tm_min, local.tm_sec, ms);
}

std::string_view RoleName(char role) {
  switch (role) {
    case 'S':
      return "replica";
    case 'C':
      return "child";
    default:
      return "primary";
  }
}

// Within quotes. REQUIRES: printable, as Sanitise leaves it.
std::string Quotable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out;
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
  WriteFully(fd_, LineOf(level, clean));
}

std::string Log::LineOf(LogLevel level, std::string_view text) const {
  const std::string time = FormatTime(clock_(), timestamp_.load(std::memory_order_relaxed));
  const char role = role_.load(std::memory_order_relaxed);
  const auto number = static_cast<std::size_t>(level);
  switch (format_.load(std::memory_order_relaxed)) {
    case LogFormat::kLogfmt:
      return fmt::format("pid={} role={} timestamp=\"{}\" level={} message=\"{}\"\n", getpid(), RoleName(role), time,
                         kLevelNames[number], Quotable(text));
    case LogFormat::kJson:
      return fmt::format(R"({{"pid":{},"role":"{}","timestamp":"{}","level":"{}","message":"{}"}})"
                         "\n",
                         getpid(), RoleName(role), time, kLevelNames[number], Quotable(text));
    case LogFormat::kLegacy:
      break;
  }
  return fmt::format("{}:{} {} {} {}\n", getpid(), role, time, kLevelCharacters[number], text);
}

}  // namespace zedis::base

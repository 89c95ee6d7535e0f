#include "server/daemon.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace zedis::server {
namespace {

std::unexpected<std::string> Error(std::string_view call) {
  return std::unexpected(fmt::format("Can't run in the background: {}: {}", call, std::strerror(errno)));
}

// The parent's end. `_exit`: nothing here may run the destructors that the child will run.
[[noreturn]] void WaitForChild(pid_t child, int pipe) {
  char byte;
  ssize_t count;
  do {
    count = read(pipe, &byte, 1);
  } while (count < 0 && errno == EINTR);
  if (count == 1) _exit(0);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1);
}

void PointAtNothing(int descriptor, int nothing) {
  if (nothing >= 0) dup2(nothing, descriptor);
}

}  // namespace

Daemon::~Daemon() {
  if (parent_ >= 0) close(parent_);
}

std::expected<void, std::string> Daemon::Start() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Error("pipe");
  const pid_t child = fork();
  if (child < 0) return Error("fork");
  if (child > 0) {
    close(ends[1]);
    WaitForChild(child, ends[0]);
  }
  close(ends[0]);
  parent_ = ends[1];
  setsid();
  // Standard error stays with the terminal until Detach.
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  PointAtNothing(STDIN_FILENO, nothing);
  PointAtNothing(STDOUT_FILENO, nothing);
  if (nothing > STDERR_FILENO) close(nothing);
  return {};
}

void Daemon::Detach() {
  if (parent_ < 0) return;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  PointAtNothing(STDERR_FILENO, nothing);
  if (nothing > STDERR_FILENO) close(nothing);
  [[maybe_unused]] const ssize_t written = write(parent_, "+", 1);
  close(parent_);
  parent_ = -1;
}

PidFile::~PidFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

std::expected<void, std::string> PidFile::Write(const std::string& path) {
  const auto failed = [&] {
    return std::unexpected(fmt::format("Failed to write PID file '{}': {}", path, std::strerror(errno)));
  };
  std::FILE* file = std::fopen(path.c_str(), "we");
  if (file == nullptr) return failed();
  const bool printed = std::fprintf(file, "%d\n", getpid()) > 0;
  if (std::fclose(file) != 0 || !printed) return failed();
  std::error_code error;
  path_ = std::filesystem::absolute(path, error).string();  // the working directory may change
  return {};
}

}  // namespace zedis::server

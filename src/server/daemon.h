// Running in the background, and the file that says under which process id.
#pragma once

#include <expected>
#include <string>

namespace zedis::server {

// `daemonize yes`. The parent waits until the child serves or has failed, so that whoever started the server reads the
// reason on standard error and gets exit code 1 instead of a server that is silently missing.
class Daemon {
 public:
  Daemon() = default;
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // Forks. Returns in the child only, as the leader of a session of its own; the parent ends with exit code 0 once the
  // child calls Detach, and with the child's exit code if that ends before. The error is one line.
  // REQUIRES: the process has one thread.
  std::expected<void, std::string> Start();

  // The child serves: lets go of the terminal and of the parent. Does nothing without Start.
  void Detach();

 private:
  int parent_ = -1;  // a pipe
};

// Written when the server starts, removed when it ends.
class PidFile {
 public:
  PidFile() = default;
  ~PidFile();
  PidFile(const PidFile&) = delete;
  PidFile& operator=(const PidFile&) = delete;

  // The error is one line; the server can do without.
  std::expected<void, std::string> Write(const std::string& path);

 private:
  std::string path_;  // absolute; "": not written
};

}  // namespace zedis::server

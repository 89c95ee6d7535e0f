// The program: reads the configuration, starts the server, waits for a signal to end.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/tunables.h"
#include "base/version.h"
#include "server/config.h"
#include "server/config_args.h"
#include "server/daemon.h"
#include "server/file_limit.h"
#include "server/server.h"
#include "server/supervisor.h"

namespace zedis::server {
namespace {

using Result = std::expected<void, std::string>;

std::string ReadStandardInput() {
  std::string text;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) text.append(buffer, count);
  return text;
}

Result ChangeFolder(const std::string& folder) {
  if (chdir(folder.c_str()) == 0) return {};
  return std::unexpected(fmt::format("Can't chdir to '{}': {}", folder, std::strerror(errno)));
}

// `maxclients` as far as the system allows so many open files, at start and when it is changed.
Result FollowMaxclients(Config& config, base::Log& log) {
  const std::int64_t wanted = config.Number("maxclients");
  const std::int64_t threads = config.Number("threads");
  const std::int64_t room = MakeRoomForClients(wanted, threads);
  if (room <= 0) {
    return std::unexpected("The limit of open files is too low to serve any client: raise it by 'ulimit -n'");
  }
  if (room < wanted) {
    log.Warning("maxclients is lowered from {} to {}: the limit of open files allows no more; raise it by 'ulimit -n'",
                wanted, room);
    const std::string text = std::to_string(room);
    const Config::Assignment assignment{"maxclients", text};
    if (auto set = config.Set({&assignment, 1}, true); !set) return set;
  }
  config.OnChange("maxclients", [threads](const Value& value) -> Result {
    const std::int64_t most = MakeRoomForClients(value.number, threads);
    if (most >= value.number) return {};
    return std::unexpected(
        fmt::format("The operating system is not able to handle the specified number of clients, try with {}", most));
  });
  return {};
}

// Names the directives that were given and do nothing, in as many lines as the log needs to show them whole.
void TellWithoutEffect(const Config& config, base::Log& log, Status status, std::string_view what) {
  constexpr std::size_t kNamesBytesMax = base::kLogTextBytesMax - 128;
  std::string names;
  for (const std::string& name : config.Given(status)) {
    if (names.size() + name.size() > kNamesBytesMax) {
      log.Notice("{}: {}", what, names);
      names.clear();
    }
    names += (names.empty() ? "" : ", ") + name;
  }
  if (!names.empty()) log.Notice("{}: {}", what, names);
}

// Signals are taken by the main thread only, which maintains the server meanwhile; workers inherit the mask.
sigset_t BlockSignals() {
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

void WaitForEnd(const sigset_t& signals, Server& server, base::Log& log) {
  for (int received = 0; received != SIGTERM && received != SIGINT;) {
    constexpr timespec kSoon{.tv_sec = 0, .tv_nsec = 5'000'000};
    constexpr timespec kLater{.tv_sec = 0, .tv_nsec = 200'000'000};
    received = sigtimedwait(&signals, nullptr, server.Maintain() ? &kSoon : &kLater);
    if (received == SIGHUP) log.RequestReopen();
  }
}

// The file of `pidfile`; a server in the background has one even if none was named.
void WritePidFile(const Config& config, bool in_background, PidFile& file, base::Log& log) {
  std::string path = config.Text("pidfile");
  if (path.empty() && in_background) path = "/var/run/redis.pid";  // as Redis
  if (path.empty()) return;
  if (auto written = file.Write(path); !written) log.Warning("{}", written.error());
}

// Until a signal ends the server. What keeps it from starting is the error, one line.
Result Serve(Config& config, base::Tunables& tunables, base::Log& log) {
  const auto supervision = DetectSupervision(static_cast<Supervision>(config.Number("supervised")));
  Daemon daemon;
  const bool in_background = config.IsOn("daemonize") && supervision == Supervision::kNo;
  if (in_background) {
    if (auto started = daemon.Start(); !started) return started;
  }
  if (auto changed = ChangeFolder(config.Text("dir")); !changed) return changed;
  log.SetLevel(static_cast<base::LogLevel>(config.Number("loglevel")));
  log.SetFormat(static_cast<base::LogFormat>(config.Number("log-format")));
  log.SetTimestamp(static_cast<base::LogTimestamp>(config.Number("log-timestamp-format")));
  if (auto opened = log.Open(config.Text("logfile")); !opened) return opened;
  if (auto followed = FollowMaxclients(config, log); !followed) return followed;
  config.OnChange("dir", [](const Value& value) { return ChangeFolder(value.text); });

  const sigset_t signals = BlockSignals();
  Server server(config, tunables, log);
  if (auto started = server.Start(); !started) return started;
  PidFile pid_file;
  WritePidFile(config, in_background, pid_file, log);
  TellWithoutEffect(config, log, Status::kIgnored, "These directives have no meaning here and are ignored");
  TellWithoutEffect(config, log, Status::kNotYet,
                    "What these directives are about is not there yet, so they do nothing");
  log.Notice("Ready to accept connections on {}", server.Places());
  daemon.Detach();
  if (auto told = NotifyReady(supervision); !told) log.Warning("{}", told.error());

  WaitForEnd(signals, server, log);
  log.Notice("User requested shutdown...");
  NotifyStopping(supervision);
  server.Stop();
  log.Notice("Zedis is now ready to exit, bye bye...");
  return {};
}

// Loads the configuration and serves. Returns the exit code.
int Run(const CommandLine& line) {
  base::Tunables tunables;
  Config config(tunables, std::filesystem::current_path().string());
  base::Log log;
  auto result = config.Load(line, line.reads_stdin ? ReadStandardInput() : "");
  if (result) result = Serve(config, tunables, log);
  if (result) return 0;
  // For whoever started it, and for whoever looks for the reason later.
  std::fprintf(stderr, "%s\n", result.error().c_str());
  if (log.HasFile()) log.Warning("{}", result.error());
  return 1;
}

}  // namespace
}  // namespace zedis::server

int main(int argc, char** argv) {
  using namespace zedis;  // NOLINT
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto line = server::ParseCommandLine(arguments);
  if (!line) {
    std::fprintf(stderr, "%s\n", line.error().c_str());
    return 1;
  }
  switch (line->action) {
    case server::CommandLine::Action::kShowVersion:
      fmt::print("Zedis server v={} (Redis {} compatible)\n", base::kZedisVersion, base::kRedisVersion);
      return 0;
    case server::CommandLine::Action::kShowHelp:
      fmt::print("{}", server::kUsage);
      return 0;
    case server::CommandLine::Action::kServe:
      break;
  }
  return server::Run(*line);
}

// The program: reads the configuration, starts the server, waits for a signal to end.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/tunables.h"
#include "base/version.h"
#include "server/config.h"
#include "server/config_args.h"
#include "server/server.h"

namespace {

int Fail(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
  return 1;
}

std::string ReadStandardInput() {
  std::string text;
  char buffer[4096];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, stdin)) text.append(buffer, count);
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace zedis;  // NOLINT
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto line = server::ParseCommandLine(arguments);
  if (!line) return Fail(line.error());
  if (line->action == server::CommandLine::Action::kShowVersion) {
    fmt::print("Zedis server v={} (Redis {} compatible)\n", base::kZedisVersion, base::kRedisVersion);
    return 0;
  }
  if (line->action == server::CommandLine::Action::kShowHelp) {
    fmt::print("{}", server::kUsage);
    return 0;
  }
  base::Tunables tunables;
  server::Config config(tunables, std::filesystem::current_path().string());
  if (auto loaded = config.Load(*line, line->reads_stdin ? ReadStandardInput() : ""); !loaded) {
    return Fail(loaded.error());
  }
  base::Log log;
  log.SetLevel(static_cast<base::LogLevel>(config.Number("loglevel")));
  if (auto opened = log.Open(config.Text("logfile")); !opened) return Fail(opened.error());
  if (chdir(config.Text("dir").c_str()) != 0) return Fail("Can't chdir to '" + config.Text("dir") + "'");

  // Signals are taken by this thread only, which maintains the server meanwhile; workers inherit the mask.
  signal(SIGPIPE, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  server::Server server(config, tunables, log);
  if (auto started = server.Start(); !started) return Fail(started.error());
  if (const auto ignored = config.IgnoredDirectives(); !ignored.empty()) {
    std::string names;
    for (const std::string& name : ignored) names += (names.empty() ? "" : ", ") + name;
    log.Notice("These directives have no meaning here and are ignored: {}", names);
  }
  log.Notice("Ready to accept connections on port {}", config.Number("port"));
  for (int received = 0; received != SIGTERM && received != SIGINT;) {
    constexpr timespec kSoon{.tv_sec = 0, .tv_nsec = 1'000'000};
    constexpr timespec kLater{.tv_sec = 0, .tv_nsec = 200'000'000};
    received = sigtimedwait(&signals, nullptr, server.Maintain() ? &kSoon : &kLater);
    if (received == SIGHUP) log.RequestReopen();
  }
  log.Notice("User requested shutdown...");
  server.Stop();
  log.Notice("Zedis is now ready to exit, bye bye...");
  return 0;
}

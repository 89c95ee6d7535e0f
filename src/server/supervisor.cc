#include "server/supervisor.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "net/socket.h"

namespace zedis::server {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing here changes the environment
  return value != nullptr ? std::string_view(value) : std::string_view();
}

// 0, or the error.
int SendToSystemd(std::string_view text) {
  const std::string_view path = Environment("NOTIFY_SOCKET");
  sockaddr_un address{};
  if (path.empty() || (path[0] != '/' && path[0] != '@')) return ENOENT;
  if (path.size() >= sizeof address.sun_path) return ENAMETOOLONG;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path[0] == '@') address.sun_path[0] = '\0';  // in the abstract namespace
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const net::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  const void* generic = &address;
  const ssize_t sent =
      sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL, static_cast<const sockaddr*>(generic), size);
  return sent == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

}  // namespace

Supervision DetectSupervision(Supervision wanted) {
  if (wanted != Supervision::kAuto) return wanted;
  if (!Environment("UPSTART_JOB").empty()) return Supervision::kUpstart;
  if (!Environment("NOTIFY_SOCKET").empty()) return Supervision::kSystemd;
  return Supervision::kNo;
}

std::string_view SupervisionName(Supervision supervision) {
  switch (supervision) {
    case Supervision::kUpstart:
      return "upstart";
    case Supervision::kSystemd:
      return "systemd";
    case Supervision::kAuto:
      return "auto";
    case Supervision::kNo:
      break;
  }
  return "no";
}

std::expected<void, std::string> NotifyReady(Supervision supervision) {
  if (supervision == Supervision::kUpstart) {
    if (Environment("UPSTART_JOB").empty()) {
      return std::unexpected("upstart supervision requested, but UPSTART_JOB is not set");
    }
    raise(SIGSTOP);  // `expect stop`: upstart continues the process, which is how it learns that it is ready
  } else if (supervision == Supervision::kSystemd) {
    const int error = SendToSystemd("READY=1\nSTATUS=Ready to accept connections\n");
    if (error != 0) {
      return std::unexpected(fmt::format("systemd supervision requested, but NOTIFY_SOCKET '{}' can't be told: {}",
                                         Environment("NOTIFY_SOCKET"), std::strerror(error)));
    }
  }
  return {};
}

void NotifyStopping(Supervision supervision) {
  if (supervision == Supervision::kSystemd) SendToSystemd("STOPPING=1\n");
}

}  // namespace zedis::server

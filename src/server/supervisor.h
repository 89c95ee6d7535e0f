// Tells systemd or upstart that the server is ready: `supervised`.
//
// systemd's protocol is one datagram to the socket that NOTIFY_SOCKET names; that is less than its library would bring.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace zedis::server {

// In the order of the names that `supervised` accepts.
enum class Supervision : std::uint8_t { kUpstart, kSystemd, kAuto, kNo };

// What `wanted` comes to in this environment: never kAuto.
Supervision DetectSupervision(Supervision wanted);

// As `process_supervised` of INFO shows it.
std::string_view SupervisionName(Supervision supervision);

// Ready to serve. The error is one line; the server goes on.
std::expected<void, std::string> NotifyReady(Supervision supervision);
void NotifyStopping(Supervision supervision);

}  // namespace zedis::server

// INFO, TIME, LOLWUT, SHUTDOWN.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/version.h"
#include "engine/arguments.h"
#include "server/client_control.h"
#include "server/info.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

Outcome Info(Context& ctx, Args args) {
  ctx.reply.Verbatim("txt", InfoText(ctx, args.subspan(1)));
  return Done();
}

Outcome Time(Context& ctx, Args) {
  using std::chrono::microseconds;
  // Read anew: a batch has one reading in milliseconds, clients use this as a clock.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t us = std::chrono::duration_cast<microseconds>(now).count();
  ctx.reply.ArrayHeader(2);
  ctx.reply.BulkInteger(us / 1'000'000);
  ctx.reply.BulkInteger(us % 1'000'000);
  return Done();
}

// --- LOLWUT: a night over hills, another one each time ---

constexpr int kSkyColumns = 66;
constexpr int kSkyRows = 20;

std::string Night(Context& ctx, int columns, int rows) {
  std::vector<std::string> sky(static_cast<std::size_t>(rows), std::string(static_cast<std::size_t>(columns), ' '));
  for (std::string& row : sky) {
    for (char& place : row) {
      const std::uint64_t dice = ctx.Random() % 90;
      if (dice < 3) place = ".*+"[dice];
    }
  }
  // Two ridges, each a walk from left to right; the nearer hides the farther.
  for (const char ground : {'^', '#'}) {
    int height = static_cast<int>(ctx.Random() % static_cast<unsigned>(rows / 3 + 1)) + (ground == '^' ? rows / 4 : 1);
    for (std::size_t column = 0; column < static_cast<std::size_t>(columns); ++column) {
      height += static_cast<int>(ctx.Random() % 3) - 1;
      height = std::clamp(height, 1, std::max(1, ground == '^' ? rows / 2 : rows / 4));
      for (int y = 0; y < height; ++y) sky[static_cast<std::size_t>(rows - 1 - y)][column] = ground;
    }
  }
  std::string picture;
  for (std::string& row : sky) {
    row.erase(row.find_last_not_of(' ') + 1);
    picture += row + '\n';
  }
  return picture;
}

Outcome LolWut(Context& ctx, Args args) {
  int columns = kSkyColumns;
  int rows = kSkyRows;
  std::size_t next = 1;
  if (args.size() >= 3 && EqualsIgnoreCase("version", args[1])) {
    // Each version of Redis has its own picture; here all are the same, and the sizes that follow count.
    TRY([[maybe_unused]] const std::int64_t version, ParseIntegerIn(args[2], INT32_MIN, INT32_MAX, kNotAnInteger));
    next = 3;
    if (args.size() > next) {
      TRY(const std::int64_t wanted, ParseIntegerIn(args[next], INT32_MIN, INT32_MAX, kNotAnInteger));
      columns = static_cast<int>(std::clamp<std::int64_t>(wanted, 1, 1000));
    }
    if (args.size() > next + 1) {
      TRY(const std::int64_t wanted, ParseIntegerIn(args[next + 1], INT32_MIN, INT32_MAX, kNotAnInteger));
      rows = static_cast<int>(std::clamp<std::int64_t>(wanted, 1, 200));
    }
  }
  ctx.reply.Verbatim("txt", fmt::format("{}Redis ver. {} (Zedis {})\n", Night(ctx, columns, rows), base::kRedisVersion,
                                        base::kZedisVersion));
  return Done();
}

// --- SHUTDOWN ---

struct ShutdownOptions {
  bool save = false;
  bool nosave = false;
  bool now = false;
  bool force = false;
  bool abort = false;
};

Expected<ShutdownOptions> ParseShutdown(Args args) {
  ShutdownOptions options;
  OptionCursor cursor(args, 1);
  while (!cursor.done()) {
    if (cursor.Take("nosave")) {
      options.nosave = true;
    } else if (cursor.Take("save")) {
      options.save = true;
    } else if (cursor.Take("now")) {
      options.now = true;
    } else if (cursor.Take("force")) {
      options.force = true;
    } else if (cursor.Take("abort")) {
      options.abort = true;
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  const bool others = options.save || options.nosave || options.now || options.force;
  if ((options.abort && others) || (options.save && options.nosave)) return std::unexpected(&kSyntaxError);
  return options;
}

// Says nothing when it works: the connection closes.
Outcome Shutdown(Context& ctx, Args args) {
  TRY(const ShutdownOptions options, ParseShutdown(args));
  Services& services = ServicesOf(ctx);
  // A shutdown waits for nobody, so there is never one to abort.
  if (options.abort) return ctx.Fail("ERR No shutdown in progress.");
  if (options.save && !options.force) {
    services.log.Warning("SHUTDOWN SAVE was refused: persistence comes later");
    return ctx.Fail("ERR Errors trying to SHUTDOWN. Check logs.");
  }
  ctx.session->close_after_reply = true;
  services.lifecycle.RequestShutdown();
  return Done();
}

constexpr std::string_view kInfoTips[] = {"nondeterministic_output", "request_policy:all_shards",
                                          "response_policy:special"};
constexpr std::string_view kUnsteady[] = {"nondeterministic_output"};

constexpr Command kAdminCommands[] = {
    {.name = "info",
     .arity = AtLeast(0),
     .flags = kLoading | kStale | kSentinel,
     .categories = kCatDangerous,
     .locks = Locks::kVisit,
     .run = Info,
     .since = "1.0.0",
     .group = "server",
     .summary = "Reports on the server in sections of fields.",
     .complexity = "O(1)",
     .tips = kInfoTips,
     .syntax = "[section...]",
     .history = "7.0.0 Several sections."},
    {.name = "time",
     .arity = Exactly(0),
     .flags = kLoading | kStale | kFast,
     .locks = Locks::kNone,
     .run = Time,
     .since = "2.6.0",
     .group = "server",
     .summary = "Tells the server's clock: seconds and microseconds.",
     .complexity = "O(1)",
     .tips = kUnsteady},
    {.name = "lolwut",
     .arity = AtLeast(0),
     .flags = kReadonly | kFast,
     .locks = Locks::kNone,
     .run = LolWut,
     .since = "5.0.0",
     .group = "server",
     .summary = "Draws a little picture and names the version.",
     .syntax = "[VERSION version:int]"},
    {.name = "monitor",
     .arity = Exactly(0),
     .flags = kAdmin | kNoScript | kLoading | kStale,
     .locks = Locks::kNone,
     .run = Monitor,
     .since = "1.0.0",
     .group = "server",
     .summary = "Shows all commands that the server runs from now on."},
    {.name = "shutdown",
     .arity = AtLeast(0),
     .flags = kAdmin | kNoScript | kLoading | kStale | kNoMulti | kSentinel | kAllowBusy,
     .locks = Locks::kNone,
     .run = Shutdown,
     .since = "1.0.0",
     .group = "server",
     .summary = "Ends the server.",
     .complexity = "O(1), since nothing is saved.",
     .syntax = "[nosave_save(NOSAVE|SAVE)] [NOW@7.0.0] [FORCE@7.0.0] [ABORT@7.0.0]",
     .history = "7.0.0 NOW, FORCE and ABORT."},
};

}  // namespace

Table AdminCommands() { return kAdminCommands; }

}  // namespace zedis::server

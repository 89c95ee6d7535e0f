// AUTH, HELLO, RESET: who the client is and which protocol it speaks.
#include "base/version.h"
#include "engine/arguments.h"
#include "engine/transaction.h"
#include "server/acl_denial.h"
#include "server/services.h"
#include "server/session_fields.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kWrongPassword{"WRONGPASS invalid username-password pair or user is disabled."};
constexpr Error kNoPasswordConfigured{
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration "
    "is correct?"};
constexpr Error kProtocolNotAnInteger{"ERR Protocol version is not an integer or out of range"};
constexpr Error kUnsupportedProtocol{"NOPROTO unsupported protocol version"};
constexpr Error kHelloNeedsAuth{
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> "
    "option "
    "can be used to authenticate the client and select the RESP protocol version at the same time"};

constexpr std::string_view kDefaultUser = "default";

Outcome LogIn(Context& ctx, Args args, std::string_view user, std::string_view password) {
  Services& services = ServicesOf(ctx);
  if (services.access.LogIn(*ctx.session, user, password)) return Done();
  ++ctx.stats.denied_logins;
  LogDenial(ctx, services.access.log(), services.clients, {"auth", args[0], user});
  return kWrongPassword;
}

Outcome Auth(Context& ctx, Args args) {
  if (args.size() > 3) return kSyntaxError;
  if (args.size() == 2 && !ServicesOf(ctx).access.default_has_password()) return kNoPasswordConfigured;
  const Outcome outcome = LogIn(ctx, args, args.size() == 2 ? kDefaultUser : args[1], args.back());
  if (outcome.ok()) ctx.reply.Ok();
  return outcome;
}

struct HelloOptions {
  std::optional<resp::Protocol> protocol;
  std::optional<std::pair<std::string_view, std::string_view>> login;
  std::optional<std::string_view> name;
};

Expected<HelloOptions> ParseHello(Context& ctx, Args args) {
  HelloOptions options;
  OptionCursor cursor(args, 1);
  if (cursor.done()) return options;
  TRY(const std::int64_t version, ParseInteger(cursor.Next(), kProtocolNotAnInteger));
  if (version != 2 && version != 3) return std::unexpected(&kUnsupportedProtocol);
  options.protocol = static_cast<resp::Protocol>(version);
  while (!cursor.done()) {
    if (cursor.TakeWith("auth", 2)) {
      const std::string_view user = cursor.Next();
      options.login = {user, cursor.Next()};
    } else if (cursor.TakeWith("setname", 1)) {
      options.name = cursor.Next();
      if (!IsShowable(*options.name)) return std::unexpected(&kBadClientName);
    } else {
      return std::unexpected(
          ctx.Fail("ERR Syntax error in HELLO option '{}'", Shown(cursor.Next(), std::string_view::npos)));
    }
  }
  return options;
}

void ReplyHello(Context& ctx) {
  const resp::Reply& reply = ctx.reply;
  reply.MapHeader(7);
  reply.Bulk("server");
  reply.Bulk("redis");
  reply.Bulk("version");
  reply.Bulk(base::kRedisVersion);
  reply.Bulk("proto");
  reply.Integer(static_cast<int>(reply.Version()));
  reply.Bulk("id");
  reply.Integer(static_cast<std::int64_t>(ctx.session->id));
  reply.Bulk("mode");
  reply.Bulk("standalone");
  reply.Bulk("role");
  reply.Bulk("master");
  reply.Bulk("modules");
  reply.ArrayHeader(0);
}

void SpeakProtocol(Context& ctx, resp::Protocol protocol) {
  ctx.session->protocol.Set(protocol);
  ctx.reply = resp::Reply(ctx.reply.Output(), protocol);
}

Outcome Hello(Context& ctx, Args args) {
  TRY(const HelloOptions options, ParseHello(ctx, args));
  if (options.login) {
    const Outcome outcome = LogIn(ctx, args, options.login->first, options.login->second);
    if (!outcome.ok()) return outcome;
  }
  // As in Redis, HELLO does not care whether the password was taken away meanwhile.
  if (!ctx.session->authenticated) return kHelloNeedsAuth;
  if (options.name) SetText(*ctx.session, &Session::Texts::name, *options.name);
  if (options.protocol) SpeakProtocol(ctx, *options.protocol);
  ReplyHello(ctx);
  return Done();
}

// Back to what a new connection is; the library's name stays.
Outcome Reset(Context& ctx, Args) {
  Session& session = *ctx.session;
  EndTransaction(ctx, session);
  ServicesOf(ctx).pubsub.UnsubscribeAll(session);
  ServicesOf(ctx).tracking.Stop(session);
  session.database.Set(0);
  SpeakProtocol(ctx, resp::Protocol::kResp2);
  ServicesOf(ctx).access.Begin(session);
  SetText(session, &Session::Texts::name, "");
  ServicesOf(ctx).observation.monitors.Remove(session);
  SetNoTouch(session, false);
  SetNoEvict(session, false);
  // A SKIP before it still silences this very command.
  if (session.reply_mode == ReplyMode::kOff) session.reply_mode = ReplyMode::kOn;
  ctx.reply.SimpleString("RESET");
  return Done();
}

constexpr std::uint32_t kHandshake = kNoScript | kLoading | kStale | kFast | kNoAuth | kAllowBusy;

constexpr Command kSessionCommands[] = {
    {.name = "auth",
     .arity = AtLeast(1),
     .flags = kHandshake | kSentinel,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Auth,
     .since = "1.0.0",
     .group = "connection",
     .summary = "Proves by a password who the client is.",
     .complexity = "O(N) where N is the number of passwords defined for the user",
     .syntax = "[username@6.0.0] password",
     .history = "6.0.0 A user's name before the password."},
    {.name = "hello",
     .arity = AtLeast(0),
     .flags = kHandshake | kSentinel,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Hello,
     .since = "6.0.0",
     .group = "connection",
     .summary = "Chooses the protocol of the connection and tells about the server.",
     .complexity = "O(1)",
     .syntax = "[arguments{protover:int [AUTH username_password{username password}] [SETNAME clientname]}]",
     .history = "6.2.0 Without arguments it tells about the connection as it is."},
    {.name = "reset",
     .arity = Exactly(0),
     .flags = kHandshake | kWhileSubscribed,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Reset,
     .in_multi = InMulti::kEnds,
     .since = "6.2.0",
     .group = "connection",
     .summary = "Makes the connection as if it had just been opened.",
     .complexity = "O(1)"},
};

}  // namespace

Table SessionCommands() { return kSessionCommands; }

}  // namespace zedis::server

// ROLE, REPLICAOF and FAILOVER as a server answers that has no replicas and is none.
#include "engine/arguments.h"
#include "engine/context.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kInvalidPort{"ERR Invalid master port"};
constexpr Error kNoFailover{"ERR No failover in progress."};
constexpr Error kNoReplicas{"ERR FAILOVER requires connected replicas."};
constexpr Error kBadTimeout{"ERR FAILOVER timeout must be greater than 0"};

Outcome Role(Context& ctx, Args) {
  ctx.reply.ArrayHeader(3);
  ctx.reply.Bulk("master");
  ctx.reply.Integer(0);  // the offset in a stream for replicas that there is not
  ctx.reply.ArrayHeader(0);
  return Done();
}

// NO ONE is what this server is already.
Outcome ReplicaOf(Context& ctx, Args args) {
  if (EqualsIgnoreCase("no", args[1]) && EqualsIgnoreCase("one", args[2])) {
    ctx.reply.Ok();
    return Done();
  }
  TRY([[maybe_unused]] const std::int64_t port, ParseIntegerIn(args[2], 0, 65535, kInvalidPort));
  return ctx.Fail("ERR {} is not supported by this version of Zedis: replication comes later",
                  UpperCase(ctx.command->row->name));
}

struct FailoverOptions {
  bool to = false;
  bool timeout = false;
  bool force = false;
  bool abort = false;
};

Expected<FailoverOptions> ParseFailover(Args args) {
  FailoverOptions options;
  OptionCursor cursor(args, 1);
  while (!cursor.done()) {
    if (!options.timeout && cursor.TakeWith("timeout", 1)) {
      TRY(const std::int64_t timeout_ms, ParseInteger(cursor.Next()));
      if (timeout_ms <= 0) return std::unexpected(&kBadTimeout);
      options.timeout = true;
    } else if (!options.abort && cursor.Take("abort")) {
      options.abort = true;
    } else if (!options.to && cursor.TakeWith("to", 2)) {
      cursor.Next();
      TRY([[maybe_unused]] const std::int64_t port, ParseInteger(cursor.Next()));
      options.to = true;
    } else if (!options.force && cursor.Take("force")) {
      options.force = true;
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  if (options.abort && args.size() > 2) return std::unexpected(&kSyntaxError);
  return options;
}

// There is nobody to hand over to.
Outcome Failover(Context&, Args args) {
  TRY(const FailoverOptions options, ParseFailover(args));
  if (options.abort) return kNoFailover;
  return kNoReplicas;
}

constexpr std::string_view kReplicaOfSyntax = "args(host-port{host port:int}|no-one{NO ONE})";
constexpr std::uint32_t kUsual = kAdmin | kNoScript | kStale;

constexpr Command kReplicationCommands[] = {
    MakeRow({"role", Exactly(0), Role, "2.8.12", {}, "O(1)", "Tells which part the server has in replication."},
            kNoScript | kLoading | kStale | kFast, kCatAdmin | kCatDangerous),
    WithSyntax(MakeRow({"replicaof",
                        Exactly(2),
                        ReplicaOf,
                        "5.0.0",
                        {},
                        "O(1)",
                        "Makes the server a replica of another, or of none."},
                       kUsual | kNoAsyncLoading),
               kReplicaOfSyntax),
    [] {
      Command row = WithSyntax(MakeRow({"slaveof",
                                        Exactly(2),
                                        ReplicaOf,
                                        "1.0.0",
                                        {},
                                        "O(1)",
                                        "Makes the server a replica of another, or of none."},
                                       kUsual | kNoAsyncLoading),
                               kReplicaOfSyntax);
      row.deprecated_since = "5.0.0";
      row.replaced_by = "`REPLICAOF`";
      return row;
    }(),
    WithSyntax(MakeRow({"failover", AtLeast(0), Failover, "6.2.0", {}, "O(1)", "Hands over to a replica."}, kUsual),
               "[TO target{host port:int [FORCE]}] [ABORT] [TIMEOUT milliseconds:int]"),
};

}  // namespace

Table ReplicationCommands() { return kReplicationCommands; }

}  // namespace zedis::server

// WAIT and WAITAOF: until replicas, or the disk, have what this client has written. There are no replicas and there is
// no append-only file, so who waits for them waits in vain.
#include "commands/blocking_command.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kNotZeroOrOne{"ERR value is out of range, value must between 0 and 1"};
constexpr Error kNoAppendOnlyFile{"ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled."};

Outcome Wait(Context& ctx, Args args) {
  TRY(const std::int64_t replicas, ParseInteger(args[1]));
  WaitRequest request{.timed_out = [](const resp::Reply& reply) { reply.Integer(0); }};
  TRY(request.deadline_ms, ParseDeadlineMs(ctx, args[2]));
  if (replicas > 0) return Blocking::Block(ctx, args, request);
  request.timed_out(ctx.reply);
  return Done();
}

Outcome WaitAof(Context& ctx, Args args) {
  TRY(const std::int64_t local, ParseInteger(args[1]));
  if (local != 0 && local != 1) return kNotZeroOrOne;
  TRY(const std::int64_t replicas, ParseIntegerIn(args[2], 0, INT64_MAX, kMustBePositive));
  WaitRequest request{.timed_out = [](const resp::Reply& reply) {
    reply.ArrayHeader(2);
    reply.Integer(0);
    reply.Integer(0);
  }};
  TRY(request.deadline_ms, ParseDeadlineMs(ctx, args[3]));
  if (local != 0) return kNoAppendOnlyFile;
  if (replicas > 0) return Blocking::Block(ctx, args, request);
  request.timed_out(ctx.reply);
  return Done();
}

constexpr std::string_view kTips[] = {"request_policy:all_shards", "response_policy:agg_min"};

constexpr Command kWaitCommands[] = {
    {.name = "wait",
     .arity = Exactly(2),
     .flags = kBlocking,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = Wait,
     .since = "3.0.0",
     .group = "generic",
     .summary = "Waits until so many replicas have what the connection has written.",
     .complexity = "O(1)",
     .tips = kTips,
     .syntax = "numreplicas:int timeout:int"},
    {.name = "waitaof",
     .arity = Exactly(3),
     .flags = kBlocking,
     .categories = kCatConnection,
     .locks = Locks::kNone,
     .run = WaitAof,
     .since = "7.2.0",
     .group = "generic",
     .summary = "Waits until what the connection has written is on the disk, here and of so many replicas.",
     .complexity = "O(1)",
     .tips = kTips,
     .syntax = "numlocal:int numreplicas:int timeout:int"},
};

}  // namespace

Table WaitCommands() { return kWaitCommands; }

}  // namespace zedis::commands

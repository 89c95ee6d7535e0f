#include "engine/dispatch.h"

#include <algorithm>

#include "engine/arguments.h"
#include "engine/transaction.h"

namespace zedis::engine {
namespace {

// Redis shows at most this much of what a client sent in an error.
constexpr std::size_t kShownBytesMax = 128;

}  // namespace

std::size_t Dispatcher::HashKeys(const ResolvedCommand& command, Args args, std::uint64_t seed, KeyPlace* keys) {
  switch (command.shape) {
    case ResolvedCommand::KeyShape::kNone:
      return 0;
    case ResolvedCommand::KeyShape::kOne: {
      const auto first = static_cast<std::size_t>(command.first);
      if (first >= args.size()) return 0;
      keys[first] = {base::HashBytes(args[first], seed), {}};
      return first;
    }
    case ResolvedCommand::KeyShape::kRange: {
      const auto count = static_cast<std::ptrdiff_t>(args.size());
      const std::ptrdiff_t last = command.last >= 0 ? command.last : count + command.last;
      for (std::ptrdiff_t i = command.first; i <= last && i < count; i += command.step) {
        keys[i] = {base::HashBytes(args[static_cast<std::size_t>(i)], seed), {}};
      }
      return command.first < count ? static_cast<std::size_t>(command.first) : 0;
    }
    case ResolvedCommand::KeyShape::kGeneral: {
      std::size_t first = 0;
      ForEachKey(*command.row, args, [&](std::size_t i, const KeySpec&) {
        keys[i] = {base::HashBytes(args[i], seed), {}};
        if (first == 0) first = i;
      });
      return first;
    }
  }
  return 0;
}

Outcome Dispatcher::Refuse(Context& ctx, const ResolvedCommand* command, Args args) const {
  if (command != nullptr) {
    return Reject(ctx, *command, ctx.Fail("ERR wrong number of arguments for '{}' command", command->row->name));
  }
  if (ctx.session->transaction != nullptr) ctx.session->transaction->Fail();
  const ResolvedCommand* container = registry_.Find(args[0]);
  if (container != nullptr) {
    return ctx.Fail("ERR unknown subcommand '{}'. Try {} HELP.", Shown(args[1]), UpperCase(container->row->name));
  }
  std::string shown;
  for (std::size_t i = 1; i < args.size() && shown.size() < kShownBytesMax; ++i) {
    shown += fmt::format("'{}' ", Shown(args[i], kShownBytesMax - shown.size()));
  }
  return ctx.Fail("ERR unknown command '{}', with args beginning with: {}", Shown(args[0]), shown);
}

Outcome Dispatcher::RefuseSubscriber(Context& ctx) {
  return ctx.Fail(
      "ERR Can't execute '{}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this "
      "context",
      ctx.command->row->name);
}

Outcome Dispatcher::Reject(Context& ctx, const ResolvedCommand& command, const Outcome& why) {
  ctx.stats.calls[command.number].CountRejected();
  if (command.row->in_multi == InMulti::kExec) {
    EndTransaction(ctx, *ctx.session);
    std::string_view text = why.error()->text;
    if (text.starts_with("ERR ")) text.remove_prefix(4);
    return ctx.Fail("EXECABORT Transaction discarded because of: {}", text);
  }
  if (ctx.session->transaction != nullptr) ctx.session->transaction->Fail();
  return why;
}

Outcome Dispatcher::RunWithLocks(Context& ctx, const ResolvedCommand& command, Args args) {
  const bool needs_all = command.row->needs_all != nullptr && command.row->needs_all(args);
  switch (needs_all ? Locks::kAll : command.locks) {
    case Locks::kNone:
    case Locks::kVisit:
      return Invoke(ctx, command, args);
    case Locks::kAll: {
      ctx.locks.LockAll();
      const Outcome outcome = Invoke(ctx, command, args);
      ctx.locks.UnlockAll();
      return outcome;
    }
    case Locks::kKeys:
      break;
  }
  if (command.shape == ResolvedCommand::KeyShape::kNone || !ctx.locks.needed()) return Invoke(ctx, command, args);
  // A request whose arguments contradict the key specification locks what is named; the handler refuses it.
  ForEachKey(*command.row, args,
             [&](std::size_t i, const KeySpec&) { ctx.locks.Add(ctx.keyspace.ShardOf(ctx.keys[i].hash)); });
  ctx.locks.LockAdded();
  const Outcome outcome = Invoke(ctx, command, args);
  ctx.locks.UnlockAdded();
  return outcome;
}

}  // namespace zedis::engine

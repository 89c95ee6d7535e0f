#include "engine/dispatch.h"

#include <algorithm>

#include "engine/arguments.h"

namespace zedis::engine {
namespace {

// Redis shows at most this much of what a client sent in an error.
constexpr std::size_t kShownBytesMax = 128;

}  // namespace

const ResolvedCommand* Dispatcher::Lookup(Args args) const {
  const ResolvedCommand* command = registry_.Find(args[0]);
  if (command == nullptr || command->subcommands.empty() || args.size() < 2) return command;
  return Registry::FindSubcommand(*command, args[1]);
}

std::size_t Dispatcher::HashKeys(const ResolvedCommand& command, Args args, std::uint64_t seed, std::uint64_t* hashes) {
  switch (command.shape) {
    case ResolvedCommand::KeyShape::kNone:
      return 0;
    case ResolvedCommand::KeyShape::kOne: {
      const auto first = static_cast<std::size_t>(command.first);
      if (first >= args.size()) return 0;
      hashes[first] = base::HashBytes(args[first], seed);
      return first;
    }
    case ResolvedCommand::KeyShape::kRange: {
      const auto count = static_cast<std::ptrdiff_t>(args.size());
      const std::ptrdiff_t last = command.last >= 0 ? command.last : count + command.last;
      for (std::ptrdiff_t i = command.first; i <= last && i < count; i += command.step) {
        hashes[i] = base::HashBytes(args[static_cast<std::size_t>(i)], seed);
      }
      return command.first < count ? static_cast<std::size_t>(command.first) : 0;
    }
    case ResolvedCommand::KeyShape::kGeneral: {
      std::size_t first = 0;
      ForEachKey(*command.row, args, [&](std::size_t i, const KeySpec&) {
        hashes[i] = base::HashBytes(args[i], seed);
        if (first == 0) first = i;
      });
      return first;
    }
  }
  return 0;
}

Outcome Dispatcher::Refuse(Context& ctx, Args args) const {
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

// Takes the lock or locks that the row asks for around the handler. The command on one key, nearly every one, first.
inline Outcome Dispatcher::RunLocked(Context& ctx, const ResolvedCommand& command, Args args) {
  if (command.shape == ResolvedCommand::KeyShape::kOne && command.row->locks == Locks::kKeys) [[likely]] {
    if (!ctx.locks.needed()) return command.row->run(ctx, args);
    const int shard = ctx.keyspace.ShardOf(ctx.hashes[command.first]);
    ctx.locks.LockOne(shard);
    const Outcome outcome = command.row->run(ctx, args);
    ctx.locks.UnlockOne(shard);
    return outcome;
  }
  return RunWithLocks(ctx, command, args);
}

Outcome Dispatcher::RunWithLocks(Context& ctx, const ResolvedCommand& command, Args args) {
  const Handler run = command.row->run;
  switch (command.row->locks) {
    case Locks::kNone:
      return run(ctx, args);
    case Locks::kAll: {
      ctx.locks.LockAll();
      const Outcome outcome = run(ctx, args);
      ctx.locks.UnlockAll();
      return outcome;
    }
    case Locks::kKeys:
      break;
  }
  if (command.shape == ResolvedCommand::KeyShape::kNone || !ctx.locks.needed()) return run(ctx, args);
  // A request whose arguments contradict the key specification locks what is named; the handler refuses it.
  ForEachKey(*command.row, args,
             [&](std::size_t i, const KeySpec&) { ctx.locks.Add(ctx.keyspace.ShardOf(ctx.hashes[i])); });
  ctx.locks.LockAdded();
  const Outcome outcome = run(ctx, args);
  ctx.locks.UnlockAdded();
  return outcome;
}

void Dispatcher::Run(Context& ctx, const ResolvedCommand* command, Args args, const std::uint64_t* hashes) {
  ctx.command = command;
  ctx.session->last_command.Set(command);
  ctx.hashes = hashes;
  Outcome outcome;
  if (command == nullptr) [[unlikely]] {
    outcome = Refuse(ctx, args);
  } else if (!command->row->arity.Accepts(args.size()) || command->row->run == nullptr) [[unlikely]] {
    ctx.stats.calls[command->number].CountRejected();
    outcome = ctx.Fail("ERR wrong number of arguments for '{}' command", command->row->name);
  } else {
    outcome = gate_.Admit(ctx, args);
    CallStats& calls = ctx.stats.calls[command->number];
    if (outcome.ok()) [[likely]] {
      const std::size_t before = ctx.reply.Output().Size();
      const std::uint64_t start = calls.Begin();
      outcome = RunLocked(ctx, *command, args);
      calls.End(start, ctx.tunables.latency_tracking);
      if (!outcome.ok()) [[unlikely]] {
        // An error replaces whatever the handler had begun to write.
        ctx.reply.Output().Truncate(before);
        calls.CountFailed();
      }
    } else {
      calls.CountRejected();
    }
  }
  if (!outcome.ok()) [[unlikely]]
    ctx.ReplyError(outcome.error()->text);
}

}  // namespace zedis::engine

// Dispatch: from a parsed request to a reply. Finds the row, computes the hashes of the keys, passes the gates, takes
// the locks, runs the handler, writes its error.
//
// What nearly every request needs is inline: it runs millions of times a second.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/context.h"

namespace zedis::engine {

// Decides whether a client may run a command. Implemented by the server (users, passwords, memory, loading).
class Gate {
 public:
  virtual ~Gate() = default;

  // The version of the access rules; it grows whenever the rules of any user change.
  using RulesVersion = std::atomic<std::uint64_t>;
  static constexpr std::uint64_t kFirstRules = 1;

  // Without a version: for rules that never change.
  Gate() : rules_version_(fixed_) {}
  explicit Gate(const RulesVersion& version) : rules_version_(version) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;

  // An error refuses the command. The usual case is decided by one look at the session and the row's flags: the client
  // was found to be under no restriction, and no rule has changed since. A transaction adds to the flags what it is
  // going to need.
  Outcome Admit(Context& ctx, Args args, std::uint32_t flags) {
    if (ctx.session->unrestricted_at == rules_version_.load(std::memory_order_relaxed) && (flags & kProtected) == 0 &&
        ((flags & kDenyOom) == 0 || ctx.tunables.maxmemory_bytes.Get() == 0)) [[likely]] {
      return Done();
    }
    return Decide(ctx, args, flags);
  }
  // The same for a command that was admitted into a transaction, when EXEC runs it: only rules count that have changed
  // since. REQUIRES: the locks that it needs are held.
  Outcome AdmitQueued(Context& ctx, Args args) {
    if (ctx.session->unrestricted_at == rules_version_.load(std::memory_order_relaxed)) [[likely]]
      return Done();
    return DecideQueued(ctx, args);
  }

 protected:
  // Asked about clients that have not logged in or may not do everything, protected commands, and those that need
  // memory if that is limited.
  virtual Outcome Decide(Context& ctx, Args args, std::uint32_t flags) = 0;
  virtual Outcome DecideQueued(Context&, Args) { return Done(); }

 private:
  const RulesVersion fixed_{kFirstRules};
  const RulesVersion& rules_version_;
};

class Dispatcher {
 public:
  Dispatcher(const Registry& registry, Gate& gate) : registry_(registry), gate_(gate) {}

  // The row for a request, subcommands included; null if there is none.
  [[gnu::always_inline]] const ResolvedCommand* Lookup(Args args) const {
    const ResolvedCommand* command = registry_.Find(args[0]);
    if (command == nullptr || !command->has_subcommands || args.size() < 2) [[likely]]
      return command;
    return Registry::FindSubcommand(*command, args[1]);
  }

  // Sets the hashes of all keys in `keys`, which is parallel to the arguments, and forgets their hints. Returns the
  // index of the first key argument, or 0.
  static std::size_t HashKeys(const ResolvedCommand& command, Args args, std::uint64_t seed, KeyPlace* keys);

  // Runs the handler. REQUIRES: the locks that its row asks for are held.
  static Outcome Handle(Context& ctx, const ResolvedCommand& command, Args args) {
    const Outcome outcome = command.run(ctx, args);
    if (ctx.session->is_tracked) [[unlikely]]
      ctx.host.OnTracked(ctx, command, args);
    return outcome;
  }

  // Runs one command and writes its reply. `keys` as filled by HashKeys.
  [[gnu::always_inline]] void Run(Context& ctx, const ResolvedCommand* command, Args args, const KeyPlace* keys) {
    ctx.command = command;
    ctx.session->last_command.Set(command);
    ctx.keys = keys;
    const Outcome outcome = Execute(ctx, command, args);
    if (!outcome.ok()) [[unlikely]]
      ctx.ReplyError(outcome.error()->text);
    if (ctx.has_aftermath) [[unlikely]]
      ctx.aftermath->AfterCommand(ctx);
  }

 private:
  Outcome Execute(Context& ctx, const ResolvedCommand* command, Args args);
  // A RESP2 client could not tell the replies of other commands from messages.
  static bool MayRunWhileSubscribed(const Context& ctx) {
    return (ctx.command->flags & kWhileSubscribed) != 0 || ctx.session->protocol.Get() == resp::Protocol::kResp3;
  }
  static Outcome RefuseSubscriber(Context& ctx);
  Outcome Admit(Context& ctx, Args args, std::uint32_t flags) {
    const Outcome admitted = gate_.Admit(ctx, args, flags);
    if (ctx.session->subscriptions == nullptr || !admitted.ok() || MayRunWhileSubscribed(ctx)) [[likely]]
      return admitted;
    return RefuseSubscriber(ctx);
  }
  static bool IsComplete(const ResolvedCommand* command, Args args) {
    return command != nullptr && command->arity.Accepts(args.size()) && command->run != nullptr;
  }
  // Whether a pause holds up a command with these flags; then it has not run, and is kept.
  static bool MustWait(Context& ctx, std::uint32_t flags) {
    if (!ctx.tunables.client_pause.IsOn()) [[likely]]
      return false;
    return ctx.postponed = ctx.host.MustWait(ctx, flags);
  }
  // With the locks of the command: so once a pause has begun under all locks, nothing that it holds up runs any more.
  static Outcome Invoke(Context& ctx, const ResolvedCommand& command, Args args) {
    return MustWait(ctx, command.flags) ? Done() : Handle(ctx, command, args);
  }
  // How far the arguments lie apart: the size of the request, nearly.
  static std::size_t Extent(Args args) {
    return static_cast<std::size_t>(args.back().data() + args.back().size() - args.front().data());
  }
  static bool IsAtLeast(std::size_t size, const base::Tunable& threshold) {
    return size >= static_cast<std::size_t>(threshold.Get());
  }
  Outcome Refuse(Context& ctx, const ResolvedCommand* command, Args args) const;
  static Outcome Reject(Context& ctx, const ResolvedCommand& command, const Outcome& why);
  static Outcome Call(Context& ctx, const ResolvedCommand& command, Args args);
  static Outcome RunWithLocks(Context& ctx, const ResolvedCommand& command, Args args);
  template <class RunIt>
  static Outcome Measured(Context& ctx, const ResolvedCommand& command, Args args, RunIt run);

  // dispatch_transaction.cc
  Outcome ExecuteBesideTransaction(Context& ctx, const ResolvedCommand* command, Args args);
  Outcome RunTransaction(Context& ctx);
  void RunQueue(Context& ctx, const Transaction& transaction, const KeyPlace* places);

  const Registry& registry_;
  Gate& gate_;
};

// Counts a call and, now and then, measures its time: run(std::uint64_t& start) may begin to if it meets with a delay.
//
// From here on everything is inlined into the batch by force: as calls of their own these few steps cost a request a
// third of its time (bench/LEDGER.md).
template <class RunIt>
[[gnu::always_inline]] inline Outcome Dispatcher::Measured(Context& ctx, const ResolvedCommand& command, Args args,
                                                           RunIt run) {
  CallStats& calls = ctx.stats.calls[command.number];
  const base::CallThresholds& thresholds = ctx.tunables.call_thresholds;
  const std::size_t before = ctx.reply.Output().Size();
  const std::size_t total_before = ctx.reply.Output().TotalBytes();
  std::uint64_t start =
      calls.Begin(IsAtLeast(args.size(), thresholds.arguments) || IsAtLeast(Extent(args), thresholds.request_bytes));
  const Outcome outcome = run(start);
  if (ctx.postponed) [[unlikely]]
    return outcome;
  const std::uint64_t ticks = calls.End(start, ctx.tunables.latency_tracking);
  if (!outcome.ok()) [[unlikely]] {
    // An error replaces whatever the handler had begun to write.
    ctx.reply.Output().Truncate(before);
    calls.CountFailed();
  }
  const std::size_t reply_bytes = ctx.reply.Output().TotalBytes() - total_before;
  if (ticks != 0 || IsAtLeast(reply_bytes, thresholds.reply_bytes) || thresholds.watchers.IsOn()) [[unlikely]]
    ctx.host.OnCall(ctx, args, {ticks, calls.weight(), reply_bytes});
  return outcome;
}

// The command on one key, nearly every one, is dealt with here.
[[gnu::always_inline]] inline Outcome Dispatcher::Call(Context& ctx, const ResolvedCommand& command, Args args) {
  return Measured(ctx, command, args, [&](std::uint64_t& start) __attribute__((always_inline)) {
    if (command.shape != ResolvedCommand::KeyShape::kOne || command.locks != Locks::kKeys) [[unlikely]]
      return RunWithLocks(ctx, command, args);
    if (!ctx.locks.needed()) return Invoke(ctx, command, args);
    const int shard = ctx.keyspace.ShardOf(ctx.keys[command.first].hash);
    if (!ctx.locks.TryLockOne(shard)) [[unlikely]] {
      // Whoever holds it may do so for long.
      if (start == 0) start = base::ReadTicks();
      ctx.locks.LockOne(shard);
    }
    const Outcome result = Invoke(ctx, command, args);
    ctx.locks.UnlockOne(shard);
    return result;
  });
}

[[gnu::always_inline]] inline Outcome Dispatcher::Execute(Context& ctx, const ResolvedCommand* command, Args args) {
  if (ctx.session->transaction != nullptr) [[unlikely]]
    return ExecuteBesideTransaction(ctx, command, args);
  if (!IsComplete(command, args)) [[unlikely]]
    return Refuse(ctx, command, args);
  const Outcome admitted = Admit(ctx, args, command->flags);
  if (!admitted.ok()) [[unlikely]]
    return Reject(ctx, *command, admitted);
  return Call(ctx, *command, args);
}

}  // namespace zedis::engine

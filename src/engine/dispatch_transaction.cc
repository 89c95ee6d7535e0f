// What dispatch does for a session that has a transaction: queues its commands, and runs them all at EXEC under the
// locks of all their keys, so that nobody sees them half done.
#include "engine/dispatch.h"
#include "engine/transaction.h"
#include "engine/watches.h"

namespace zedis::engine {
namespace {

constexpr Error kNotInTransaction{"ERR Command not allowed inside a transaction"};
constexpr Error kAbortedByErrors{"EXECABORT Transaction discarded because of previous errors."};

// As in Redis, out of memory nothing is queued, for a queue takes memory of which nobody knows the end. EXEC needs what
// its commands need, and whoever wants to end the transaction may.
std::uint32_t MemoryFlags(const Transaction& transaction, InMulti in_multi) {
  switch (in_multi) {
    case InMulti::kQueued:
    case InMulti::kAtOnce:
      return kDenyOom;
    case InMulti::kEnds:
      return 0;
    case InMulti::kExec:
      return transaction.flags() & kDenyOom;
  }
  return 0;
}

}  // namespace

Outcome Dispatcher::ExecuteBesideTransaction(Context& ctx, const ResolvedCommand* command, Args args) {
  if (!IsComplete(command, args)) return Refuse(ctx, command, args);
  Transaction& transaction = *ctx.session->transaction;
  const InMulti in_multi = command->row->in_multi;
  std::uint32_t flags = command->flags;
  if (transaction.open()) {
    if ((flags & kNoMulti) != 0) return Reject(ctx, *command, kNotInTransaction);
    flags |= MemoryFlags(transaction, in_multi);
  }
  const Outcome admitted = Admit(ctx, args, flags);
  if (!admitted.ok()) return Reject(ctx, *command, admitted);
  if (!transaction.open() || in_multi == InMulti::kAtOnce || in_multi == InMulti::kEnds)
    return Call(ctx, *command, args);
  if (in_multi == InMulti::kExec) {
    const Outcome outcome = Measured(ctx, *command, args, [&](std::uint64_t&) { return RunTransaction(ctx); });
    if (ctx.session->is_tracked && !ctx.postponed) ctx.host.OnTracked(ctx, *command, args);
    return outcome;
  }
  if (MustWait(ctx, flags)) return Done();
  Enqueue(*ctx.session, *command, args);
  ctx.reply.Queued();
  return Done();
}

namespace {

// Hashes the keys of what was queued, and collects the shards of all keys unless all are going to be locked.
void CollectKeys(Context& ctx, Transaction& transaction, std::span<KeyPlace> places) {
  const bool collect = ctx.locks.needed() && !transaction.needs_all_locks();
  for (const Transaction::Queued& queued : transaction.queue()) {
    Dispatcher::HashKeys(*queued.command, queued.args, ctx.keyspace.seed(), places.data());
    if (collect && queued.command->shape != ResolvedCommand::KeyShape::kNone) {
      ForEachKey(*queued.command->row, queued.args,
                 [&](std::size_t i, const KeySpec&) { ctx.locks.Add(ctx.keyspace.ShardOf(places[i].hash)); });
    }
    places = places.subspan(queued.args.size());
  }
  if (!collect) return;
  for (const Transaction::WatchedKey& watched : transaction.watched()) {
    ctx.locks.Add(ctx.keyspace.ShardOf(watched.hash));
  }
}

// Whether a watched key has changed. One that has become due meanwhile has, and goes now. REQUIRES: their locks.
bool IsTouched(Context& ctx, Transaction& transaction) {
  for (const Transaction::WatchedKey& watched : transaction.watched()) ctx.PeekIn(watched.Key(), watched.database);
  return ctx.session->watch_touched.Get();
}

// Once one of the commands is CLIENT REPLY OFF, the replies of those behind it are left out, although they are elements
// of an array by then: so Redis does.
void LeaveOut(Context& ctx) {
  const ReplyMode mode = ctx.session->reply_mode;
  if (mode == ReplyMode::kOff || mode == ReplyMode::kSkipThis) ctx.reply.Output().Truncate(ctx.reply_begin);
  ctx.reply_begin = ctx.reply.Output().Size();
}

}  // namespace

// REQUIRES: all locks that the commands need.
void Dispatcher::RunQueue(Context& ctx, const Transaction& transaction, const KeyPlace* places) {
  const ResolvedCommand* const exec = ctx.command;
  ctx.reply.ArrayHeader(transaction.queue().size());
  LeaveOut(ctx);
  ctx.may_block = false;
  for (const Transaction::Queued& queued : transaction.queue()) {
    ctx.command = queued.command;
    ctx.keys = places;
    const Outcome admitted = gate_.AdmitQueued(ctx, queued.args);
    const Outcome outcome =
        !admitted.ok() ? admitted : Measured(ctx, *queued.command, queued.args, [&](std::uint64_t&) {
          return Handle(ctx, *queued.command, queued.args);
        });
    if (!outcome.ok()) ctx.ReplyError(outcome.error()->text);
    LeaveOut(ctx);
    places += queued.args.size();
  }
  ctx.may_block = true;
  ctx.command = exec;
}

Outcome Dispatcher::RunTransaction(Context& ctx) {
  Session& session = *ctx.session;
  Transaction& transaction = *session.transaction;
  if (transaction.failed()) {
    EndTransaction(ctx, session);
    return kAbortedByErrors;
  }
  bool touched = session.watch_touched.Get();
  if (!touched) {
    const std::span<KeyPlace> places = transaction.MakeKeyPlaces();
    CollectKeys(ctx, transaction, places);
    const bool all = transaction.needs_all_locks();
    all ? ctx.locks.LockAll() : ctx.locks.LockAdded();
    const bool waits = MustWait(ctx, ctx.command->flags | transaction.flags());
    touched = !waits && IsTouched(ctx, transaction);
    if (!waits && !touched) {
      UnwatchLocked(ctx, session);
      RunQueue(ctx, transaction, places.data());
    }
    all ? ctx.locks.UnlockAll() : ctx.locks.UnlockAdded();
    if (waits) return Done();
  }
  if (touched) ctx.reply.NullArray();
  EndTransaction(ctx, session);
  return Done();
}

}  // namespace zedis::engine

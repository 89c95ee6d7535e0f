// MULTI, EXEC, DISCARD, WATCH, UNWATCH. What a transaction is, engine/transaction.h says; queueing and running it is
// dispatch's business (engine/dispatch_transaction.cc), so that the commands in it need not know.
#include "commands/tables.h"
#include "engine/context.h"
#include "engine/transaction.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kNested{"ERR MULTI calls can not be nested"};
constexpr Error kExecWithoutMulti{"ERR EXEC without MULTI"};
constexpr Error kDiscardWithoutMulti{"ERR DISCARD without MULTI"};
constexpr Error kWatchInside{"ERR WATCH inside MULTI is not allowed"};

Outcome Multi(Context& ctx, Args) {
  if (InTransaction(*ctx.session)) return kNested;
  OpenTransaction(ctx, *ctx.session);
  ctx.reply.Ok();
  return Done();
}

// Dispatch runs what was queued; here only who has queued nothing arrives.
Outcome Exec(Context&, Args) { return kExecWithoutMulti; }

Outcome Discard(Context& ctx, Args) {
  if (!InTransaction(*ctx.session)) return kDiscardWithoutMulti;
  EndTransaction(ctx, *ctx.session);
  ctx.reply.Ok();
  return Done();
}

Outcome WatchKeys(Context& ctx, Args args) {
  Session& session = *ctx.session;
  if (InTransaction(session)) return kWatchInside;
  for (std::size_t i = 1; i < args.size() && !session.watch_touched.Get(); ++i) {
    const store::Key key = ctx.KeyAt(args, i);
    // What is due goes first: then its going is no change that the client would have to know of.
    ctx.Peek(key);
    Watch(ctx, session, key);
  }
  ctx.reply.Ok();
  return Done();
}

Outcome UnwatchKeys(Context& ctx, Args) {
  Unwatch(ctx, *ctx.session);
  ctx.reply.Ok();
  return Done();
}

constexpr std::uint32_t kOfTransactions = kNoScript | kLoading | kStale | kFast | kAllowBusy;
constexpr KeySpec kWatchedKeys[] = {{.flags = kKeyReadOnly, .last = -1}};

constexpr Command kTransactionCommands[] = {
    {.name = "multi",
     .arity = Exactly(0),
     .flags = kOfTransactions,
     .categories = kCatTransaction,
     .locks = Locks::kNone,
     .run = Multi,
     .in_multi = InMulti::kAtOnce,
     .since = "1.2.0",
     .group = "transactions",
     .summary = "Begins a transaction: the commands that follow are queued until EXEC.",
     .complexity = "O(1)"},
    {.name = "exec",
     .arity = Exactly(0),
     .flags = kNoScript | kLoading | kStale | kSkipSlowlog,
     .categories = kCatTransaction,
     .locks = Locks::kNone,
     .run = Exec,
     .in_multi = InMulti::kExec,
     .since = "1.2.0",
     .group = "transactions",
     .summary = "Runs the queued commands as one, unless a watched key has changed.",
     .complexity = "Depends on commands in the transaction"},
    {.name = "discard",
     .arity = Exactly(0),
     .flags = kOfTransactions,
     .categories = kCatTransaction,
     .locks = Locks::kNone,
     .run = Discard,
     .in_multi = InMulti::kEnds,
     .since = "2.0.0",
     .group = "transactions",
     .summary = "Forgets the queued commands and the watched keys.",
     .complexity = "O(N), when N is the number of queued commands"},
    {.name = "watch",
     .arity = AtLeast(1),
     .flags = kOfTransactions,
     .categories = kCatTransaction,
     .keys = kWatchedKeys,
     .run = WatchKeys,
     .in_multi = InMulti::kAtOnce,
     .since = "2.2.0",
     .group = "transactions",
     .summary = "Makes the next EXEC do nothing if one of the keys has changed by then.",
     .complexity = "O(1) for every key.",
     .syntax = "key#0..."},
    {.name = "unwatch",
     .arity = Exactly(0),
     .flags = kOfTransactions,
     .categories = kCatTransaction,
     .locks = Locks::kNone,
     .run = UnwatchKeys,
     .since = "2.2.0",
     .group = "transactions",
     .summary = "Forgets all watched keys.",
     .complexity = "O(1)"},
};

}  // namespace

Table TransactionCommands() { return kTransactionCommands; }

}  // namespace zedis::commands

#include "engine/blocking.h"

#include <mutex>

namespace zedis::engine {
namespace {

constexpr Error kUnblocked{"UNBLOCKED client unblocked via CLIENT UNBLOCK"};

// What a context says of the command that runs, put back at the end.
class Interruption {
 public:
  explicit Interruption(Context& ctx)
      : ctx_(ctx), reply_(ctx.reply), session_(ctx.session), command_(ctx.command), keys_(ctx.keys) {}
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  ~Interruption() {
    ctx_.reply = reply_;
    ctx_.session = session_;
    ctx_.command = command_;
    ctx_.keys = keys_;
    ctx_.serving = nullptr;
  }

 private:
  Context& ctx_;
  const resp::Reply reply_;
  Session* const session_;
  const ResolvedCommand* const command_;
  const KeyPlace* const keys_;
};

// All of the reply as one text.
std::string Flat(const resp::OutputBuffer& output) {
  std::string text;
  text.reserve(output.TotalBytes());
  std::size_t from = 0;
  for (const resp::Attachment& attachment : output.Attachments()) {
    text.append(output.Bytes(), from, attachment.Offset() - from);
    text.append(attachment.Bytes());
    from = attachment.Offset();
  }
  text.append(output.Bytes(), from);
  return text;
}

std::shared_ptr<Waiter> WaiterOf(const Session& session) {
  const std::lock_guard lock(session.waiter_lock);
  return session.waiter;
}

void SetWaiter(Session& session, std::shared_ptr<Waiter> waiter) {
  const std::uint32_t flags = session.shown_flags.Get();
  session.shown_flags.Set(waiter != nullptr ? flags | Session::kShowBlocked : flags & ~Session::kShowBlocked);
  const std::lock_guard lock(session.waiter_lock);
  session.waiter.swap(waiter);
}

}  // namespace

// --- beginning to wait

Outcome Blocking::Block(Context& ctx, Args args, const WaitRequest& request) {
  if (ctx.serving != nullptr) {
    ctx.blocking->found_nothing_ = true;
  } else if (ctx.blocking == nullptr || !ctx.may_block) {
    (request.at_once != nullptr ? request.at_once : request.timed_out)(ctx.reply);
  } else {
    ctx.blocking->Begin(ctx, args, request);
  }
  return Done();
}

void Blocking::Begin(Context& ctx, Args args, const WaitRequest& request) {
  const auto waiter = std::make_shared<Waiter>(ctx, args, request, table_.NewNumber());
  table_.Enter(waiter);
  table_.CountClient(*waiter, 1);
  if (waiter->deadline_ms != 0) deadlines_.emplace(Deadline{waiter->deadline_ms, waiter->number}, waiter);
  SetWaiter(*ctx.session, waiter);
  ctx.outbox.Stall(*ctx.session);
}

// A change that another worker has made and is about to serve from: those who wait already are the first.
bool Blocking::IsPromised(Context& ctx, const store::Key& key, WaitFor what) {
  return ctx.blocking != nullptr && ctx.may_block && ctx.serving == nullptr &&
         ctx.blocking->table_.IsAwaited(key, ctx.session->database.Get(), what);
}

// --- serving

void Blocking::NoteReady(Context& ctx, const store::Key& key, int database) {
  // It is served from just now, until nothing is left.
  if (ctx.serving != nullptr && ctx.serving->bytes == key.bytes && ctx.session->database.Get() == database) return;
  // It changed just before, in the same transaction.
  if (!ready_.empty() && ready_.back().hash == key.hash && ready_.back().database == database &&
      ready_.back().bytes == key.bytes) {
    return;
  }
  ready_.push_back({database, key.hash, std::string(key.bytes)});
  ctx.has_aftermath = true;
}

void Blocking::AfterCommand(Context& ctx) {
  ctx.has_aftermath = false;
  const Interruption interruption(ctx);
  while (!ready_.empty()) {
    const ReadyKey ready = std::move(ready_.front());
    ready_.pop_front();
    ServeKey(ctx, ready);
  }
  ctx.has_aftermath = false;
}

void Blocking::ServeKey(Context& ctx, const ReadyKey& ready) {
  const store::Key key{ready.bytes, ready.hash, {}};
  std::uint64_t after = 0;
  while (const std::shared_ptr<Waiter> waiter = Next(ctx, key, ready.database, after)) {
    after = waiter->number;
    Serve(ctx, waiter, key);
  }
}

std::shared_ptr<Waiter> Blocking::Next(Context& ctx, const store::Key& key, int database, std::uint64_t after) {
  const int shard = ctx.keyspace.ShardOf(key.hash);
  ctx.locks.LockOne(shard);
  std::shared_ptr<Waiter> next = table_.Next(key, database, after, ctx.PeekIn(key, database));
  ctx.locks.UnlockOne(shard);
  return next;
}

bool Blocking::Serve(Context& ctx, const std::shared_ptr<Waiter>& waiter, const store::Key& key) {
  for (const std::uint16_t shard : waiter->shards()) ctx.locks.Add(shard);
  ctx.locks.LockAdded();
  const bool served = waiter->DecideBy([&] { return RunFor(ctx, *waiter, key); });
  if (served) table_.Leave(*waiter);
  ctx.locks.UnlockAdded();
  if (!served) return false;
  std::string reply = Flat(output_);
  output_.Clear();
  if (&waiter->address->desk == ctx.desk) {
    Finish(ctx, *waiter, reply);
  } else {
    waiter->address->desk.Post(
        [waiter, reply = std::move(reply)](Context& owner) { owner.blocking->Finish(owner, *waiter, reply); });
  }
  return true;
}

// False if there is nothing for it. REQUIRES: the locks of its keys, and the waiter's own.
bool Blocking::RunFor(Context& ctx, const Waiter& waiter, const store::Key& key) {
  if (!waiter.Wants(ctx.PeekIn(key, waiter.database))) return false;
  proxy_.id = waiter.session_id;
  proxy_.database.Set(waiter.database);
  proxy_.protocol.Set(waiter.protocol);
  proxy_.no_touch = waiter.no_touch;
  ctx.session = &proxy_;
  ctx.reply = resp::Reply(output_, waiter.protocol);
  ctx.command = &waiter.command;
  ctx.keys = waiter.places();
  ctx.serving = &key;
  found_nothing_ = false;
  const Outcome outcome = waiter.command.run(ctx, waiter.args());
  ctx.serving = nullptr;
  if (found_nothing_ || !outcome.ok()) output_.Clear();
  if (found_nothing_) return false;
  if (!outcome.ok()) {
    ctx.stats.calls[waiter.command.number].CountFailed();
    ctx.ReplyError(outcome.error()->text);
  }
  return true;
}

// --- the end of a wait

void Blocking::Leave(Context& ctx, const Waiter& waiter) {
  for (const std::uint16_t shard : waiter.shards()) ctx.locks.Add(shard);
  ctx.locks.LockAdded();
  table_.Leave(waiter);
  ctx.locks.UnlockAdded();
}

void Blocking::EndOverdue(Context& ctx) {
  while (next_deadline_ms() <= ctx.now_ms) {
    const std::shared_ptr<Waiter> waiter = std::move(deadlines_.begin()->second);
    deadlines_.erase(deadlines_.begin());
    // Else somebody has just served it, and the reply is on its way.
    if (waiter->Decide()) EndUnserved(ctx, *waiter, Unserved::kTimedOut);
  }
}

bool Blocking::Unblock(Session& session, Unserved how) {
  const std::shared_ptr<Waiter> waiter = WaiterOf(session);
  if (waiter == nullptr || !waiter->Decide()) return false;
  waiter->address->desk.Post([waiter, how](Context& owner) { owner.blocking->EndUnserved(owner, *waiter, how); });
  return true;
}

void Blocking::Abandon(Session& session) {
  const std::shared_ptr<Waiter> waiter = WaiterOf(session);
  if (waiter == nullptr || !waiter->Decide()) return;
  waiter->address->desk.Post([waiter](Context& owner) { owner.blocking->Leave(owner, *waiter); });
}

void Blocking::EndUnserved(Context& ctx, Waiter& waiter, Unserved how) {
  Leave(ctx, waiter);
  const Interruption interruption(ctx);
  ctx.reply = resp::Reply(output_, waiter.protocol);
  switch (how) {
    case Unserved::kTimedOut:
      waiter.timed_out(ctx.reply);
      break;
    case Unserved::kUnblocked:
      ctx.stats.calls[waiter.command.number].CountFailed();
      ctx.ReplyError(kUnblocked.text);
      break;
  }
  Finish(ctx, waiter, output_.Bytes());
  output_.Clear();
}

// In the thread of the client's worker, when all else is done.
void Blocking::Finish(Context& ctx, Waiter& waiter, std::string_view reply) {
  Session* const session = waiter.address->session;
  if (session == nullptr) return;
  Forget(*session, waiter);
  if (!waiter.is_silent) ctx.outbox.Push(*session, reply);
  ctx.outbox.Resume(*session);
}

void Blocking::OnSessionEnd(Context& ctx, Session& session) {
  const std::shared_ptr<Waiter> waiter = session.waiter;
  if (waiter == nullptr) return;
  Forget(session, *waiter);
  if (waiter->Decide()) Leave(ctx, *waiter);
}

void Blocking::Forget(Session& session, const Waiter& waiter) {
  deadlines_.erase({waiter.deadline_ms, waiter.number});
  SetWaiter(session, nullptr);
  table_.CountClient(waiter, -1);
}

}  // namespace zedis::engine

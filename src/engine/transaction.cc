#include "engine/transaction.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/memory_count.h"
#include "engine/context.h"
#include "engine/visit.h"
#include "engine/watches.h"

namespace zedis::engine {
namespace {

bool NeedsAllLocks(const ResolvedCommand& command, Args args) {
  switch (command.locks) {
    case Locks::kNone:
      return false;
    case Locks::kVisit:
    case Locks::kAll:
      return true;
    case Locks::kKeys:
      return command.row->needs_all != nullptr && command.row->needs_all(args);
  }
  return true;
}

void Publish(Session& session) {
  const Transaction* transaction = session.transaction.get();
  const bool open = transaction != nullptr && transaction->open();
  session.queued_commands.Set(open ? static_cast<std::int32_t>(transaction->queue().size()) : -1);
  session.watched_keys.Set(transaction != nullptr ? static_cast<std::uint32_t>(transaction->watched().size()) : 0);
  session.transaction_bytes.Set(transaction != nullptr ? transaction->bytes() : 0);
}

void ForgetWatched(Session& session) {
  session.transaction->ClearWatched();
  session.watch_touched.Set(false);
}

}  // namespace

void TransactionDeleter::operator()(Transaction* transaction) const { delete transaction; }

Transaction::Transaction() { CountMemory(); }

Transaction::~Transaction() { base::MemoryCount::AddClient(-static_cast<std::ptrdiff_t>(counted_bytes_)); }

void Transaction::CountMemory() {
  const std::size_t bytes = sizeof(Transaction) + block_bytes_ + watched_bytes_ + queue_.capacity() * sizeof(Queued) +
                            places_.capacity() * sizeof(KeyPlace);
  if (bytes == counted_bytes_) return;
  base::MemoryCount::AddClient(static_cast<std::ptrdiff_t>(bytes) - static_cast<std::ptrdiff_t>(counted_bytes_));
  counted_bytes_ = bytes;
}

char* Transaction::Take(std::size_t bytes) {
  if (static_cast<std::size_t>(end_ - next_) < bytes) {
    const std::size_t doubled = std::clamp(block_bytes_, kBlockBytesMin, kBlockBytesMax);
    const std::size_t size = std::max(bytes, doubled);
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    next_ = blocks_.back().bytes.get();
    end_ = next_ + size;
    block_bytes_ += size;
    CountMemory();
  }
  return std::exchange(next_, next_ + bytes);
}

void Transaction::Queue(const ResolvedCommand& command, Args args) {
  std::size_t bytes = args.size() * sizeof(std::string_view);
  for (const std::string_view arg : args) bytes += arg.size();
  constexpr std::size_t kAlignment = alignof(std::string_view);
  bytes = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  char* const piece = Take(bytes);
  auto* const views = reinterpret_cast<std::string_view*>(piece);
  char* text = piece + args.size() * sizeof(std::string_view);
  for (std::size_t i = 0; i < args.size(); ++i) {
    new (views + i) std::string_view(text, args[i].size());
    if (!args[i].empty()) std::memcpy(text, args[i].data(), args[i].size());
    text += args[i].size();
  }
  const std::size_t capacity = queue_.capacity();
  queue_.push_back({&command, {views, args.size()}});
  if (queue_.capacity() != capacity) CountMemory();
  arguments_ += args.size();
  bytes_ += sizeof(Queued) + bytes;
  flags_ |= command.flags;
  needs_all_locks_ |= NeedsAllLocks(command, args);
}

void Transaction::AddWatched(const store::Key& key, int database) {
  watched_.push_back({std::string(key.bytes), key.hash, database});
  watched_bytes_ += sizeof(WatchedKey) + kWatchTableBytes + 2 * key.bytes.size();
  CountMemory();
}

void Transaction::ClearWatched() {
  if (watched_.empty()) return;
  watched_ = {};
  watched_bytes_ = 0;
  CountMemory();
}

std::span<KeyPlace> Transaction::MakeKeyPlaces() {
  if (places_.size() < arguments_) {
    places_.resize(arguments_);
    CountMemory();
  }
  return {places_.data(), arguments_};
}

void Transaction::Clear() {
  const auto kept = std::ranges::find_if(blocks_, [](const Block& block) { return block.size <= kBlockBytesMax; });
  if (kept != blocks_.end()) {
    std::swap(*kept, blocks_.front());
    blocks_.resize(1);
    block_bytes_ = blocks_.front().size;
    next_ = blocks_.front().bytes.get();
    end_ = next_ + block_bytes_;
  } else {
    blocks_.clear();
    block_bytes_ = 0;
    next_ = end_ = nullptr;
  }
  queue_.clear();
  if (queue_.capacity() > kCommandsKept) queue_.shrink_to_fit();
  if (places_.size() > kCommandsKept) places_ = {};
  arguments_ = bytes_ = 0;
  flags_ = 0;
  open_ = failed_ = needs_all_locks_ = false;
  CountMemory();
}

Transaction& TransactionOf(Context& ctx, Session& session) {
  if (session.transaction == nullptr) {
    session.transaction =
        ctx.spare_transaction != nullptr ? std::move(ctx.spare_transaction) : TransactionPointer(new Transaction);
  }
  return *session.transaction;
}

void OpenTransaction(Context& ctx, Session& session) {
  TransactionOf(ctx, session).Open();
  Publish(session);
}

void Enqueue(Session& session, const ResolvedCommand& command, Args args) {
  if (session.transaction->failed() || session.watch_touched.Get()) return;  // it is never going to run
  session.transaction->Queue(command, args);
  Publish(session);
}

void Watch(Context& ctx, Session& session, const store::Key& key) {
  const int database = session.database.Get();
  if (!ctx.watches->Add(key, database, session)) return;
  TransactionOf(ctx, session).AddWatched(key, database);
  Publish(session);
}

void UnwatchLocked(Context& ctx, Session& session) {
  for (const Transaction::WatchedKey& watched : session.transaction->watched()) {
    ctx.watches->Remove(watched.Key(), watched.database, session);
  }
  ForgetWatched(session);
  Publish(session);
}

void Unwatch(Context& ctx, Session& session) {
  if (session.transaction == nullptr) return;
  for (const Transaction::WatchedKey& watched : session.transaction->watched()) {
    VisitShard(ctx, ctx.keyspace.ShardOf(watched.hash),
               [&](int) { ctx.watches->Remove(watched.Key(), watched.database, session); });
  }
  ForgetWatched(session);
  // Without MULTI it is as good as new: the worker uses it again.
  if (!session.transaction->open()) ctx.spare_transaction = std::move(session.transaction);
  Publish(session);
}

void EndTransaction(Context& ctx, Session& session) {
  if (session.transaction == nullptr) return;
  session.transaction->Clear();
  Unwatch(ctx, session);
}

}  // namespace zedis::engine

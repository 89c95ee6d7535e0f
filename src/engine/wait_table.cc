#include "engine/wait_table.h"

#include <algorithm>

#include "engine/blocking.h"

namespace zedis::engine {
namespace {

// Of what happens to streams, only a new entry serves anybody, and the end of a group tells those who wait in it. As in
// Redis, a group that is set back to an older id does not wake its consumers.
bool MayServe(const Event& event) {
  if (event.event_class == base::NotifyFlag{}) return false;
  return event.event_class != base::kNotifyStream || event.name == "xadd" || event.name == "xgroup-destroy";
}

}  // namespace

void WaitTable::Enter(const std::shared_ptr<Waiter>& waiter) {
  for (const store::Key& key : waiter->keys()) {
    Queue& queue = queues_.FindOrMake(key, waiter->database);
    if (queue.waiters.empty()) keys_.fetch_add(1, std::memory_order_relaxed);
    const bool is_new = queue.waiters.emplace(waiter->number, waiter).second;  // else the key is named twice
    if (is_new && waiter->what == WaitFor::kGroup && queue.of_groups++ == 0) {
      keys_of_groups_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  if (!waiter->keys().empty()) door_.AddInterest();
}

void WaitTable::Leave(const Waiter& waiter) {
  for (const store::Key& key : waiter.keys()) {
    Queue* queue = queues_.Find(key, waiter.database);
    if (queue == nullptr || queue->waiters.erase(waiter.number) == 0) continue;
    if (waiter.what == WaitFor::kGroup && --queue->of_groups == 0) {
      keys_of_groups_.fetch_sub(1, std::memory_order_relaxed);
    }
    if (!queue->waiters.empty()) continue;
    queues_.Erase(key, waiter.database);
    keys_.fetch_sub(1, std::memory_order_relaxed);
  }
  if (!waiter.keys().empty()) door_.RemoveInterest();
}

std::shared_ptr<Waiter> WaitTable::Next(const store::Key& key, int database, std::uint64_t after,
                                        const store::Entry* entry) {
  const Queue* queue = queues_.Find(key, database);
  if (queue == nullptr) return nullptr;
  const auto found = std::find_if(queue->waiters.upper_bound(after), queue->waiters.end(),
                                  [&](const auto& place) { return place.second->Wants(entry); });
  return found != queue->waiters.end() ? found->second : nullptr;
}

bool WaitTable::IsAwaited(const store::Key& key, int database, WaitFor what) {
  const Queue* queue = queues_.Find(key, database);
  return queue != nullptr && std::ranges::any_of(queue->waiters, [&](const auto& place) {
           return place.second->what == what && place.second->is_waiting();
         });
}

void WaitTable::OnChange(Context& ctx, const Change& change) {
  if (MayServe(change.event) && queues_.Find(change.key, change.database) != nullptr) {
    ctx.blocking->NoteReady(ctx, change.key, change.database);
  }
}

void WaitTable::NoteAll(Context& ctx, int database) {
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
    queues_.ForEach(shard, database,
                    [&](const store::Key& key, const Queue&) { ctx.blocking->NoteReady(ctx, key, database); });
  }
}

void WaitTable::OnFlush(Context& ctx, int database) { NoteAll(ctx, database); }

// Clients wait at a name in a database, whatever it holds.
void WaitTable::OnSwap(Context& ctx, int one, int other) {
  NoteAll(ctx, one);
  NoteAll(ctx, other);
}

}  // namespace zedis::engine

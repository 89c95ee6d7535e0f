#include "engine/watches.h"

#include <algorithm>

#include "base/check.h"
#include "engine/context.h"

namespace zedis::engine {

bool Watches::Add(const store::Key& key, int database, Session& session) {
  Watchers& watchers = table_.FindOrMake(key, database);
  if (watchers.empty()) keys_.fetch_add(1, std::memory_order_relaxed);
  if (std::ranges::find(watchers, &session, &Watcher::session) != watchers.end()) return false;
  watchers.push_back({&session});
  door_.AddInterest();
  return true;
}

void Watches::Remove(const store::Key& key, int database, Session& session) {
  Watchers* watchers = table_.Find(key, database);
  CHECK(watchers != nullptr &&
        std::erase_if(*watchers, [&](const Watcher& one) { return one.session == &session; }) == 1);
  door_.RemoveInterest();
  if (!watchers->empty()) return;
  table_.Erase(key, database);
  keys_.fetch_sub(1, std::memory_order_relaxed);
}

void Watches::OnChange(Context&, const Change& change) {
  if (!change.event.new_value) return;
  Watchers* watchers = table_.Find(change.key, change.database);
  if (watchers == nullptr) return;
  for (Watcher& watcher : *watchers) {
    if (watcher.came_due && change.event.event_class == base::kNotifyExpired) {
      watcher.came_due = false;
    } else {
      watcher.Touch();
    }
  }
}

// Only what was there goes.
void Watches::OnFlush(Context&, int database) {
  for (int shard = 0; shard < keyspace_.shards(); ++shard) {
    table_.ForEach(shard, database, [&](const store::Key& key, Watchers& watchers) {
      if (keyspace_.database(shard, database).Find(key) == nullptr) return;
      for (Watcher& watcher : watchers) watcher.came_due ? void(watcher.came_due = false) : watcher.Touch();
    });
  }
}

void Watches::OnSwap(Context& ctx, int one, int other) {
  Swapped(ctx, one, other);
  Swapped(ctx, other, one);
}

// What is watched in `database` was what is now in `other`. Equal values are no excuse, as in Redis.
void Watches::Swapped(Context& ctx, int database, int other) {
  for (int shard = 0; shard < keyspace_.shards(); ++shard) {
    table_.ForEach(shard, database, [&](const store::Key& key, Watchers& watchers) {
      const bool was_there = keyspace_.database(shard, other).Find(key) != nullptr;
      const store::Entry* entry = keyspace_.database(shard, database).Find(key);
      const bool is_due = entry != nullptr && entry->ExpiredAt(ctx.now_ms);
      for (Watcher& watcher : watchers) {
        const bool was_absent = watcher.came_due || !was_there;
        const bool is_absent = entry == nullptr || is_due;
        if (!was_absent || !is_absent) watcher.Touch();
        watcher.came_due = was_absent && is_due;
      }
    });
  }
}

}  // namespace zedis::engine

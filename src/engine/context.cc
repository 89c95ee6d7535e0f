#include "engine/context.h"

namespace zedis::engine {

store::Entry* Context::PeekIn(const store::Key& key, int database) {
  store::Database& owner = keyspace.DatabaseOf(key, database);
  const store::Database::Slot slot = owner.FindSlot(key);
  if (!slot) return nullptr;
  store::Entry* entry = owner.At(slot);
  if (!entry->ExpiredAt(now_ms)) return entry;
  Expire(key, database, slot);
  return nullptr;
}

void Context::Expire(const store::Key& key, int database, store::Database::Slot slot) {
  // The key's bytes may be the entry's own, so observers are told first.
  ++stats.expired_keys;
  door.Report({key, database, {base::kNotifyExpired, "expired"}});
  keyspace.DatabaseOf(key, database).EraseSlot(key, slot);
}

void Context::Evict(const store::Key& key, int database, store::Database::Slot slot) {
  ++stats.evicted_keys;
  door.Report({key, database, {base::kNotifyEvicted, "evicted"}});
  keyspace.DatabaseOf(key, database).EraseSlot(key, slot);
}

void Context::ExpireAll(int shard, int database, std::span<const base::Arena::Handle> entries) {
  store::Database& owner = keyspace.database(shard, database);
  for (const base::Arena::Handle handle : entries) {
    const auto* entry = reinterpret_cast<const store::Entry*>(owner.arena().At(handle));
    const store::Key key = keyspace.MakeKey(entry->key());
    Expire(key, database, owner.FindSlot(key));
  }
}

void Context::NoteMiss(const store::Key& key, int database) {
  ++stats.keyspace_misses;
  if ((tunables.notify_keyspace_events.Get() & base::kNotifyKeyMiss) != 0) [[unlikely]] {
    door.ReportMiss({key, database, {base::kNotifyKeyMiss, "keymiss"}});
  }
}

std::uint32_t Context::FrequencyAfter(const store::Entry* overwritten) {
  if (overwritten == nullptr) return access_clock & store::kAccessMask;
  return store::AfterAccess(overwritten->access(), now_ms, tunables, Random());
}

}  // namespace zedis::engine

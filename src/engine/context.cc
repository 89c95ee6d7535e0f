#include "engine/context.h"

#include "store/value_ops.h"

namespace zedis::engine {

store::Entry* Context::PeekIn(const store::Key& key, int database) {
  store::Database& owner = keyspace.DatabaseOf(key, database);
  const store::Database::Slot slot = owner.FindSlot(key);
  if (!slot) return nullptr;
  if (!slot.marked() || store::Database::DueAt(*owner.At(slot)) > now_ms) return owner.At(slot);
  return HideDue(key, database, slot);
}

store::Entry* Context::HideDue(const store::Key& key, int database, store::Database::Slot slot) {
  store::Database& owner = keyspace.DatabaseOf(key, database);
  store::Entry* entry = owner.At(slot);
  if (entry->ExpiredAt(now_ms)) {
    Expire(key, database, slot);
    return nullptr;
  }
  // All or nothing: a command that looks a key up twice must find it where it was.
  if (!store::RowOf(entry->type()).sheds_at_once(*entry)) return entry;
  while (!ShedDue(key, database, entry)) {
  }
  return owner.Find(key);
}

bool Context::ShedDue(const store::Key& key, int database, store::Entry* entry) {
  store::Database& owner = keyspace.DatabaseOf(key, database);
  const store::DueParts parts = store::RowOf(entry->type()).shed_due(owner, key, entry, now_ms);
  if (parts.removed == 0) return !parts.more;
  stats.expired_fields += parts.removed;
  door.Report(*this, {key, database, {base::kNotifyHash, "hexpired"}});
  if (!parts.empty) return !parts.more;
  owner.Erase(key);
  door.Report(*this, {key, database, {base::kNotifyGeneric, "del"}});
  return true;
}

void Context::Expire(const store::Key& key, int database, store::Database::Slot slot) {
  // The key's bytes may be the entry's own, so observers are told first.
  ++stats.expired_keys;
  door.Report(*this, {key, database, {base::kNotifyExpired, "expired"}});
  keyspace.DatabaseOf(key, database).EraseSlot(key, slot);
}

void Context::Evict(const store::Key& key, int database, store::Database::Slot slot) {
  ++stats.evicted_keys;
  door.Report(*this, {key, database, {base::kNotifyEvicted, "evicted"}});
  keyspace.DatabaseOf(key, database).EraseSlot(key, slot);
}

bool Context::ExpireAll(int shard, int database, std::span<const base::Arena::Handle> entries) {
  store::Database& owner = keyspace.database(shard, database);
  bool all = true;
  for (const base::Arena::Handle handle : entries) {
    auto* entry = reinterpret_cast<store::Entry*>(owner.arena().At(handle));
    const store::Key key = keyspace.MakeKey(entry->key());
    if (entry->ExpiredAt(now_ms)) {
      Expire(key, database, owner.FindSlot(key));
    } else {
      // The entry may move, and its key with it.
      const std::string bytes(key.bytes);
      all &= ShedDue({bytes, key.hash}, database, entry);
    }
  }
  return all;
}

void Context::NoteMiss(const store::Key& key, int database) {
  ++stats.keyspace_misses;
  if ((tunables.notify_keyspace_events.Get() & base::kNotifyKeyMiss) != 0) [[unlikely]] {
    door.ReportMiss(*this, {key, database, {base::kNotifyKeyMiss, "keymiss"}});
  }
}

std::uint32_t Context::FrequencyAfter(const store::Entry* overwritten) {
  if (overwritten == nullptr) return access_clock & store::kAccessMask;
  return store::AfterAccess(overwritten->access(), now_ms, tunables, Random());
}

}  // namespace zedis::engine

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

}  // namespace zedis::engine

#include "store/carried_value.h"

#include "store/value_ops.h"

namespace zedis::store {

void CarriedValue::Load(const Entry& entry) {
  value_ = entry.CopyValue(near_);
  expire_at_ms_ = entry.ExpiryOrNone();
  access_ = entry.access();
}

void CarriedValue::Take(Database& from, const Key& key, Entry* entry) {
  CHECK(!owns_far_);
  Load(*entry);
  if (entry->storage() == Storage::kFar) {
    value_ = from.Extract(key, entry);
    owns_far_ = true;
  } else {
    from.Erase(key);
  }
}

void CarriedValue::Duplicate(const Entry& entry) {
  CHECK(!owns_far_);
  Load(entry);
  if (entry.storage() == Storage::kFar) {
    value_.far = RowOf(entry.type()).duplicate(entry.far());
    owns_far_ = true;
  }
}

Entry* CarriedValue::PutInto(Database& to, const Key& key) {
  owns_far_ = false;
  return to.Put(key, value_, expire_at_ms_, access_);
}

}  // namespace zedis::store

#include "store/carried_value.h"

#include "store/value_ops.h"

namespace zedis::store {

void CarriedValue::LoadNear(const Entry& entry) {
  value_ = {.type = entry.type(), .storage = entry.storage()};
  expire_at_ms_ = entry.ExpiryOrNone();
  access_ = entry.access();
  switch (entry.storage()) {
    case Storage::kInteger:
      value_.integer = entry.integer();
      break;
    case Storage::kNear: {
      const std::string_view bytes = entry.near();
      CHECK(bytes.size() <= sizeof near_);
      if (!bytes.empty()) std::memcpy(near_, bytes.data(), bytes.size());
      value_.bytes = {near_, bytes.size()};
      break;
    }
    case Storage::kFar:
      break;
  }
}

void CarriedValue::Take(Database& from, const Key& key, Entry* entry) {
  CHECK(!owns_far_);
  LoadNear(*entry);
  if (entry->storage() == Storage::kFar) {
    value_ = from.Extract(key, entry);
    owns_far_ = true;
  } else {
    from.Erase(key);
  }
}

void CarriedValue::Duplicate(const Entry& entry) {
  CHECK(!owns_far_);
  LoadNear(entry);
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

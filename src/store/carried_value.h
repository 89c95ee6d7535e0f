// A value on its way from one key to another: RENAME, MOVE, COPY. What is far changes hands or is duplicated by its
// type; what is near is copied out of the arena first, because source and destination may share one, and creating the
// destination would move the source from under the copy.
#pragma once

#include <cstdint>

#include "store/database.h"

namespace zedis::store {

class CarriedValue {
 public:
  CarriedValue() = default;
  CarriedValue(const CarriedValue&) = delete;
  CarriedValue& operator=(const CarriedValue&) = delete;
  // REQUIRES: what was loaded has been put somewhere.
  ~CarriedValue() { CHECK(!owns_far_); }

  // Takes value, time to live and access clock, and erases the key. `entry` is dead afterwards.
  void Take(Database& from, const Key& key, Entry* entry);
  // Leaves the key as it is.
  void Duplicate(const Entry& entry);

  // Stores it, whatever was there before. REQUIRES: loaded, and not yet put.
  Entry* PutInto(Database& to, const Key& key);
  Entry* PutInto(Database& to, const Key& key, std::uint32_t access) {
    access_ = access;
    return PutInto(to, key);
  }

 private:
  void Load(const Entry& entry);

  Value value_;
  std::int64_t expire_at_ms_ = kNoExpiry;
  std::uint32_t access_ = 0;
  bool owns_far_ = false;
  char near_[kNearValueMax];
};

}  // namespace zedis::store

// The hash that an entry holds, packed in place or far, as the one who reads it sees it.
#pragma once

#include "store/entry.h"
#include "types/hash.h"

namespace zedis::store {

// Null: packed in the entry. REQUIRES: a hash.
inline types::Hash* FarHash(const Entry& entry) {
  return entry.storage() == Storage::kFar ? static_cast<types::Hash*>(entry.far()) : nullptr;
}

// At that time: what is due by then looks absent. REQUIRES: a hash.
inline types::HashView HashOf(const Entry& entry, std::int64_t now_ms) {
  if (const types::Hash* far = FarHash(entry)) return {*far, now_ms};
  return {types::PackedHashView(entry.near()), now_ms};
}

}  // namespace zedis::store

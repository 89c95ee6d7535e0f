// The sorted set that an entry holds, whichever its form.
#pragma once

#include "store/entry.h"
#include "types/sorted_set.h"

namespace zedis::store {

// Null: packed in the entry, or no entry.
inline types::SortedSet* FarSortedSet(const Entry* entry) {
  return entry != nullptr && entry->storage() == Storage::kFar ? static_cast<types::SortedSet*>(entry->far()) : nullptr;
}

// A key that is not there is an empty set. REQUIRES: the entry's type is that. Good until the entry or the set changes.
inline types::SortedSetView SortedSetOf(const Entry* entry) {
  if (entry == nullptr) return {};
  if (const types::SortedSet* far = FarSortedSet(entry); far != nullptr) return far->View();
  return types::SortedSetView(types::PackedSortedSetView(entry->near()));
}

}  // namespace zedis::store

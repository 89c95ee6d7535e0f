// What the store has to know of each type to own its values: one row per type, in the order of Type. Nobody else
// switches on the type of a far value.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string_view>

#include "base/tunables.h"
#include "store/database.h"
#include "store/entry.h"

namespace zedis::store {

// What DEBUG DIGEST makes of a value, piece by piece; implemented where the digest is computed.
class ValueDigest {
 public:
  virtual ~ValueDigest() = default;
  // The order of what is mixed in matters.
  virtual void Mix(std::string_view bytes) = 0;
  // It does not: for members of a collection without order.
  virtual void Add(std::string_view bytes) = 0;
  // The same for members of several parts, in which order matters; `also`, if not empty, is added to them.
  virtual void AddMixed(std::initializer_list<std::string_view> parts, std::string_view also) = 0;
};

// What is left of a value after some of its parts were due.
struct DueParts {
  std::size_t removed = 0;
  bool more = false;   // there may be more that are due
  bool empty = false;  // nothing is left: the key is to go
};

struct TypeRow {
  Type type;
  std::string_view name;    // as TYPE replies
  void (*free)(void* far);  // all at once
  // Frees part of a large value, a bounded amount; true when all of it is gone. Null: freeing is O(1).
  bool (*free_slice)(void* far);
  std::size_t (*elements)(const void* far);                                          // how long freeing takes
  std::size_t (*memory)(const void* far);                                            // bytes
  void* (*duplicate)(const void* far);                                               // for COPY
  std::string_view (*encoding)(const Entry& entry, const base::Tunables& tunables);  // as OBJECT ENCODING replies
  void (*digest)(const Entry& entry, ValueDigest& digest);
  std::uint32_t digest_number;  // of the type in a digest: Redis's numbers
  // Of a type whose parts have times to live of their own, else null. No part is due before the first one's answer;
  // it may be too early. kNever: none has a time.
  std::int64_t (*earliest_part_ms)(const Entry& entry) = nullptr;
  // Whether taking out all parts that are due takes some 100 us at most.
  bool (*sheds_at_once)(const Entry& entry) = nullptr;
  // Takes out parts that are due at now_ms: all, or some 100 us of it if any is due by due_by_ms. `entry` is dead
  // afterwards; what becomes of an empty value is up to the caller.
  DueParts (*shed_due)(Database& database, const Key& key, Entry* entry, std::int64_t now_ms) = nullptr;
};

const TypeRow& RowOf(Type type);

inline std::string_view EncodingName(const Entry& entry, const base::Tunables& tunables) {
  return RowOf(entry.type()).encoding(entry, tunables);
}

}  // namespace zedis::store

// A field of a hash with its value, as all forms of a hash hand it out, and what becomes of a field that is written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/tunables.h"
#include "types/element.h"
#include "types/set_member.h"

namespace zedis::types {

// A field without a time to live. It compares like a time that never comes.
inline constexpr std::int64_t kNoFieldExpiry = INT64_MAX;
// The largest time that a field can have, in ms since 1970: 46 bits, as in Redis. Stored in 6 bytes.
inline constexpr std::int64_t kFieldExpiryMax = (std::int64_t{1} << 46) - 1;
inline constexpr std::size_t kFieldExpiryBytes = 6;

inline std::int64_t ReadFieldExpiry(const char* at) {
  std::int64_t time_ms = 0;
  std::memcpy(&time_ms, at, kFieldExpiryBytes);
  return time_ms;
}
inline void WriteFieldExpiry(char* at, std::int64_t time_ms) { std::memcpy(at, &time_ms, kFieldExpiryBytes); }

// The texts borrow the hash's bytes: they live until it changes.
struct HashItem {
  Element field;
  Element value;
  std::int64_t expire_at_ms = kNoFieldExpiry;

  [[nodiscard]] bool HasExpiry() const { return expire_at_ms != kNoFieldExpiry; }
  // It looks absent from then on, though it may be there until somebody takes it out.
  [[nodiscard]] bool IsDue(std::int64_t now_ms) const { return expire_at_ms <= now_ms; }
};

// A field that is looked for: its text, the integer that it spells, its hash, each computed once.
using HashField = SetMember;

// What a field is to hold. The value must not point into the hash.
struct HashWrite {
  std::string_view value;
  std::int64_t expire_at_ms = kNoFieldExpiry;
  bool keep_expiry = false;  // that of a field which is there counts instead
  std::int64_t now_ms = 0;   // what is due at this time counts as absent

  [[nodiscard]] std::int64_t ExpiryOver(std::int64_t old_ms) const {
    return keep_expiry && old_ms > now_ms ? old_ms : expire_at_ms;
  }
};

enum class HashPut : std::uint8_t {
  kAdded,
  kReplaced,
  kNoRoom,    // the buffer of a packed hash is too small; nothing has changed
  kTooLarge,  // beyond the limits of a packed one: time for an index; nothing has changed
};

// Up to where a hash stays packed: the directives hash-max-*.
struct HashLimits {
  std::size_t listpack_entries = 512;
  std::size_t listpack_value_bytes = 64;
};

HashLimits HashLimitsFrom(const base::Tunables& tunables);

}  // namespace zedis::types

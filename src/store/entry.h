// Entry: one key with its value, one block of the shard's arena.
//
//   byte 0       type (3 bits) | storage (2 bits) | has a ttl | key is far | snapshot epoch (1 bit)
//   bytes 1-3    access clock, for LRU and LFU
//   8 bytes      expire_at_ms, only if the entry has a ttl (clients may give any 63-bit time)
//   key          near: length (1 byte), bytes          far: pointer to a FarKey
//   value        integer: 8 bytes    near: length (15 bits), edited (1 bit), bytes    far: pointer to the type's object
//
// A key of 16 bytes with a value of 8 takes 31 bytes, one block of 32. Nothing is aligned: fields are read by memcpy.
// An entry is an overlay on its block and moves when its size changes; whoever holds a pointer to one must not call
// anything that may insert into the same shard.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/arena.h"

namespace zedis::store {

enum class Type : std::uint8_t { kString, kList, kSet, kSortedSet, kHash, kStream };
inline constexpr int kTypeCount = 6;

// Whether parts of such a value may have times to live of their own.
constexpr bool PartsExpire(Type type) { return type == Type::kHash; }

// Where the value of an entry is.
enum class Storage : std::uint8_t {
  kInteger,  // a string that is a canonical 64-bit integer
  kNear,     // bytes in place: a short string, a packed collection
  kFar,      // an object of its own: a long string, a large collection
};

inline constexpr std::int64_t kNoExpiry = -1;

// A value on its way into an entry.
struct Value {
  Type type = Type::kString;
  Storage storage = Storage::kNear;
  std::int64_t integer = 0;  // kInteger
  std::string_view bytes{};  // kNear; must not point into the arena
  void* far = nullptr;       // kFar; the entry becomes its owner
  bool edited = false;       // kNear: a string that was changed in place; OBJECT ENCODING calls such a one raw

  static Value Integer(std::int64_t integer) { return {.storage = Storage::kInteger, .integer = integer}; }
  static Value Near(Type type, std::string_view bytes) { return {.type = type, .bytes = bytes}; }
  static Value Far(Type type, void* far) { return {.type = type, .storage = Storage::kFar, .far = far}; }
};

struct FarKey {
  std::uint32_t size;
  char bytes[4];  // and more
};

class Entry {
 public:
  static constexpr std::size_t kHeaderBytes = 4;
  static constexpr std::size_t kExpiryBytes = 8;
  static constexpr std::size_t kPointerBytes = 8;
  static constexpr std::size_t kNearKeyMax = 255;

  Type type() const { return static_cast<Type>(byte_[0] & 7); }
  Storage storage() const { return static_cast<Storage>(byte_[0] >> 3 & 3); }
  bool has_ttl() const { return (byte_[0] & kTtlBit) != 0; }
  bool key_is_far() const { return (byte_[0] & kFarKeyBit) != 0; }

  // REQUIRES: has_ttl().
  std::int64_t expire_at_ms() const { return Read<std::int64_t>(byte_ + kHeaderBytes); }
  std::int64_t ExpiryOrNone() const { return has_ttl() ? expire_at_ms() : kNoExpiry; }
  bool ExpiredAt(std::int64_t now_ms) const { return has_ttl() && expire_at_ms() <= now_ms; }
  void OverwriteExpiry(std::int64_t expire_at_ms) { std::memcpy(byte_ + kHeaderBytes, &expire_at_ms, kExpiryBytes); }

  std::uint32_t access() const {
    std::uint32_t word;
    std::memcpy(&word, byte_, 4);
    return word >> 8;
  }
  void SetAccess(std::uint32_t clock) {
    byte_[1] = static_cast<std::uint8_t>(clock);
    byte_[2] = static_cast<std::uint8_t>(clock >> 8);
    byte_[3] = static_cast<std::uint8_t>(clock >> 16);
  }

  std::string_view key() const {
    const std::uint8_t* at = KeyField();
    if (!key_is_far()) [[likely]]
      return {reinterpret_cast<const char*>(at + 1), *at};
    const FarKey* far = far_key();
    return {far->bytes, far->size};
  }
  bool KeyEquals(std::string_view key) const {
    const std::uint8_t* at = KeyField();
    if (!key_is_far()) [[likely]]
      return *at == key.size() && SameBytes(at + 1, key.data(), key.size());
    return this->key() == key;
  }

  // REQUIRES: the storage that each names.
  std::int64_t integer() const { return Read<std::int64_t>(ValueField()); }
  std::string_view near() const {
    const std::uint8_t* at = ValueField();
    return {reinterpret_cast<const char*>(at + 2), Read<std::uint16_t>(at) & kNearSizeMask};
  }
  bool edited() const { return storage() == Storage::kNear && (Read<std::uint16_t>(ValueField()) & kEditedBit) != 0; }
  void* far() const { return Read<void*>(ValueField()); }
  FarKey* far_key() const { return Read<FarKey*>(KeyField()); }
  // Prefetches the far value, without the lock: what is read may be stale, but 1024 bytes of a block are readable
  // (Arena::PeekReadable), and a prefetch of any address is harmless.
  __attribute__((no_sanitize("thread"))) void PeekFar() const {
    if ((byte_[0] >> 3 & 3) != static_cast<int>(Storage::kFar)) return;
    const std::uint8_t* key = byte_ + kHeaderBytes + ((byte_[0] & kTtlBit) != 0 ? kExpiryBytes : 0);
    const std::uint8_t* value = key + ((byte_[0] & kFarKeyBit) != 0 ? kPointerBytes : std::size_t{1} + *key);
    const char* far;
    __builtin_memcpy(&far, value, sizeof far);
    __builtin_prefetch(far);
  }
  // Overwrites in place.
  void SetInteger(std::int64_t integer) { std::memcpy(ValueField(), &integer, sizeof integer); }
  char* MutableNear() { return reinterpret_cast<char*>(ValueField() + 2); }

  // The value as another entry can take it: near bytes are copied to `buffer`, which has room for kNearValueMax; a far
  // object is not duplicated.
  Value CopyValue(char* buffer) const;

  // Bytes from the start of the block to the end of the value.
  std::size_t Bytes() const {
    const std::size_t before = static_cast<std::size_t>(ValueField() - byte_);
    return before + (storage() == Storage::kNear ? 2 + near().size() : kPointerBytes);
  }
  static std::size_t BytesFor(std::size_t key_size, const Value& value, bool has_ttl) {
    const std::size_t key_bytes = key_size <= kNearKeyMax ? 1 + key_size : kPointerBytes;
    const std::size_t value_bytes = value.storage == Storage::kNear ? 2 + value.bytes.size() : kPointerBytes;
    return kHeaderBytes + (has_ttl ? kExpiryBytes : 0) + key_bytes + value_bytes;
  }

 private:
  friend class Database;
  static constexpr std::uint8_t kTtlBit = 1 << 5;
  static constexpr std::uint8_t kFarKeyBit = 1 << 6;
  static constexpr std::uint16_t kEditedBit = 1 << 15;
  static constexpr std::size_t kNearSizeMask = kEditedBit - 1;

  // memcmp without the call: most keys have 8 to 32 bytes.
  static bool SameBytes(const void* one, const void* other, std::size_t size) {
    const auto* a = static_cast<const char*>(one);
    const auto* b = static_cast<const char*>(other);
    if (size < 8 || size > 32) return std::memcmp(a, b, size) == 0;
    for (std::size_t i = 0; i + 8 < size; i += 8) {
      if (Read<std::uint64_t>(a + i) != Read<std::uint64_t>(b + i)) return false;
    }
    return Read<std::uint64_t>(a + size - 8) == Read<std::uint64_t>(b + size - 8);
  }
  template <class T>
  static T Read(const char* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
  }
  template <class T>
  static T Read(const std::uint8_t* at) {
    T value;
    std::memcpy(&value, at, sizeof(T));
    return value;
  }
  const std::uint8_t* KeyField() const { return byte_ + kHeaderBytes + (has_ttl() ? kExpiryBytes : 0); }
  const std::uint8_t* ValueField() const {
    const std::uint8_t* at = KeyField();
    return at + (key_is_far() ? kPointerBytes : std::size_t{1} + *at);
  }
  std::uint8_t* ValueField() { return const_cast<std::uint8_t*>(static_cast<const Entry*>(this)->ValueField()); }
  std::uint8_t* KeyField() { return const_cast<std::uint8_t*>(static_cast<const Entry*>(this)->KeyField()); }

  // Writes everything but the key's bytes when `far_key` is given.
  void Write(std::string_view key, FarKey* far_key, const Value& value, std::int64_t expire_at_ms,
             std::uint32_t access);
  void WriteValue(const Value& value);

  std::uint8_t byte_[base::Arena::kMinBlockBytes];
};

// Values up to this size stay in the entry: smaller and faster than a block of the general allocator at every size
// (bench/LEDGER.md). Beside a key of any length there is room for it, so RENAME and its like move a value as it is.
inline constexpr std::size_t kNearValueMax = 752;

static_assert(Entry::kHeaderBytes + Entry::kExpiryBytes + 1 + Entry::kNearKeyMax + 2 + kNearValueMax <=
              base::Arena::kMaxBlockBytes);

inline Value Entry::CopyValue(char* buffer) const {
  switch (storage()) {
    case Storage::kInteger:
      return Value::Integer(integer());
    case Storage::kNear: {
      const std::string_view bytes = near();
      std::memcpy(buffer, bytes.data(), bytes.size());
      Value value = Value::Near(type(), {buffer, bytes.size()});
      value.edited = edited();
      return value;
    }
    case Storage::kFar:
      return Value::Far(type(), far());
  }
  return {};
}

inline void Entry::WriteValue(const Value& value) {
  byte_[0] = static_cast<std::uint8_t>((byte_[0] & ~0x1f) | static_cast<unsigned>(value.type) |
                                       static_cast<unsigned>(value.storage) << 3);
  std::uint8_t* at = ValueField();
  switch (value.storage) {
    case Storage::kInteger:
      std::memcpy(at, &value.integer, sizeof value.integer);
      break;
    case Storage::kNear: {
      const std::size_t size = value.bytes.size();
      const auto word = static_cast<std::uint16_t>(size | (value.edited ? kEditedBit : 0));
      std::memcpy(at, &word, sizeof word);
      if (size != 0) std::memcpy(at + 2, value.bytes.data(), size);
      break;
    }
    case Storage::kFar:
      std::memcpy(at, &value.far, kPointerBytes);
      break;
  }
}

inline void Entry::Write(std::string_view key, FarKey* far_key, const Value& value, std::int64_t expire_at_ms,
                         std::uint32_t access) {
  byte_[0] = static_cast<std::uint8_t>((expire_at_ms != kNoExpiry ? kTtlBit : 0) | (far_key ? kFarKeyBit : 0));
  SetAccess(access);
  if (has_ttl()) OverwriteExpiry(expire_at_ms);
  std::uint8_t* at = KeyField();
  if (far_key != nullptr) {
    std::memcpy(at, &far_key, kPointerBytes);
  } else {
    *at = static_cast<std::uint8_t>(key.size());
    if (!key.empty()) std::memcpy(at + 1, key.data(), key.size());
  }
  WriteValue(value);
}

}  // namespace zedis::store

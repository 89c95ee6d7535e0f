// A small hash as one string of bytes: inside its key's entry, or in a block of its own (hash.h).
//
//   | field | value | field | value | ...                      elements (element.h), in the order in which they came
//   | 0xF8 | earliest: 8 bytes | 0xF9 | time: 6 bytes | field | value | field | value | ...
//
// The second form is that of a hash some field of which got a time to live; OBJECT ENCODING calls it "listpackex", and
// it stays so when the times are gone, as in Redis. Only fields that have a time pay for one: the byte before it cannot
// begin an element. `earliest` is the least of the times, kNoFieldExpiry if there is none.
//
// There is no count: ten fields of 5 bytes with values of 10 fit into a block less for it, and whoever reads a packed
// hash walks over it anyway. An empty hash is no bytes at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "types/hash_item.h"

namespace zedis::types {

// True if `bytes`, from wherever they came, are a packed hash without duplicates: all that follows relies on it.
[[nodiscard]] bool ValidatePackedHash(std::string_view bytes);

// Reads a packed hash. Borrows the bytes.
class PackedHashView {
 public:
  PackedHashView() = default;
  // REQUIRES: ValidatePackedHash(bytes)
  explicit PackedHashView(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view Bytes() const { return bytes_; }
  // "listpackex"
  [[nodiscard]] bool HasTimes() const { return !bytes_.empty() && bytes_[0] == kTimesTag; }
  // No field is due before this time. Exact.
  [[nodiscard]] std::int64_t Earliest() const {
    if (!HasTimes()) return kNoFieldExpiry;
    std::int64_t earliest_ms;
    std::memcpy(&earliest_ms, bytes_.data() + 1, sizeof earliest_ms);
    return earliest_ms;
  }
  [[nodiscard]] bool IsEmpty() const { return First() == End(); }
  // O(n), like all that follows. Due fields count.
  [[nodiscard]] std::size_t Size() const;
  [[nodiscard]] std::size_t CountDue(std::int64_t now_ms) const;
  // Due or not.
  [[nodiscard]] std::optional<HashItem> Find(const HashField& field) const;

  // visit(const HashItem&) -> bool for all, due ones too, in their order, until it says false.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (const char* at = First(); at != End();) {
      const Pair pair(at);
      if (!visit(HashItem{DecodeElement(pair.field), DecodeElement(pair.value), pair.expire_at_ms})) return;
      at = pair.end;
    }
  }

 private:
  friend class PackedHash;
  friend bool ValidatePackedHash(std::string_view bytes);

  // No element begins with these (element.h).
  static constexpr char kTimesTag = static_cast<char>(0xF8);
  static constexpr char kTimeTag = static_cast<char>(0xF9);
  static constexpr std::size_t kTimesBytes = 1 + sizeof(std::int64_t);
  static constexpr std::size_t kTimeBytes = 1 + kFieldExpiryBytes;

  // Where the parts of a field are.
  struct Pair {
    explicit Pair(const char* at) : field(at) {
      if (*at == kTimeTag) {
        expire_at_ms = ReadFieldExpiry(at + 1);
        field += kTimeBytes;
      }
      value = field + ElementSize(field);
      end = value + ElementSize(value);
    }
    const char* field;
    const char* value;
    const char* end;
    std::int64_t expire_at_ms = kNoFieldExpiry;
  };

  [[nodiscard]] const char* First() const { return bytes_.data() + (HasTimes() ? kTimesBytes : 0); }
  [[nodiscard]] const char* End() const { return bytes_.data() + bytes_.size(); }
  // The field's pair, or End(); `index` is how many are before it.
  [[nodiscard]] const char* Locate(const HashField& field, std::size_t& index) const;
  [[nodiscard]] std::int64_t LeastTime() const;

  std::string_view bytes_;
};

// Edits a packed hash in a caller's buffer.
class PackedHash {
 public:
  // The largest there is, whatever the limits say; in Redis, too.
  static constexpr std::size_t kBytesMax = std::size_t{1} << 30;

  // Starts with a copy of `bytes`. REQUIRES: ValidatePackedHash(bytes), capacity >= bytes.size()
  PackedHash(char* buffer, std::size_t capacity, std::string_view bytes = {})
      : PackedHash(buffer, capacity, bytes.size()) {
    if (!bytes.empty()) std::memcpy(buffer_, bytes.data(), bytes.size());
  }
  // What lies in the buffer already. REQUIRES: ValidatePackedHash of it
  static PackedHash InPlace(char* buffer, std::size_t capacity, std::size_t size) { return {buffer, capacity, size}; }

  [[nodiscard]] PackedHashView View() const { return PackedHashView({buffer_, size_}); }
  [[nodiscard]] std::string_view Bytes() const { return {buffer_, size_}; }

  [[nodiscard]] HashPut Put(const HashField& field, const HashWrite& write, const HashLimits& limits);
  // True if it was there and not due; then it is gone, as it is if it was due.
  bool Remove(const HashField& field, std::int64_t now_ms);
  // Gives a field another time, or none. False if there is no room for it. REQUIRES: it is there.
  [[nodiscard]] bool SetExpiry(const HashField& field, std::int64_t expire_at_ms);
  // Takes out what is due; returns how many there were.
  std::size_t RemoveDue(std::int64_t now_ms);

 private:
  PackedHash(char* buffer, std::size_t capacity, std::size_t size)
      : buffer_(buffer), capacity_(capacity), size_(size) {}

  // Makes `bytes` at `offset` into `wanted`, moving what is behind them. REQUIRES: there is room.
  char* Resize(std::size_t offset, std::size_t bytes, std::size_t wanted);
  void WriteEarliest(std::int64_t earliest_ms);
  // After a time has come (kNoFieldExpiry: none) and another one has gone.
  void NoteTimes(std::int64_t come_ms, std::int64_t gone_ms);

  char* buffer_;
  std::size_t capacity_;
  std::size_t size_;
};

}  // namespace zedis::types

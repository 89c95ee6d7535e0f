// A small set as one string of bytes: inside its key's entry, or in a block of its own (set.h).
//
//   +--------------+----------------------------+
//   | width, 1 byte | values, ascending          |      integers of 2, 4 or 8 bytes, little-endian: OBJECT ENCODING
//   +--------------+----------------------------+      calls it "intset"
//   +--------------+---------------+------------+
//   | 0, 1 byte     | count, 2 bytes | elements   |    elements (element.h) as they came: "listpack"
//   +--------------+---------------+------------+
//
// A number that needs more bytes widens all. A text among integers turns all into elements. A set never turns back by
// losing members, as in Redis. Finding an integer is a binary search; finding an element means walking to it, a few
// nanoseconds each, and sets of more than `set-max-listpack-entries` have an index (indexed_set.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/tunables.h"
#include "types/element.h"
#include "types/set_member.h"

namespace zedis::types {

// Up to where a set stays packed: the directives set-max-*.
struct SetLimits {
  std::size_t intset_entries = 512;
  std::size_t listpack_entries = 128;
  std::size_t listpack_value_bytes = 64;
};

SetLimits SetLimitsFrom(const base::Tunables& tunables);

inline constexpr std::size_t kPackedSetMembersMax = 0xffff;  // of elements: the field has two bytes

// True if `bytes`, from wherever they came, are a packed set without duplicates: all that follows relies on it.
// O(n) for integers, O(n * n) for elements.
[[nodiscard]] bool ValidatePackedSet(std::string_view bytes);

// Reads a packed set. Borrows the bytes.
class PackedSetView {
 public:
  // REQUIRES: ValidatePackedSet(bytes)
  explicit PackedSetView(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view Bytes() const { return bytes_; }
  [[nodiscard]] bool IsIntegers() const { return Width() != 0; }
  [[nodiscard]] std::size_t Size() const {
    if (const unsigned width = Width(); width != 0) return (bytes_.size() - 1) / width;
    std::uint16_t count;
    std::memcpy(&count, bytes_.data() + 1, sizeof count);
    return count;
  }
  [[nodiscard]] bool Contains(const SetMember& member) const;
  // O(1) for integers, else O(index). REQUIRES: index < Size()
  [[nodiscard]] Element At(std::size_t index) const;

  // visit(const Element&) -> bool for all, in their order, until it says false.
  template <class Visit>
  void ForEach(Visit visit) const {
    if (IsIntegers()) {
      const std::size_t size = Size();
      for (std::size_t i = 0; i < size; ++i) {
        if (!visit(Element{.text = {}, .integer = IntegerAt(i), .is_integer = true})) return;
      }
      return;
    }
    for (const char* at = First(); at != End(); at += ElementSize(at)) {
      if (!visit(DecodeElement(at))) return;
    }
  }

 private:
  friend class PackedSet;

  [[nodiscard]] unsigned Width() const { return static_cast<unsigned char>(bytes_[0]); }
  [[nodiscard]] const char* First() const { return bytes_.data() + 3; }
  [[nodiscard]] const char* End() const { return bytes_.data() + bytes_.size(); }
  // REQUIRES: IsIntegers()
  [[nodiscard]] std::int64_t IntegerAt(std::size_t index) const;
  // The first index whose value is not less than `value`.
  [[nodiscard]] std::size_t LowerBound(std::int64_t value) const;
  // The element equal to the member, or End().
  [[nodiscard]] const char* Find(const SetMember& member) const;

  std::string_view bytes_;
};

// Edits a packed set in a caller's buffer.
class PackedSet {
 public:
  enum class Result : std::uint8_t {
    kDone,
    kNothing,   // it was there (Add), or was not (Remove)
    kNoRoom,    // the buffer is too small; nothing has changed
    kTooLarge,  // beyond the limits: time for an index; nothing has changed
  };

  // Starts with a copy of `bytes`, or, if they are none, as an empty set of integers, as which every set begins.
  // REQUIRES: ValidatePackedSet(bytes) or bytes.empty(); capacity >= bytes.size(), >= 3.
  PackedSet(char* buffer, std::size_t capacity, std::string_view bytes = {});
  // Of elements from the start.
  static PackedSet EmptyElements(char* buffer, std::size_t capacity);
  // What lies in the buffer already. REQUIRES: ValidatePackedSet of it
  static PackedSet InPlace(char* buffer, std::size_t capacity, std::size_t size);

  [[nodiscard]] PackedSetView View() const { return PackedSetView({buffer_, size_}); }
  [[nodiscard]] std::string_view Bytes() const { return {buffer_, size_}; }
  [[nodiscard]] std::size_t Size() const { return View().Size(); }

  [[nodiscard]] Result Add(const SetMember& member, const SetLimits& limits);
  Result Remove(const SetMember& member);
  // REQUIRES: index < Size()
  void RemoveAt(std::size_t index);

 private:
  PackedSet() = default;

  [[nodiscard]] Result AddInteger(std::int64_t value, const SetLimits& limits);
  [[nodiscard]] Result AddElement(const SetMember& member, const SetLimits& limits);
  [[nodiscard]] Result BecomeElements(const SetMember& first, const SetLimits& limits);
  [[nodiscard]] bool Widen(unsigned width);
  void PutInteger(std::size_t index, unsigned width, std::int64_t value);
  void SetCount(std::size_t count);
  void Cut(std::size_t offset, std::size_t bytes);

  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

}  // namespace zedis::types

// Hashes: fields with values, and with times to live where somebody gave them one.
//
// A hash begins packed (packed_hash.h) and becomes indexed (indexed_hash.h) when it grows beyond its limits; it never
// goes back by losing fields. `Hash` is one that does not fit into its key's entry. `HashView` reads any of the three.
//
// A field that is due looks absent to whoever says what time it is, and is there until RemoveDue() takes it out:
// Earliest() says when that is worth while.
//
// Not for several threads at once: the owner's lock protects it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "types/counted.h"
#include "types/indexed_hash.h"
#include "types/packed_hash.h"

namespace zedis::types {

class Hash : public Counted {
 public:
  // With the fields of a packed one. `seed` is that of all hashes of the server.
  Hash(PackedHashView packed, std::uint64_t seed);
  ~Hash() { FreeBlock(); }
  Hash(const Hash&) = delete;
  Hash& operator=(const Hash&) = delete;

  [[nodiscard]] bool IsIndexed() const { return indexed_ != nullptr; }
  // REQUIRES: !IsIndexed()
  [[nodiscard]] PackedHashView Packed() const { return PackedHashView({block_, size_}); }
  // REQUIRES: IsIndexed()
  [[nodiscard]] const IndexedHash& Indexed() const { return *indexed_; }

  [[nodiscard]] bool IsEmpty() const { return IsIndexed() ? indexed_->Size() == 0 : Packed().IsEmpty(); }
  // What is due and still there counts.
  [[nodiscard]] std::size_t Size() const { return IsIndexed() ? indexed_->Size() : Packed().Size(); }
  [[nodiscard]] std::int64_t Earliest() const { return IsIndexed() ? indexed_->Earliest() : Packed().Earliest(); }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  // What the hash takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const;
  [[nodiscard]] std::unique_ptr<Hash> Duplicate() const;

  // kAdded or kReplaced.
  HashPut Put(const HashField& field, const HashWrite& write, const HashLimits& limits);
  // True if it was there and not due; then it is gone, as it is if it was due.
  bool Remove(const HashField& field, std::int64_t now_ms);
  // Gives a field another time, or none (kNoFieldExpiry). REQUIRES: it is there.
  void SetExpiry(const HashField& field, std::int64_t expire_at_ms);
  // Takes out what is due: all of a packed hash, what lies in one segment of an indexed one; see IndexedHash.
  IndexedHash::Removed RemoveDueSlice(std::int64_t now_ms, std::int64_t due_by_ms);

  void BecomeIndexed();

  // Frees up to `chunks` pieces of 256 KiB at most; true when only the object itself is left. Nothing but this and the
  // destructor may be called after it.
  [[nodiscard]] bool FreeSlice(std::size_t chunks) { return !IsIndexed() || indexed_->FreeSlice(chunks); }

 private:
  // Edits the packed form: change(PackedHash&).
  template <class Change>
  auto Edit(Change change) {
    PackedHash packed = PackedHash::InPlace(block_, capacity_, size_);
    const auto result = change(packed);
    size_ = static_cast<std::uint32_t>(packed.Bytes().size());
    return result;
  }
  void MoveTo(std::size_t capacity);
  void FreeBlock();

  std::uint64_t seed_;
  std::unique_ptr<IndexedHash> indexed_;
  char* block_ = nullptr;  // null: indexed
  std::uint32_t size_ = 0;
  std::uint32_t capacity_ = 0;
};
static_assert(sizeof(Hash) == 32);

// Reads a hash at some time, whatever its form. Items live until the hash or its entry changes.
class HashView {
 public:
  // No hash at all.
  HashView() = default;
  HashView(PackedHashView packed, std::int64_t now_ms) : packed_(packed), now_ms_(now_ms) {}
  HashView(const Hash& hash, std::int64_t now_ms) : now_ms_(now_ms) {
    hash.IsIndexed() ? void(indexed_ = &hash.Indexed()) : void(packed_ = hash.Packed());
  }

  // Null: packed.
  [[nodiscard]] const IndexedHash* Indexed() const { return indexed_; }
  [[nodiscard]] PackedHashView Packed() const { return packed_; }

  // O(1) of an indexed one in which nothing is due.
  [[nodiscard]] std::size_t Size() const {
    return indexed_ != nullptr ? indexed_->Size() - indexed_->CountDue(now_ms_)
                               : packed_.Size() - packed_.CountDue(now_ms_);
  }
  // Something is due and still there.
  [[nodiscard]] bool HasDue() const { return Earliest() <= now_ms_; }
  [[nodiscard]] std::int64_t Earliest() const {
    return indexed_ != nullptr ? indexed_->Earliest() : packed_.Earliest();
  }

  [[nodiscard]] std::optional<HashItem> Find(const HashField& field) const {
    std::optional<HashItem> item =
        indexed_ != nullptr ? indexed_->Find(field.Text(), field.Hash(indexed_->seed())) : packed_.Find(field);
    if (item && item->IsDue(now_ms_)) item.reset();
    return item;
  }
  // visit(const HashItem&) -> bool for all that are not due, until it says false.
  template <class Visit>
  void ForEach(Visit visit) const {
    const auto live = [&](const HashItem& item) { return item.IsDue(now_ms_) || visit(item); };
    indexed_ != nullptr ? indexed_->ForEach(live) : packed_.ForEach(live);
  }

 private:
  PackedHashView packed_;
  const IndexedHash* indexed_ = nullptr;
  std::int64_t now_ms_ = 0;
};

}  // namespace zedis::types

// A set that does not fit into its key's entry: packed in a block of its own, or indexed.
//
// A set begins packed (packed_set.h) and becomes indexed (indexed_set.h) when it grows beyond its limits; it never goes
// back by losing members. Not for several threads at once: the owner's lock protects it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "types/indexed_set.h"
#include "types/packed_block.h"
#include "types/packed_set.h"

namespace zedis::types {

class Set {
 public:
  // With the members of a packed one. `seed` is that of all sets of the server.
  Set(PackedSetView packed, std::uint64_t seed) : seed_(seed), block_(packed.Bytes()) {}

  [[nodiscard]] bool IsIndexed() const { return indexed_ != nullptr; }
  // REQUIRES: !IsIndexed()
  [[nodiscard]] PackedSetView Packed() const { return PackedSetView(block_.Bytes()); }
  // REQUIRES: IsIndexed()
  [[nodiscard]] IndexedSet& Indexed() { return *indexed_; }
  [[nodiscard]] const IndexedSet& Indexed() const { return *indexed_; }

  [[nodiscard]] std::size_t Size() const { return IsIndexed() ? indexed_->Size() : Packed().Size(); }
  [[nodiscard]] std::uint64_t seed() const { return seed_; }
  // What the set takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const;
  [[nodiscard]] std::unique_ptr<Set> Duplicate() const;

  // False if it is there already, or is not.
  bool Add(const SetMember& member, const SetLimits& limits);
  bool Remove(const SetMember& member);
  // REQUIRES: !IsIndexed(), index < Size()
  void RemoveAt(std::size_t index);

  void BecomeIndexed();

  // Frees up to `chunks` pieces of 256 KiB at most; true when only the object itself is left. Nothing but this and the
  // destructor may be called after it.
  [[nodiscard]] bool FreeSlice(std::size_t chunks) { return !IsIndexed() || indexed_->FreeSlice(chunks); }

 private:
  [[nodiscard]] PackedSet Editable() { return PackedSet::InPlace(block_.data(), block_.capacity(), block_.size()); }

  std::uint64_t seed_;
  std::unique_ptr<IndexedSet> indexed_;
  PackedBlock block_;  // released: indexed
};
static_assert(sizeof(Set) == 32);

}  // namespace zedis::types

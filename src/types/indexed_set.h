// A large set: its members and their index in a region of their own (base/region.h, base/hash_index.h).
//
// A member is its text in a block (region_text.h); a text of 10 bytes takes one of 16.
//
// A member costs its block, some 7.5 bytes of index, and what the region leaves unused: 24 bytes for a text of 10.
// The index holds the hash's order, and all sets of a server have one seed: walking one set finds the members of
// another in the order of its index, which makes intersections kind to the caches.
//
// When erasing has left the region sparse, it is evacuated a segment at a time by the changes that follow.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/hash.h"
#include "base/hash_index.h"
#include "base/region.h"
#include "types/region_text.h"

namespace zedis::types {

class IndexedSet {
 public:
  explicit IndexedSet(std::uint64_t seed) : index_(region_, Traits{seed}) {}

  [[nodiscard]] std::size_t Size() const { return index_.size(); }
  [[nodiscard]] std::uint64_t seed() const { return index_.traits().seed; }
  // What the set takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const { return sizeof(IndexedSet) + region_.MemoryUsed(); }

  // `hash` is base::HashBytes(text, seed()).
  [[nodiscard]] bool Contains(std::string_view text, std::uint64_t hash) const {
    return static_cast<bool>(FindSlot(text, hash));
  }
  // False if it is there already, or is not.
  bool Add(std::string_view text, std::uint64_t hash);
  bool Remove(std::string_view text, std::uint64_t hash);
  // The same for a member that is known not to be there.
  void AddNew(std::string_view text, std::uint64_t hash);

  // visit(text) -> bool for all, in the order of their hashes, until it says false. The set must not change meanwhile.
  template <class Visit>
  void ForEach(Visit visit) const;

  // Any member, each as likely as any other. REQUIRES: Size() > 0
  template <class Random>
  [[nodiscard]] std::string_view Pick(Random random) const {
    return TextOf(region_.At(index_.Pick(random).handle()));
  }

  // The same, taken out: visit(text) before it goes.
  template <class Random, class Visit>
  void PopRandom(Random random, Visit visit) {
    const Index::Slot slot = index_.Pick(random);
    const std::string_view text = TextOf(region_.At(slot.handle()));
    visit(text);
    RemoveSlot(base::HashBytes(text, seed()), slot);
  }

  // visit(text) for the members at a few positions from `position` on; returns where to go on, base::kPositionEnd
  // after the last. What is there throughout a walk is visited exactly once, however the set changes meanwhile.
  template <class Visit>
  std::uint64_t Scan(std::uint64_t position, Visit visit) const {
    return index_.Scan(position, [&](Index::Slot slot) { visit(TextOf(region_.At(slot.handle()))); });
  }

  [[nodiscard]] std::unique_ptr<IndexedSet> Duplicate() const;

  // Frees up to `chunks` pieces of 256 KiB at most; true when nothing is left. Nothing else may be called after it.
  bool FreeSlice(std::size_t chunks) { return region_.FreeSlice(chunks); }

  // For tests.
  [[nodiscard]] const base::Region& region() const { return region_; }

 private:
  static constexpr int kChangesPerEvacuationStep = 32;
  static constexpr std::size_t kChunksPerEvacuationStep = 2;

  static std::string_view TextOf(const char* block) { return RegionText::At(block); }

  struct Traits {
    std::uint64_t seed;
    std::uint64_t Hash(const char* block) const { return base::HashBytes(TextOf(block), seed); }
  };
  using Index = base::HashIndex<Traits, base::Region>;

  Index::Slot FindSlot(std::string_view text, std::uint64_t hash) const {
    return index_.Find(hash, [&](const char* block) { return TextOf(block) == text; });
  }
  void RemoveSlot(std::uint64_t hash, Index::Slot slot);
  void NoteChange();
  void Evacuate();

  base::Region region_;
  Index index_;
  std::uint64_t evacuated_ = 0;  // position up to which nothing is old
  int changes_ = 0;
};

template <class Visit>
void IndexedSet::ForEach(Visit visit) const {
  // Members lie anywhere: each is asked for some members before it is read.
  constexpr std::size_t kAhead = 16;
  const char* ahead[kAhead];
  std::size_t asked = 0;
  bool go_on = true;
  index_.ForEachSegment(0, [&](const base::IndexSegment& segment, std::uint64_t) {
    index_.ForEachIn(segment, [&](Index::Slot slot) {
      const char* block = region_.At(slot.handle());
      __builtin_prefetch(block);
      const char*& place = ahead[asked % kAhead];
      if (asked >= kAhead && go_on) go_on = visit(TextOf(place));
      place = block;
      ++asked;
    });
    return go_on;
  });
  for (std::size_t i = asked < kAhead ? 0 : asked - kAhead; i < asked && go_on; ++i) {
    go_on = visit(TextOf(ahead[i % kAhead]));
  }
}

}  // namespace zedis::types

// A large hash: its fields and their index in a region of their own (base/region.h, base/hash_index.h).
//
//   field   | n: 7 bits | has a time: 1 bit | m: 1 byte | [time: 6 bytes] | field | value |       n up to 125
//           | 126       |                   | 0         | [time: 6 bytes] | n: 4 bytes | m: 4 bytes | field | value |
//           | 127       |                   | 0         | [time: 6 bytes] | address: 8 bytes | -> far: | n | m | field
//           | value |
//
// The second form is for what is longer, up to 1024 bytes in all, the third for what is longer still. A field of 10
// bytes with a value of 10 takes a block of 24, some 7.5 bytes of index, and what the region leaves unused.
//
// Times to live use what the index has for them, as the keyspace does: a mark beside the tag for each field that has
// one, and in each segment the earliest of its times. So taking out what is due reads those segments only in which
// something is. What is due and still there counts in Size(); CountDue() says how much that is.
//
// When erasing has left the region sparse, it is evacuated a segment at a time by the changes that follow.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/hash_index.h"
#include "base/region.h"
#include "types/counted.h"
#include "types/hash_item.h"

namespace zedis::types {

class IndexedHash : public Counted {
 public:
  explicit IndexedHash(std::uint64_t seed) : index_(region_, Traits{seed}) {}

  [[nodiscard]] std::size_t Size() const { return index_.size(); }
  // How many have a time to live.
  [[nodiscard]] std::size_t VolatileSize() const { return volatile_; }
  [[nodiscard]] std::uint64_t seed() const { return index_.traits().seed; }
  // What the hash takes, itself included.
  [[nodiscard]] std::size_t MemoryBytes() const { return sizeof(IndexedHash) + region_.MemoryUsed(); }

  // In all that follows, `hash` is base::HashBytes(field, seed()).

  // Due or not.
  [[nodiscard]] std::optional<HashItem> Find(std::string_view field, std::uint64_t hash) const {
    const Index::Slot slot = FindSlot(field, hash);
    if (!slot) return std::nullopt;
    return ItemAt(slot.handle());
  }
  // kAdded or kReplaced.
  HashPut Put(std::string_view field, std::uint64_t hash, const HashWrite& write);
  // The same for a field that is known not to be there.
  void AddNew(std::string_view field, std::uint64_t hash, std::string_view value,
              std::int64_t expire_at_ms = kNoFieldExpiry);
  // True if it was there and not due; then it is gone, as it is if it was due.
  bool Remove(std::string_view field, std::uint64_t hash, std::int64_t now_ms);
  // Gives a field another time, or none. REQUIRES: it is there.
  void SetExpiry(std::string_view field, std::uint64_t hash, std::int64_t expire_at_ms);

  // No field is due before this time; it may be too early, never too late. kNoFieldExpiry: none has a time.
  [[nodiscard]] std::int64_t Earliest() const { return volatile_ == 0 ? kNoFieldExpiry : earliest_ms_; }
  // Takes out what is due, of one segment in which something is due by `due_by_ms` (at most now_ms); goes on where it
  // stopped. Some 100 us at most.
  struct Removed {
    std::size_t count = 0;
    bool finished = true;  // it has been through the whole hash
  };
  Removed RemoveDueSlice(std::int64_t now_ms, std::int64_t due_by_ms);
  // O(1) if nothing is due, else O(segments + fields of those in which something is).
  [[nodiscard]] std::size_t CountDue(std::int64_t now_ms) const;

  // visit(const HashItem&) -> bool for all, due ones too, in the order of their hashes, until it says false. The hash
  // must not change meanwhile.
  template <class Visit>
  void ForEach(Visit visit) const;

  // Any field, due or not, each as likely as any other. REQUIRES: Size() > 0
  template <class Random>
  [[nodiscard]] HashItem Pick(Random random) const {
    return ItemAt(index_.Pick(random).handle());
  }

  // visit(const HashItem&) for the fields at a few positions from `position` on, due ones too; returns where to go on,
  // base::kPositionEnd after the last. What is there throughout a walk is visited exactly once, however the hash
  // changes meanwhile.
  template <class Visit>
  std::uint64_t Scan(std::uint64_t position, Visit visit) const {
    return index_.Scan(position, [&](Index::Slot slot) { visit(ItemAt(slot.handle())); });
  }

  [[nodiscard]] std::unique_ptr<IndexedHash> Duplicate() const;

  // Frees up to `chunks` pieces of 256 KiB at most; true when nothing is left. Nothing else may be called after it.
  bool FreeSlice(std::size_t chunks) { return region_.FreeSlice(chunks); }

  // For tests.
  [[nodiscard]] const base::Region& region() const { return region_; }

 private:
  static constexpr unsigned kShortFieldMax = 125;
  static constexpr unsigned kShortValueMax = 255;
  static constexpr unsigned kLong = 126;
  static constexpr unsigned kFar = 127;
  static constexpr unsigned kTimeBit = 128;
  static constexpr std::size_t kHeadBytes = 2;
  static constexpr std::size_t kSizesBytes = 2 * sizeof(std::uint32_t);
  static constexpr int kChangesPerEvacuationStep = 32;
  static constexpr std::size_t kChunksPerEvacuationStep = 8;
  static constexpr int kSegmentsPassedMax = 1024;

  // What a block holds.
  struct Parts {
    std::string_view field;
    std::string_view value;
  };
  static unsigned HeadOf(const char* block) { return static_cast<unsigned char>(*block); }
  static bool HasTime(const char* block) { return (HeadOf(block) & kTimeBit) != 0; }
  static std::size_t TimeBytesOf(const char* block) { return HasTime(block) ? kFieldExpiryBytes : 0; }
  static std::int64_t TimeOf(const char* block) {
    return HasTime(block) ? ReadFieldExpiry(block + kHeadBytes) : kNoFieldExpiry;
  }
  static Parts PartsOf(const char* block) {
    const unsigned head = HeadOf(block) & ~kTimeBit;
    const char* at = block + kHeadBytes + TimeBytesOf(block);
    if (head <= kShortFieldMax) [[likely]]
      return {{at, head}, {at + head, static_cast<unsigned char>(block[1])}};
    return LongParts(head, at);
  }
  static Parts LongParts(unsigned head, const char* at);
  static HashItem ItemOf(const char* block) {
    const Parts parts = PartsOf(block);
    return {{.text = parts.field}, {.text = parts.value}, TimeOf(block)};
  }
  static std::size_t BlockBytesOf(const char* block);
  static char* FarOf(const char* block);

  struct Traits {
    std::uint64_t seed;
    std::uint64_t Hash(const char* block) const { return base::HashBytes(PartsOf(block).field, seed); }
  };
  using Index = base::HashIndex<Traits, base::Region>;

  Index::Slot FindSlot(std::string_view field, std::uint64_t hash) const {
    return index_.Find(hash, [&](const char* block) { return PartsOf(block).field == field; });
  }
  HashItem ItemAt(base::Region::Handle handle) const { return ItemOf(region_.At(handle)); }
  static bool FitsInPlace(const char* block, std::string_view value, std::int64_t expire_at_ms);
  base::Region::Handle NewBlock(std::string_view field, std::string_view value, std::int64_t expire_at_ms);
  void FreeBlock(base::Region::Handle handle);
  void Rewrite(std::uint64_t hash, Index::Slot slot, std::string_view field, std::string_view value,
               std::int64_t expire_at_ms);
  void RemoveSlot(std::uint64_t hash, Index::Slot slot);
  void LowerEarliest(std::uint64_t hash, std::int64_t expire_at_ms);
  void NoteChange();
  void Evacuate();

  base::Region region_;
  Index index_;
  std::uint64_t evacuated_ = 0;  // position up to which nothing is old
  int changes_ = 0;
  std::uint32_t volatile_ = 0;  // a region has room for 2^30
  std::int64_t earliest_ms_ = kNoFieldExpiry;
  // Of the walk that takes out what is due: where it is, the earliest time of the segments that it has passed, and the
  // earliest of the times that were set meanwhile.
  std::uint64_t swept_ = 0;
  std::int64_t swept_earliest_ms_ = kNoFieldExpiry;
  std::int64_t lowered_to_ms_ = kNoFieldExpiry;
};

template <class Visit>
void IndexedHash::ForEach(Visit visit) const {
  // Fields lie anywhere: each is asked for some fields before it is read.
  constexpr std::size_t kAhead = 16;
  const char* ahead[kAhead];
  std::size_t asked = 0;
  bool go_on = true;
  index_.ForEachSegment(0, [&](const base::IndexSegment& segment, std::uint64_t) {
    index_.ForEachIn(segment, [&](Index::Slot slot) {
      const char* block = region_.At(slot.handle());
      __builtin_prefetch(block);
      const char*& place = ahead[asked % kAhead];
      if (asked >= kAhead && go_on) go_on = visit(ItemOf(place));
      place = block;
      ++asked;
    });
    return go_on;
  });
  for (std::size_t i = asked < kAhead ? 0 : asked - kAhead; i < asked && go_on; ++i) {
    go_on = visit(ItemOf(ahead[i % kAhead]));
  }
}

}  // namespace zedis::types

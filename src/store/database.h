// Database: the keys of one logical database that belong to one shard. Owns keys and values: what is overwritten or
// erased is freed, collections of more than kFreeAtOnceElements by the shard's garbage list.
//
// This is the layer below expiry and notification: it does what it is told. Command handlers go through
// engine::Context, which hides expired keys and reports changes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "base/hash_index.h"
#include "store/entry.h"

namespace zedis::store {

// A key with its hash, computed once per request, and where prefetching has found its bucket.
struct Key {
  std::string_view bytes;
  std::uint64_t hash = 0;
  base::IndexHint hint = {};
};

// When the first part of a value is due; IndexSegment::kNever if none ever is. May be too early. O(1).
std::int64_t EarliestPartOf(const Entry& entry);  // store/value_ops.cc. REQUIRES: PartsExpire
inline std::int64_t EarliestPart(const Entry& entry) {
  return PartsExpire(entry.type()) ? EarliestPartOf(entry) : base::IndexSegment::kNever;
}

inline bool HasVolatileParts(const Entry& entry) { return EarliestPart(entry) != base::IndexSegment::kNever; }

struct EntryTraits {
  std::uint64_t seed;
  std::uint64_t Hash(const char* block) const {
    return base::HashBytes(reinterpret_cast<const Entry*>(block)->key(), seed);
  }
};

using EntryIndex = base::HashIndex<EntryTraits>;

class GarbageList;

class alignas(64) Database {
 public:
  using Slot = EntryIndex::Slot;

  Database(base::Arena& arena, std::uint64_t seed, GarbageList& garbage)
      : index_(arena, EntryTraits{seed}), garbage_(&garbage) {}

  std::size_t size() const { return index_.size(); }
  std::size_t volatile_keys() const { return volatile_keys_; }
  // How many have values of which parts have times to live of their own.
  std::size_t keys_with_volatile_parts() const { return keys_with_volatile_parts_; }
  EntryIndex& index() { return index_; }
  const EntryIndex& index() const { return index_; }
  base::Arena& arena() const { return index_.arena(); }
  Entry* At(Slot slot) const { return reinterpret_cast<Entry*>(arena().At(slot.handle())); }

  // Null if there is no such key; expired or not. O(1) expected. The pointer lives until the next call that changes
  // this shard.
  [[gnu::always_inline]] Slot FindSlot(const Key& key) const {
    return index_.Find(key.hash, key.hint,
                       [&](const char* block) { return reinterpret_cast<const Entry*>(block)->KeyEquals(key.bytes); });
  }
  Entry* Find(const Key& key) const {
    const Slot slot = FindSlot(key);
    return slot ? At(slot) : nullptr;
  }

  // What the arena and the general allocator hold for a key and its value. Its place in the index is not counted: 7.5
  // bytes on average. O(1), for streams O(groups and consumers).
  std::size_t MemoryOf(Slot slot) const;

  // Stores a value, whatever was there before, and frees that.
  Entry* Put(const Key& key, const Value& value, std::int64_t expire_at_ms, std::uint32_t access) {
    return PutAt(key, FindSlot(key), value, expire_at_ms, access);
  }
  // The same when FindSlot was just called: `slot` is what it returned.
  Entry* PutAt(const Key& key, Slot slot, const Value& value, std::int64_t expire_at_ms, std::uint32_t access);

  // Replaces the value of a key that exists; its expiry stays. `entry` is dead afterwards. If it has to move to a
  // larger block, that gets `spare_bytes` more, for a value that is going to grow on; it keeps them until a quarter is
  // unused.
  Entry* SetValue(const Key& key, Entry* entry, const Value& value, std::size_t spare_bytes = 0);

  // The same for a far value whose object has moved or was replaced by its own Resize: nothing is freed.
  static void SetFar(Entry* entry, void* far);

  // To be called when parts of a far value have got, changed or lost times to live of their own (PartsExpire), before
  // anything else is done to its key. `had_times`: EarliestPart was not kNever before. Put and SetValue see by
  // themselves to what they write.
  void NoteParts(const Key& key, bool had_times) { NoteParts(key, FindSlot(key), had_times); }

  // kNoExpiry takes the time to live away. `entry` is dead afterwards.
  Entry* SetExpiry(const Key& key, Entry* entry, std::int64_t expire_at_ms);

  // False if there was no such key.
  bool Erase(const Key& key);
  void EraseSlot(const Key& key, Slot slot);

  // Takes the value of a key out and erases the key, without freeing what is far.
  Value Extract(const Key& key, Entry* entry);

  // Frees a far value that is in no entry any more: in slices, by the garbage list, if it is large.
  void Discard(Type type, void* far);

  // Frees all keys, in slices, by the garbage list. O(1) now.
  void Clear();

  // Frees a bounded part of what is left, the table included; true when nothing is. For the garbage list.
  bool DrainSlice();

  // Exchanges two databases of one shard.
  void Swap(Database& other);

  // When the first thing in an entry is due: the key, or a part of its value. IndexSegment::kNever: nothing ever. May
  // be too early. Only entries whose slot is marked have such a time. O(1).
  static std::int64_t DueAt(const Entry& entry) {
    const std::int64_t key_ms = entry.has_ttl() ? entry.expire_at_ms() : base::IndexSegment::kNever;
    return std::min(key_ms, EarliestPart(entry));
  }

  // No key, and no part of a value, is due before this time; it may be too early, never too late.
  // IndexSegment::kNever: none has a ttl.
  std::int64_t earliest_ms() const { return earliest_ms_; }

  // Looks through a bounded number of segments from `position` on that may hold a key due by `due_by_ms` (at
  // most now_ms), and stops after the first that holds any: calls due(Slot) for each entry of which something is due at
  // now_ms (`due` must not change the table). Before it does anything else to this database, the caller erases them
  // all, or takes out what is due of their values and calls NoteParts. Returns where to go on.
  template <class Due>
  std::uint64_t SweepExpired(std::uint64_t position, std::int64_t due_by_ms, std::int64_t now_ms, Due due);
  // Makes earliest_ms() exact for the segments, when a sweep has come to its end, in slices of a bounded number of
  // segments: from position 0 on, until it returns kPositionEnd. `earliest_ms` is what the caller keeps between them.
  std::uint64_t TightenEarliest(std::uint64_t position, std::int64_t& earliest_ms);

  // Adds the keys that are not due at now_ms to `live`, for at most `max_segments` from `position` on. Returns where
  // to go on. O(keys of the segments in which something is due).
  std::uint64_t CountLive(std::uint64_t position, int max_segments, std::int64_t now_ms, std::size_t& live) const;

  static constexpr std::size_t kFreeAtOnceElements = 64;
  static constexpr int kSegmentsPerSweepMax = 8;
  static constexpr int kSegmentsPassedPerSweepMax = 1024;

 private:
  Slot Move(const Key& key, Slot slot, Entry* old, const Value& value, std::int64_t expire_at_ms, std::uint32_t access,
            std::size_t spare_bytes = 0);
  bool FitsWhereItIs(const Entry& entry, std::size_t bytes) const;
  void LowerEarliest(const Key& key, std::int64_t expire_at_ms);
  void NoteParts(const Key& key, Slot slot, bool had_times);
  void ForgetTimes(const Entry& entry);
  void NoteExpiry(const Key& key, Slot slot, bool had_ttl, std::int64_t expire_at_ms);
  void FreeValue(const Entry& entry) { Discard(entry.type(), entry.far()); }
  void FreeBlock(base::Arena::Handle handle);

  [[no_unique_address]] EntryIndex index_;
  std::uint32_t volatile_keys_ = 0;  // an arena has room for 2^31
  std::uint32_t keys_with_volatile_parts_ = 0;
  // The earliest second at which anything that got its time to live during TightenEarliest is due.
  std::uint32_t lowered_to_s_ = 0;
  std::int64_t earliest_ms_ = base::IndexSegment::kNever;
  GarbageList* garbage_;
};
static_assert(sizeof(Database) == 64, "a cache line each");

template <class Due>
std::uint64_t Database::SweepExpired(std::uint64_t position, std::int64_t due_by_ms, std::int64_t now_ms, Due due) {
  if (earliest_ms_ > due_by_ms) return base::kPositionEnd;
  int passed_left = kSegmentsPassedPerSweepMax;
  int left = kSegmentsPerSweepMax;
  return index_.ForEachSegment(position, [&](base::IndexSegment& segment, std::uint64_t) {
    if (segment.earliest_ms > due_by_ms) return --passed_left > 0;
    std::int64_t earliest_ms = base::IndexSegment::kNever;
    bool found = false;
    index_.ForEachMarked(segment, [&](Slot slot) {
      const std::int64_t due_at_ms = DueAt(*At(slot));
      if (due_at_ms <= now_ms) {
        found = true;
        due(slot);
      } else if (due_at_ms < earliest_ms) {
        earliest_ms = due_at_ms;
      }
    });
    segment.earliest_ms = earliest_ms;
    return !found && --left > 0;
  });
}

}  // namespace zedis::store

#include "types/indexed_hash.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace zedis::types {

using base::IndexSegment;
using base::Region;

static_assert(IndexSegment::kNever == kNoFieldExpiry, "a segment's earliest time is that of its fields");

// --- blocks ---

// Of a block whose sizes do not fit into its head; `at` is behind the time.
IndexedHash::Parts IndexedHash::LongParts(unsigned head, const char* at) {
  if (head == kFar) std::memcpy(&at, at, sizeof(char*));
  std::uint32_t sizes[2];
  static_assert(sizeof sizes == kSizesBytes);
  std::memcpy(sizes, at, sizeof sizes);
  at += sizeof sizes;
  return {{at, sizes[0]}, {at + sizes[0], sizes[1]}};
}

char* IndexedHash::FarOf(const char* block) {
  if ((HeadOf(block) & ~kTimeBit) != kFar) return nullptr;
  char* far;
  std::memcpy(&far, block + kHeadBytes + TimeBytesOf(block), sizeof far);
  return far;
}

std::size_t IndexedHash::BlockBytesOf(const char* block) {
  const std::size_t head_bytes = kHeadBytes + TimeBytesOf(block);
  const unsigned head = HeadOf(block) & ~kTimeBit;
  if (head == kFar) return head_bytes + sizeof(char*);
  const Parts parts = PartsOf(block);
  return head_bytes + (head == kLong ? kSizesBytes : 0) + parts.field.size() + parts.value.size();
}

Region::Handle IndexedHash::NewBlock(std::string_view field, std::string_view value, std::int64_t expire_at_ms) {
  const bool has_time = expire_at_ms != kNoFieldExpiry;
  const std::size_t head_bytes = kHeadBytes + (has_time ? kFieldExpiryBytes : 0);
  const std::size_t text_bytes = field.size() + value.size();
  const bool is_short = field.size() <= kShortFieldMax && value.size() <= kShortValueMax;
  const bool is_far = !is_short && head_bytes + kSizesBytes + text_bytes > Region::kMaxBlockBytes;
  const unsigned form = is_short ? static_cast<unsigned>(field.size()) : is_far ? kFar : kLong;
  const std::size_t body_bytes = is_far ? sizeof(char*) : text_bytes + (is_short ? 0 : kSizesBytes);
  const Region::Handle handle = region_.Allocate(head_bytes + body_bytes);
  char* at = region_.At(handle);
  at[0] = static_cast<char>(form | (has_time ? kTimeBit : 0));
  at[1] = static_cast<char>(is_short ? value.size() : 0);
  if (has_time) WriteFieldExpiry(at + kHeadBytes, expire_at_ms);
  at += head_bytes;
  if (is_far) {
    char* far = region_.AllocateFar(kSizesBytes + text_bytes);
    std::memcpy(at, &far, sizeof far);
    at = far;
  }
  if (!is_short) {
    const std::uint32_t sizes[2] = {static_cast<std::uint32_t>(field.size()), static_cast<std::uint32_t>(value.size())};
    std::memcpy(at, sizes, sizeof sizes);
    at += sizeof sizes;
  }
  if (!field.empty()) std::memcpy(at, field.data(), field.size());
  if (!value.empty()) std::memcpy(at + field.size(), value.data(), value.size());
  return handle;
}

void IndexedHash::FreeBlock(Region::Handle handle) {
  const char* block = region_.At(handle);
  const std::size_t bytes = BlockBytesOf(block);
  if (char* far = FarOf(block); far != nullptr) region_.FreeFar(far);
  region_.Free(handle, bytes);
}

// --- writing ---

void IndexedHash::LowerEarliest(std::uint64_t hash, std::int64_t expire_at_ms) {
  IndexSegment* segment = index_.SegmentFor(hash);
  segment->earliest_ms = std::min(segment->earliest_ms, expire_at_ms);
  // Without any time before this one, what is remembered is of fields that are gone.
  earliest_ms_ = volatile_ == 1 ? expire_at_ms : std::min(earliest_ms_, expire_at_ms);
  lowered_to_ms_ = std::min(lowered_to_ms_, expire_at_ms);
}

void IndexedHash::AddNew(std::string_view field, std::uint64_t hash, std::string_view value,
                         std::int64_t expire_at_ms) {
  const bool has_time = expire_at_ms != kNoFieldExpiry;
  index_.Insert(hash, NewBlock(field, value, expire_at_ms), has_time);
  if (has_time) {
    ++volatile_;
    LowerEarliest(hash, expire_at_ms);
  }
  NoteChange();
}

// A short value in a block that would not change its size.
bool IndexedHash::FitsInPlace(const char* block, std::string_view value, std::int64_t expire_at_ms) {
  const std::size_t field_bytes = HeadOf(block) & ~kTimeBit;
  if (field_bytes > kShortFieldMax || value.size() > kShortValueMax) return false;
  if (HasTime(block) != (expire_at_ms != kNoFieldExpiry)) return false;
  const std::size_t without_value = kHeadBytes + TimeBytesOf(block) + field_bytes;
  return Region::BlockBytes(without_value + value.size()) == Region::BlockBytes(BlockBytesOf(block));
}

// `field` and `value` may be those of the block itself.
void IndexedHash::Rewrite(std::uint64_t hash, Index::Slot slot, std::string_view field, std::string_view value,
                          std::int64_t expire_at_ms) {
  const Region::Handle old = slot.handle();
  char* block = region_.At(old);
  const bool had_time = HasTime(block);
  const bool has_time = expire_at_ms != kNoFieldExpiry;
  if (FitsInPlace(block, value, expire_at_ms)) {
    if (has_time) WriteFieldExpiry(block + kHeadBytes, expire_at_ms);
    block[1] = static_cast<char>(value.size());
    if (!value.empty()) {
      std::memmove(block + kHeadBytes + TimeBytesOf(block) + (HeadOf(block) & ~kTimeBit), value.data(), value.size());
    }
  } else {
    slot.Replace(NewBlock(field, value, expire_at_ms));
    FreeBlock(old);
  }
  slot.Mark(has_time);
  if (had_time) --volatile_;
  if (has_time) {
    ++volatile_;
    LowerEarliest(hash, expire_at_ms);
  }
  NoteChange();
}

HashPut IndexedHash::Put(std::string_view field, std::uint64_t hash, const HashWrite& write) {
  const Index::Slot slot = FindSlot(field, hash);
  if (!slot) {
    AddNew(field, hash, write.value, write.expire_at_ms);
    return HashPut::kAdded;
  }
  const std::int64_t old_ms = TimeOf(region_.At(slot.handle()));
  Rewrite(hash, slot, field, write.value, write.ExpiryOver(old_ms));
  return old_ms > write.now_ms ? HashPut::kReplaced : HashPut::kAdded;
}

void IndexedHash::SetExpiry(std::string_view field, std::uint64_t hash, std::int64_t expire_at_ms) {
  const Index::Slot slot = FindSlot(field, hash);
  CHECK(static_cast<bool>(slot));
  Rewrite(hash, slot, field, PartsOf(region_.At(slot.handle())).value, expire_at_ms);
}

bool IndexedHash::Remove(std::string_view field, std::uint64_t hash, std::int64_t now_ms) {
  const Index::Slot slot = FindSlot(field, hash);
  if (!slot) return false;
  const bool was_due = TimeOf(region_.At(slot.handle())) <= now_ms;
  RemoveSlot(hash, slot);
  NoteChange();
  return !was_due;
}

// Nothing else moves.
void IndexedHash::RemoveSlot(std::uint64_t hash, Index::Slot slot) {
  const Region::Handle handle = slot.handle();
  if (slot.marked()) --volatile_;
  index_.Erase(hash, slot);
  FreeBlock(handle);
}

// --- what is due ---

IndexedHash::Removed IndexedHash::RemoveDueSlice(std::int64_t now_ms, std::int64_t due_by_ms) {
  if (swept_ == 0) {
    if (Earliest() > due_by_ms) return {};
    swept_earliest_ms_ = lowered_to_ms_ = kNoFieldExpiry;
  }
  Region::Handle due[IndexSegment::kMaxSlots];
  std::size_t count = 0;
  int passed_left = kSegmentsPassedMax;
  swept_ = index_.ForEachSegment(swept_, [&](IndexSegment& segment, std::uint64_t) {
    if (segment.earliest_ms <= due_by_ms) {
      std::int64_t earliest_ms = kNoFieldExpiry;
      index_.ForEachMarked(segment, [&](Index::Slot slot) {
        const std::int64_t time_ms = TimeOf(region_.At(slot.handle()));
        if (time_ms <= now_ms) {
          due[count++] = slot.handle();
        } else {
          earliest_ms = std::min(earliest_ms, time_ms);
        }
      });
      segment.earliest_ms = earliest_ms;
    }
    swept_earliest_ms_ = std::min(swept_earliest_ms_, segment.earliest_ms);
    return count == 0 && --passed_left > 0;
  });
  for (std::size_t i = 0; i < count; ++i) {
    const char* block = region_.At(due[i]);
    const std::uint64_t hash = index_.traits().Hash(block);
    RemoveSlot(hash, index_.Find(hash, [&](const char* other) { return other == block; }));
  }
  // Only now, because an evacuation moves blocks.
  for (std::size_t i = 0; i < count; ++i) NoteChange();
  if (swept_ < base::kPositionEnd) return {.count = count, .finished = false};
  swept_ = 0;
  earliest_ms_ = std::min(swept_earliest_ms_, lowered_to_ms_);
  return {.count = count, .finished = true};
}

std::size_t IndexedHash::CountDue(std::int64_t now_ms) const {
  if (Earliest() > now_ms) return 0;
  std::size_t due = 0;
  index_.ForEachSegment(0, [&](const IndexSegment& segment, std::uint64_t) {
    if (segment.earliest_ms <= now_ms) {
      index_.ForEachMarked(segment,
                           [&](Index::Slot slot) { due += TimeOf(region_.At(slot.handle())) <= now_ms ? 1 : 0; });
    }
    return true;
  });
  return due;
}

// --- memory ---

// A step moves at most one segment, some 15 us, and comes with one change of 32: an evacuation is over before the hash
// can have halved or doubled again.
void IndexedHash::NoteChange() {
  if (++changes_ % kChangesPerEvacuationStep != 0) [[likely]]
    return;
  if (region_.evacuating() || region_.IsSparse()) Evacuate();
}

void IndexedHash::Evacuate() {
  if (!region_.evacuating()) {
    region_.BeginEvacuation();
    evacuated_ = 0;
  }
  if (evacuated_ < base::kPositionEnd) {
    evacuated_ = index_.Evacuate(evacuated_, [&](Region::Handle old) {
      const char* block = region_.At(old);
      const std::size_t bytes = BlockBytesOf(block);
      const Region::Handle fresh = region_.Allocate(bytes);
      std::memcpy(region_.At(fresh), block, bytes);
      region_.Free(old, bytes);
      return fresh;
    });
  } else {
    region_.FreeOld(kChunksPerEvacuationStep);
  }
}

std::unique_ptr<IndexedHash> IndexedHash::Duplicate() const {
  auto copy = std::make_unique<IndexedHash>(seed());
  ForEach([&](const HashItem& item) {
    const std::string_view field = item.field.text;
    copy->AddNew(field, base::HashBytes(field, seed()), item.value.text, item.expire_at_ms);
    return true;
  });
  return copy;
}

}  // namespace zedis::types

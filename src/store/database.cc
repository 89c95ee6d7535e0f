#include "store/database.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "store/garbage.h"
#include "store/value_ops.h"
#include "types/allocate.h"

namespace zedis::store {
namespace {

FarKey* NewFarKey(std::string_view key) {
  auto* far = static_cast<FarKey*>(types::Allocate(sizeof(std::uint32_t) + key.size()));
  far->size = static_cast<std::uint32_t>(key.size());
  std::memcpy(far->bytes, key.data(), key.size());
  return far;
}

}  // namespace

void Database::LowerEarliest(const Key& key, std::int64_t expire_at_ms) {
  base::IndexSegment* segment = index_.SegmentFor(key.hash);
  if (expire_at_ms < segment->earliest_ms) segment->earliest_ms = expire_at_ms;
  if (expire_at_ms < earliest_ms_) earliest_ms_ = expire_at_ms;
  if (expire_at_ms / 1000 < lowered_to_s_) lowered_to_s_ = static_cast<std::uint32_t>(expire_at_ms / 1000);
}

// Records a time to live in the mark of the slot, in the segment's earliest time and in ours.
void Database::NoteExpiry(const Key& key, Slot slot, bool had_ttl, std::int64_t expire_at_ms) {
  const bool has_ttl = expire_at_ms != kNoExpiry;
  if (has_ttl) LowerEarliest(key, expire_at_ms);
  if (has_ttl == had_ttl) return;
  slot.Mark(has_ttl || HasVolatileParts(*At(slot)));
  has_ttl ? ++volatile_keys_ : --volatile_keys_;
}

// The same for the times of a value's parts.
void Database::NoteParts(const Key& key, Slot slot, bool had_times) {
  const Entry& entry = *At(slot);
  const std::int64_t earliest_ms = EarliestPart(entry);
  const bool has_times = earliest_ms != base::IndexSegment::kNever;
  if (has_times) LowerEarliest(key, earliest_ms);
  slot.Mark(has_times || entry.has_ttl());
  if (has_times != had_times) has_times ? ++keys_with_volatile_parts_ : --keys_with_volatile_parts_;
}

// Of an entry that is about to go.
void Database::ForgetTimes(const Entry& entry) {
  if (entry.has_ttl()) --volatile_keys_;
  if (HasVolatileParts(entry)) --keys_with_volatile_parts_;
}

Entry* Database::PutAt(const Key& key, Slot slot, const Value& value, std::int64_t expire_at_ms, std::uint32_t access) {
  const bool has_ttl = expire_at_ms != kNoExpiry;
  const std::size_t bytes = Entry::BytesFor(key.bytes.size(), value, has_ttl);
  if (!slot) {
    const base::Arena::Handle handle = arena().Allocate(bytes);
    auto* entry = reinterpret_cast<Entry*>(arena().At(handle));
    FarKey* far_key = key.bytes.size() > Entry::kNearKeyMax ? NewFarKey(key.bytes) : nullptr;
    entry->Write(key.bytes, far_key, value, expire_at_ms, access);
    index_.Insert(key.hash, handle, has_ttl);
    if (has_ttl) {
      ++volatile_keys_;
      LowerEarliest(key, expire_at_ms);
    }
    if (HasVolatileParts(*entry)) NoteParts(key, false);
    return entry;
  }
  Entry* entry = At(slot);
  const bool had_ttl = entry->has_ttl();
  const bool had_times = HasVolatileParts(*entry);
  const std::size_t old_bytes = entry->Bytes();
  if (entry->storage() == Storage::kFar) FreeValue(*entry);
  if (had_ttl == has_ttl && base::Arena::BlockBytes(old_bytes) == base::Arena::BlockBytes(bytes)) {
    entry->WriteValue(value);
    entry->SetAccess(access);
    if (has_ttl) entry->OverwriteExpiry(expire_at_ms);
  } else {
    slot = Move(key, slot, entry, value, expire_at_ms, access);
    entry = At(slot);
  }
  if (has_ttl || had_ttl) NoteExpiry(key, slot, had_ttl, expire_at_ms);
  if (had_times || PartsExpire(value.type)) NoteParts(key, slot, had_times);
  return entry;
}

// Writes the entry anew in a block of another size. The old value must have been freed or taken over.
Database::Slot Database::Move(const Key& key, Slot slot, Entry* old, const Value& value, std::int64_t expire_at_ms,
                              std::uint32_t access, std::size_t spare_bytes) {
  FarKey* far_key = old->key_is_far() ? old->far_key() : nullptr;
  const base::Arena::Handle old_handle = slot.handle();
  const std::size_t bytes = Entry::BytesFor(key.bytes.size(), value, expire_at_ms != kNoExpiry);
  const base::Arena::Handle handle = arena().Allocate(std::min(bytes + spare_bytes, base::Arena::kMaxBlockBytes));
  reinterpret_cast<Entry*>(arena().At(handle))->Write(key.bytes, far_key, value, expire_at_ms, access);
  slot.Replace(handle);
  arena().Free(old_handle);
  return slot;
}

// A block may be larger than its entry needs: SetValue leaves room to grow.
bool Database::FitsWhereItIs(const Entry& entry, std::size_t bytes) const {
  if (base::Arena::BlockBytes(entry.Bytes()) == base::Arena::BlockBytes(bytes)) return true;
  const std::size_t block = arena().SizeOf(arena().HandleOf(&entry));
  return bytes <= block && block - bytes <= block / 4;
}

Entry* Database::SetValue(const Key& key, Entry* entry, const Value& value, std::size_t spare_bytes) {
  const std::size_t bytes = Entry::BytesFor(key.bytes.size(), value, entry->has_ttl());
  const bool had_times = HasVolatileParts(*entry);
  if (entry->storage() == Storage::kFar) FreeValue(*entry);
  if (FitsWhereItIs(*entry, bytes)) {
    entry->WriteValue(value);
  } else {
    entry = At(Move(key, FindSlot(key), entry, value, entry->ExpiryOrNone(), entry->access(), spare_bytes));
  }
  if (had_times || HasVolatileParts(*entry)) NoteParts(key, had_times);
  return entry;
}

void Database::SetFar(Entry* entry, void* far) {
  CHECK(entry->storage() == Storage::kFar);
  std::memcpy(entry->ValueField(), &far, sizeof far);
}

Entry* Database::SetExpiry(const Key& key, Entry* entry, std::int64_t expire_at_ms) {
  const bool had_ttl = entry->has_ttl();
  if (!had_ttl && expire_at_ms == kNoExpiry) return entry;
  Slot slot = FindSlot(key);
  if (had_ttl && expire_at_ms != kNoExpiry) {
    entry->OverwriteExpiry(expire_at_ms);
  } else {
    char copy[kNearValueMax];
    const Value value = entry->CopyValue(copy);
    slot = Move(key, slot, entry, value, expire_at_ms, entry->access());
    entry = At(slot);
  }
  NoteExpiry(key, slot, had_ttl, expire_at_ms);
  return entry;
}

void Database::Discard(Type type, void* far) {
  const TypeRow& row = RowOf(type);
  if (row.free_slice != nullptr && row.elements(far) > kFreeAtOnceElements) {
    garbage_->AddValue(type, far);
  } else {
    row.free(far);
  }
}

void Database::FreeBlock(base::Arena::Handle handle) {
  const auto* entry = reinterpret_cast<const Entry*>(arena().At(handle));
  if (entry->storage() == Storage::kFar) FreeValue(*entry);
  if (entry->key_is_far()) types::Free(entry->far_key());
  arena().Free(handle);
}

std::size_t Database::MemoryOf(Slot slot) const {
  const Entry& entry = *At(slot);
  std::size_t bytes = arena().SizeOf(slot.handle());
  if (entry.key_is_far()) bytes += types::AllocatedBytes(entry.far_key());
  if (entry.storage() == Storage::kFar) bytes += RowOf(entry.type()).memory(entry.far());
  return bytes;
}

bool Database::Erase(const Key& key) {
  const Slot slot = FindSlot(key);
  if (!slot) return false;
  EraseSlot(key, slot);
  return true;
}

// `key` may be the entry's own: the block is freed last.
void Database::EraseSlot(const Key& key, Slot slot) {
  const base::Arena::Handle handle = slot.handle();
  ForgetTimes(*At(slot));
  index_.Erase(key.hash, slot);
  FreeBlock(handle);
}

Value Database::Extract(const Key& key, Entry* entry) {
  CHECK(entry->storage() == Storage::kFar);
  const Value value = Value::Far(entry->type(), entry->far());
  const Slot slot = FindSlot(key);
  const base::Arena::Handle handle = slot.handle();
  ForgetTimes(*entry);
  index_.Erase(key.hash, slot);
  if (entry->key_is_far()) types::Free(entry->far_key());
  arena().Free(handle);
  return value;
}

void Database::Clear() {
  if (size() == 0) return;
  auto detached = std::make_unique<Database>(arena(), index_.traits().seed, *garbage_);
  Swap(*detached);
  garbage_->AddDatabase(std::move(detached));
}

void Database::Swap(Database& other) {
  index_.Swap(other.index_);
  std::swap(volatile_keys_, other.volatile_keys_);
  std::swap(keys_with_volatile_parts_, other.keys_with_volatile_parts_);
  std::swap(earliest_ms_, other.earliest_ms_);
  // What a walk that is under way has seen of one says nothing about the other.
  lowered_to_s_ = other.lowered_to_s_ = 0;
}

std::uint64_t Database::TightenEarliest(std::uint64_t position, std::int64_t& earliest_ms) {
  constexpr std::uint32_t kNothingLowered = UINT32_MAX;
  if (position == 0) {
    earliest_ms = base::IndexSegment::kNever;
    lowered_to_s_ = kNothingLowered;
  }
  int left = kSegmentsPassedPerSweepMax;
  position = index_.ForEachSegment(position, [&](const base::IndexSegment& segment, std::uint64_t) {
    earliest_ms = std::min(earliest_ms, segment.earliest_ms);
    return --left > 0;
  });
  if (position == base::kPositionEnd) {
    // Rounded down, so too early rather than too late.
    const std::int64_t lowered_to_ms =
        lowered_to_s_ == kNothingLowered ? base::IndexSegment::kNever : std::int64_t{lowered_to_s_} * 1000;
    earliest_ms_ = std::min(earliest_ms, lowered_to_ms);
    lowered_to_s_ = 0;
  }
  return position;
}

std::uint64_t Database::CountLive(std::uint64_t position, int max_segments, std::int64_t now_ms,
                                  std::size_t& live) const {
  if (position == 0 && earliest_ms_ > now_ms) {
    live += size();
    return base::kPositionEnd;
  }
  return index_.ForEachSegment(position, [&](const base::IndexSegment& segment, std::uint64_t) {
    live += segment.entries;
    if (segment.earliest_ms <= now_ms) {
      index_.ForEachMarked(segment, [&](Slot slot) { live -= At(slot)->ExpiredAt(now_ms) ? 1 : 0; });
    }
    return --max_segments > 0;
  });
}

bool Database::DrainSlice() {
  return index_.Drain([&](base::Arena::Handle handle) { FreeBlock(handle); });
}

}  // namespace zedis::store

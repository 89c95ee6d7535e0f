#include "types/stream.h"

#include <algorithm>

namespace zedis::types {

Stream::~Stream() {
  while (!FreeSlice(SIZE_MAX)) {
  }
}

StreamId Stream::FirstId() const {
  StreamEntry entry;
  StreamCursor cursor(*this, {}, kStreamIdMax, false);
  return cursor.Next(&entry) ? entry.id : StreamId{};
}

StreamId Stream::LastEntryId() const {
  StreamEntry entry;
  StreamCursor cursor(*this, {}, kStreamIdMax, true);
  return cursor.Next(&entry) ? entry.id : StreamId{};
}

bool Stream::Find(const StreamId& id, StreamEntry* entry) const {
  if (blocks_.Empty()) return false;
  const StreamBlock* block = blocks_.At(blocks_.Floor(id)).block;
  const StreamBlock::Place place = block->LowerBound(id);
  if (place.index == block->Entries()) return false;
  *entry = block->Read(place.offset);
  return entry->id == id && !entry->deleted;
}

std::size_t Stream::MemoryBytes() const {
  std::size_t bytes =
      AllocatedBytes(const_cast<Stream*>(this)) + block_bytes_ + blocks_.HeapBytes() + HeapBytes(groups_);
  for (const StreamGroup* group : groups_) bytes += group->MemoryBytes();
  return bytes;
}

std::size_t Stream::PartsToFree() const {
  std::size_t parts = blocks_.Size();
  for (const StreamGroup* group : groups_) parts += 1 + group->Pending().Size() + group->Consumers().size();
  return parts;
}

Stream* Stream::Duplicate() const {
  auto* copy = new Stream;
  copy->last_id_ = last_id_;
  copy->needs_block_ = needs_block_;
  copy->max_deleted_id = max_deleted_id;
  copy->entries_added = entries_added;
  copy->length_ = length_;
  for (Blocks::Cursor at = blocks_.First(); at != blocks_.End(); at = blocks_.After(at)) {
    StreamBlock* block = StreamBlock::Copy(blocks_.At(at).block);
    const auto bytes = static_cast<std::uint32_t>(AllocatedBytes(block));
    copy->blocks_.Insert(blocks_.IdAt(at), {block, blocks_.At(at).live, bytes});
    copy->block_bytes_ += bytes;
  }
  copy->groups_.reserve(groups_.size());
  for (const StreamGroup* group : groups_) copy->groups_.push_back(group->Duplicate());
  return copy;
}

// --- Entries

void Stream::AddBlock(const StreamId& id, StreamPairs pairs, std::size_t room) {
  blocks_.Insert(id, {nullptr, 0, 0});
  SetBlock(blocks_.At(blocks_.Last()), StreamBlock::New(id, pairs, room));
  needs_block_ = false;
}

void Stream::SetBlock(BlockRef& ref, StreamBlock* block) {
  if (ref.block == block) return;
  ref.block = block;
  block_bytes_ -= ref.bytes;
  ref.bytes = static_cast<std::uint32_t>(AllocatedBytes(block));
  block_bytes_ += ref.bytes;
}

void Stream::SetLastId(const StreamId& id) {
  // What follows may be less than entries that were deleted, and within a block ids grow.
  if (id < last_id_) needs_block_ = true;
  last_id_ = id;
}

void Stream::Append(const StreamId& id, StreamPairs pairs, const StreamNodeLimits& limits) {
  std::size_t bytes = 0;
  for (const std::string_view text : pairs) bytes += text.size();
  if (blocks_.Empty()) {
    AddBlock(id, pairs, bytes + 2 * pairs.size());
  } else {
    BlockRef& last = blocks_.At(blocks_.Last());
    const std::size_t used = last.block->UsedBytes();
    const bool full = (limits.bytes > 0 && used + bytes >= static_cast<std::size_t>(limits.bytes)) ||
                      (limits.entries > 0 && last.block->Entries() >= static_cast<std::size_t>(limits.entries));
    if (full || needs_block_ || !last.block->CanShare()) {
      SetBlock(last, StreamBlock::Seal(last.block));
      AddBlock(id, pairs, std::min(used, StreamBlock::kSharedBytesMax));
    }
  }
  AppendToLast(id, pairs, false);
}

void Stream::AppendToLast(const StreamId& id, StreamPairs pairs, bool same_names) {
  BlockRef& last = blocks_.At(blocks_.Last());
  SetBlock(last, StreamBlock::Append(last.block, id, pairs, same_names));
  ++last.live;
  ++length_;
  ++entries_added;
  last_id_ = id;
}

bool Stream::AppendCut(const StreamId& id, StreamPairs pairs, const Cut& cut) {
  const bool new_block = blocks_.Empty() || cut.new_block || !blocks_.At(blocks_.Last()).block->CanShare();
  if (new_block) {
    if (!blocks_.Empty()) {
      BlockRef& last = blocks_.At(blocks_.Last());
      SetBlock(last, StreamBlock::Seal(last.block));
    }
    AddBlock(id, cut.names, 0);
  }
  AppendToLast(id, pairs, cut.same_names);
  return new_block;
}

void Stream::DropBlock(Blocks::Cursor at) {
  const BlockRef ref = blocks_.At(at);
  block_bytes_ -= ref.bytes;
  StreamBlock::Delete(ref.block);
  blocks_.EraseAt(at);
}

bool Stream::Delete(const StreamId& id) {
  if (blocks_.Empty()) return false;
  const Blocks::Cursor at = blocks_.Floor(id);
  BlockRef& ref = blocks_.At(at);
  const StreamBlock::Place place = ref.block->LowerBound(id);
  if (place.index == ref.block->Entries()) return false;
  const StreamEntry entry = ref.block->Read(place.offset);
  if (entry.id != id || entry.deleted) return false;
  ref.block->MarkDeleted(place.offset);
  --length_;
  if (--ref.live == 0) DropBlock(at);
  max_deleted_id = std::max(max_deleted_id, id);
  return true;
}

// Whether the trim takes the whole of the first block.
bool Stream::GoesWhole(Blocks::Cursor at, const StreamTrim& trim) const {
  const BlockRef& ref = blocks_.At(at);
  if (trim.by == StreamTrim::By::kLength) return length_ - ref.live >= trim.length_max;
  const Blocks::Cursor next = blocks_.After(at);
  if (next != blocks_.End() && blocks_.IdAt(next) <= trim.id_min) return true;
  return ref.block->LastId() < trim.id_min;
}

std::uint64_t Stream::TrimFirstBlock(const StreamTrim& trim) {
  const Blocks::Cursor at = blocks_.First();
  BlockRef& ref = blocks_.At(at);
  std::uint64_t removed = 0;
  std::size_t offset = ref.block->GroupOffset(0);
  for (std::size_t left = ref.block->Entries(); left > 0; --left) {
    if (trim.by == StreamTrim::By::kLength && length_ <= trim.length_max) break;
    const StreamEntry entry = ref.block->Read(offset);
    if (trim.by == StreamTrim::By::kId && entry.id >= trim.id_min) break;
    const std::size_t next = ref.block->OffsetBehind(entry);
    if (!entry.deleted) {
      ref.block->MarkDeleted(offset);
      --length_;
      --ref.live;
      ++removed;
    }
    offset = next;
  }
  if (ref.live == 0) DropBlock(at);
  return removed;
}

std::uint64_t Stream::TrimChunk(const StreamTrim& trim, std::uint64_t limit, Stream* removed) {
  if (blocks_.Empty()) return 0;
  const Blocks::Cursor end = blocks_.BehindFirstChunk();
  const Blocks::Cursor last = blocks_.Before(end);
  // Each block has an entry at least, so this says at once that too few have to go, as nearly always.
  const bool by_length = trim.by == StreamTrim::By::kLength;
  if (by_length ? length_ <= trim.length_max + last.index : !GoesWhole(last, trim)) return 0;
  std::uint64_t live = 0;
  std::size_t bytes = 0;
  for (Blocks::Cursor at = blocks_.First(); at != end; at = blocks_.After(at)) {
    live += blocks_.At(at).live;
    bytes += blocks_.At(at).bytes;
  }
  if (live > limit || (by_length && length_ - live < trim.length_max)) return 0;
  blocks_.MoveFirstChunk(removed->blocks_);
  block_bytes_ -= bytes;
  length_ -= live;
  return live;
}

std::uint64_t Stream::Trim(const StreamTrim& trim, Stream* removed) {
  const std::uint64_t limit = trim.limit > 0 ? trim.limit : UINT64_MAX;
  std::uint64_t count = 0;
  while (const std::uint64_t chunk = TrimChunk(trim, limit - count, removed)) count += chunk;
  while (!blocks_.Empty()) {
    if (trim.by == StreamTrim::By::kLength && length_ <= trim.length_max) break;
    const Blocks::Cursor at = blocks_.First();
    const BlockRef ref = blocks_.At(at);
    if (ref.live > limit - count) break;
    if (!GoesWhole(at, trim)) {
      if (!trim.approximate) count += TrimFirstBlock(trim);
      break;
    }
    // The block itself is not touched: it is most likely in no cache.
    removed->blocks_.Insert(blocks_.IdAt(at), ref);
    blocks_.EraseAt(at);
    block_bytes_ -= ref.bytes;
    length_ -= ref.live;
    count += ref.live;
  }
  return count;
}

// --- Groups

CountedVector<StreamGroup*>::const_iterator Stream::PlaceOf(std::string_view name) const {
  return std::lower_bound(groups_.begin(), groups_.end(), name,
                          [](const StreamGroup* group, std::string_view other) { return group->Name() < other; });
}

StreamGroup* Stream::FindGroup(std::string_view name) const {
  const auto at = PlaceOf(name);
  return at != groups_.end() && (*at)->Name() == name ? *at : nullptr;
}

StreamGroup* Stream::CreateGroup(std::string_view name, const StreamId& last,
                                 std::optional<std::int64_t> entries_read) {
  if (FindGroup(name) != nullptr) return nullptr;
  return *groups_.insert(PlaceOf(name), new StreamGroup(name, last, entries_read));
}

void Stream::RemoveGroup(StreamGroup* group, Stream* removed) {
  groups_.erase(PlaceOf(group->Name()));
  removed->groups_.push_back(group);
}

// The rules of Redis 7.4 for what can be known without counting. Clients may set the counters to anything, so that
// differences wrap around.
std::optional<std::int64_t> Stream::EntriesUpTo(const StreamId& id, const StreamId& first) const {
  const auto added = static_cast<std::int64_t>(entries_added);
  if (entries_added == 0) return 0;
  if (length_ == 0 && id <= last_id_) return added;
  if (!id.IsZero() && id < max_deleted_id) return std::nullopt;  // deleted entries lie between
  if (id == last_id_) return added;
  if (id > last_id_) return std::nullopt;
  if (max_deleted_id.IsZero() || max_deleted_id < first) {
    if (id < first) return static_cast<std::int64_t>(entries_added - length_);
    if (id == first) return static_cast<std::int64_t>(entries_added - length_ + 1);
  }
  return std::nullopt;
}

std::optional<std::int64_t> Stream::Lag(const StreamGroup& group) const {
  if (entries_added == 0 || length_ == 0) return 0;
  const StreamId first = FirstId();
  if (group.last_id < first && max_deleted_id < first) return static_cast<std::int64_t>(length_);
  std::optional<std::int64_t> read = group.entries_read;
  if (!read || HasTombstoneFrom(group.last_id)) read = EntriesUpTo(group.last_id, first);
  if (!read) return std::nullopt;
  return static_cast<std::int64_t>(entries_added - static_cast<std::uint64_t>(*read));
}

void Stream::NoteDelivered(StreamGroup& group, const StreamId& id, const StreamId& first) const {
  if (id <= group.last_id) return;
  if (group.entries_read && group.last_id >= first && !HasTombstoneFrom(group.last_id)) {
    group.entries_read = static_cast<std::int64_t>(static_cast<std::uint64_t>(*group.entries_read) + 1);
  } else if (entries_added > 0) {
    group.entries_read = EntriesUpTo(id, first);
  }
  group.last_id = id;
}

// --- Freeing

bool Stream::FreeSlice(std::size_t steps) {
  while (steps > 0 && !groups_.empty()) {
    --steps;
    if (!groups_.back()->FreeSlice(steps)) continue;
    delete groups_.back();
    groups_.pop_back();
  }
  for (; steps > 0 && !blocks_.Empty(); --steps) {
    const Blocks::Cursor at = blocks_.Last();
    StreamBlock::Delete(blocks_.At(at).block);
    blocks_.EraseAt(at);
  }
  return groups_.empty() && blocks_.Empty();
}

void Stream::CheckConsistency() const {
  blocks_.CheckConsistency();
  std::uint64_t length = 0;
  std::size_t bytes = 0;
  StreamId last;
  for (Blocks::Cursor at = blocks_.First(); at != blocks_.End(); at = blocks_.After(at)) {
    const BlockRef& ref = blocks_.At(at);
    CHECK(ref.block->IsValid() && ref.block->FirstId() == blocks_.IdAt(at));
    CHECK(ref.bytes == AllocatedBytes(ref.block));
    std::size_t live = 0;
    std::size_t offset = ref.block->GroupOffset(0);
    for (std::size_t left = ref.block->Entries(); left > 0; --left) {
      const StreamEntry entry = ref.block->Read(offset);
      if (!entry.deleted) {
        CHECK(live + length == 0 || last < entry.id);
        last = entry.id;
        ++live;
      }
      offset = ref.block->OffsetBehind(entry);
    }
    CHECK(live == ref.live && live > 0);
    length += live;
    bytes += ref.bytes;
  }
  CHECK(length == length_ && bytes == block_bytes_ && last <= last_id_);
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    CHECK(i == 0 || groups_[i - 1]->Name() < groups_[i]->Name());
    groups_[i]->CheckConsistency();
  }
}

}  // namespace zedis::types

#include "types/stream_block.h"

#include <algorithm>
#include <new>

#include "base/check.h"
#include "types/allocate.h"

namespace zedis::types {
namespace {

// What an entry takes beside its texts, at most: tag, three varints, and a head for each element.
constexpr std::size_t kEntryHeadMax = 1 + 3 * 10;
constexpr std::size_t kElementHeadMax = 5;

char* WriteVarint(char* at, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) *at++ = static_cast<char>(value | 0x80);
  *at++ = static_cast<char>(value);
  return at;
}

std::uint64_t ReadVarint(const char*& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const auto byte = static_cast<unsigned char>(*at++);
    value |= std::uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return value;
  }
}

char* WriteElement(char* at, std::string_view text) {
  const EncodedElement element(text);
  element.WriteTo(at);
  return at + element.size();
}

std::size_t TextBytes(StreamPairs pairs) {
  std::size_t bytes = 0;
  for (const std::string_view text : pairs) bytes += text.size() + kElementHeadMax;
  return bytes;
}

}  // namespace

StreamBlock* StreamBlock::WithCapacity(std::size_t bytes) {
  const std::size_t rounded = RoundToSizeClass(sizeof(StreamBlock) + bytes);
  CHECK(rounded < UINT32_MAX);
  auto* block = new (Allocate(rounded)) StreamBlock;
  block->capacity_ = static_cast<std::uint32_t>(rounded - sizeof(StreamBlock));
  return block;
}

StreamBlock* StreamBlock::New(const StreamId& first, StreamPairs pairs, std::size_t room) {
  std::size_t names = 0;
  for (std::size_t i = 0; i < pairs.size(); i += 2) names += pairs[i].size() + kElementHeadMax;
  StreamBlock* block = WithCapacity(names + room);
  block->first_ = first;
  block->pairs_ = static_cast<std::uint32_t>(pairs.size() / 2);
  block->entries_ = 0;
  block->unused_ = 0;
  block->WriteNames(pairs);
  return block;
}

void StreamBlock::WriteNames(StreamPairs pairs) {
  char* at = MutableData();
  for (std::size_t i = 0; i < pairs.size(); i += 2) at = WriteElement(at, pairs[i]);
  names_size_ = used_ = static_cast<std::uint32_t>(at - Data());
}

// A block of another capacity with the same contents.
StreamBlock* StreamBlock::Move(StreamBlock* block, std::size_t data_bytes) {
  StreamBlock* moved = WithCapacity(data_bytes);
  const std::uint32_t capacity = moved->capacity_;
  std::memcpy(static_cast<void*>(moved), block, sizeof(StreamBlock) + block->used_);
  moved->capacity_ = capacity;
  const std::size_t table = block->TableBytes();
  std::memcpy(moved->MutableData() + capacity - table, block->Data() + block->capacity_ - table, table);
  return moved;
}

StreamBlock* StreamBlock::Copy(const StreamBlock* block) {
  return Move(const_cast<StreamBlock*>(block), block->used_ + block->TableBytes());
}

void StreamBlock::Delete(StreamBlock* block) { Free(block); }

StreamBlock* StreamBlock::Seal(StreamBlock* block) {
  const std::size_t bytes = block->used_ + block->TableBytes();
  if (RoundToSizeClass(sizeof(StreamBlock) + bytes) >= sizeof(StreamBlock) + block->capacity_) return block;
  StreamBlock* sealed = Move(block, bytes);
  Free(block);
  return sealed;
}

bool StreamBlock::HasSameNames(StreamPairs pairs) const {
  if (pairs.size() != 2 * std::size_t{pairs_}) return false;
  const char* at = Data();
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    if (!DecodeElement(at).Equals(pairs[i])) return false;
    at += ElementSize(at);
  }
  return true;
}

StreamBlock* StreamBlock::Append(StreamBlock* block, const StreamId& id, StreamPairs pairs, bool same_names) {
  const std::size_t needed = block->used_ + kEntryHeadMax + TextBytes(pairs) + block->TableBytes() + 2;
  if (needed > block->capacity_) {
    StreamBlock* grown = Move(block, std::max(needed, std::size_t{block->capacity_} * 3 / 2));
    Free(block);
    block = grown;
  }
  if (block->entries_ > 0 && block->entries_ % kGroup == 0) {
    block->SetTable(block->entries_ / kGroup - 1, block->used_ - block->names_size_);
  }
  const bool same = same_names || block->HasSameNames(pairs);
  const std::uint64_t delta = id.ms - block->first_.ms;
  char* at = block->MutableData() + block->used_;
  *at++ = static_cast<char>((same ? kSameNamesBit : 0) | std::min(delta, kLongDelta) << kDeltaShift);
  if (delta >= kLongDelta) at = WriteVarint(at, delta - kLongDelta);
  at = WriteVarint(at, delta == 0 ? id.seq - block->first_.seq : id.seq);
  if (!same) at = WriteVarint(at, pairs.size() / 2);
  for (std::size_t i = same ? 1 : 0; i < pairs.size(); i += same ? 2 : 1) at = WriteElement(at, pairs[i]);
  block->used_ = static_cast<std::uint32_t>(at - block->Data());
  ++block->entries_;
  return block;
}

StreamEntry StreamBlock::Read(std::size_t offset) const {
  const char* at = Data() + offset;
  const auto tag = static_cast<unsigned char>(*at++);
  StreamEntry entry;
  entry.deleted = (tag & kDeletedBit) != 0;
  std::uint64_t delta = tag >> kDeltaShift;
  if (delta == kLongDelta) delta += ReadVarint(at);
  const std::uint64_t seq = ReadVarint(at);
  entry.id = {first_.ms + delta, delta == 0 ? first_.seq + seq : seq};
  if ((tag & kSameNamesBit) != 0) {
    entry.names = Data();
    entry.pairs = pairs_;
  } else {
    entry.pairs = static_cast<std::uint32_t>(ReadVarint(at));
  }
  entry.body = at;
  return entry;
}

StreamId StreamBlock::IdAt(std::size_t offset) const { return Read(offset).id; }

StreamBlock::Place StreamBlock::LowerBound(const StreamId& id) const {
  if (entries_ == 0 || id <= IdAt(GroupOffset(0))) return {0, GroupOffset(0)};
  std::size_t low = 0;  // its first entry is less
  for (std::size_t high = Groups(); high - low > 1;) {
    const std::size_t middle = (low + high) / 2;
    (IdAt(GroupOffset(middle)) < id ? low : high) = middle;
  }
  std::size_t index = low * kGroup;
  std::size_t offset = GroupOffset(low);
  const std::size_t end = std::min(index + kGroup, std::size_t{entries_});
  for (; index < end; ++index) {
    const StreamEntry entry = Read(offset);
    if (entry.id >= id) break;
    offset = OffsetBehind(entry);
  }
  return {index, offset};
}

StreamId StreamBlock::LastId() const {
  const std::size_t group = Groups() - 1;
  StreamEntry entry = Read(GroupOffset(group));
  for (std::size_t index = group * kGroup + 1; index < entries_; ++index) entry = Read(OffsetBehind(entry));
  return entry.id;
}

bool StreamBlock::IsValid() const {
  if (names_size_ > used_ || used_ + TableBytes() > capacity_) return false;
  std::size_t offset = names_size_;
  StreamId last;
  for (std::size_t index = 0; index < entries_; ++index) {
    if (offset >= used_) return false;
    if (index % kGroup == 0 && GroupOffset(index / kGroup) != offset) return false;
    const StreamEntry entry = Read(offset);
    if (index > 0 && entry.id <= last) return false;
    last = entry.id;
    offset = OffsetBehind(entry);
  }
  return offset == used_;
}

}  // namespace zedis::types

#include <algorithm>

#include "types/stream.h"

namespace zedis::types {

StreamCursor::StreamCursor(const Stream& stream, const StreamId& from, const StreamId& to, bool backward)
    : blocks_(stream.Index()), from_(from), to_(to), backward_(backward) {
  done_ = blocks_.Empty() || to < from;
  if (done_) return;
  const StreamId& start = backward ? to : from;
  at_ = blocks_.Floor(start);
  block_ = blocks_.At(at_).block;
  const StreamBlock::Place place = block_->LowerBound(start);
  index_ = place.index;
  offset_ = place.offset;
  if (backward && index_ < block_->Entries() && block_->Read(offset_).id == to) ++index_;
}

bool StreamCursor::NextForward(StreamEntry* entry) {
  while (!done_) {
    if (index_ == block_->Entries()) {
      at_ = blocks_.After(at_);
      done_ = at_ == blocks_.End();
      if (done_) break;
      block_ = blocks_.At(at_).block;
      index_ = 0;
      offset_ = block_->GroupOffset(0);
    }
    *entry = block_->Read(offset_);
    offset_ = block_->OffsetBehind(*entry);
    ++index_;
    // Only what is not deleted is in order from block to block, see Stream::SetLastId.
    if (entry->deleted) continue;
    if (entry->id > to_) break;
    return true;
  }
  done_ = true;
  return false;
}

void StreamCursor::LoadGroup(std::size_t group) {
  group_ = group;
  std::size_t offset = block_->GroupOffset(group);
  const std::size_t count = std::min(StreamBlock::kGroup, block_->Entries() - group * StreamBlock::kGroup);
  for (std::size_t i = 0; i < count; ++i) {
    offsets_[i] = static_cast<std::uint32_t>(offset);
    if (i + 1 < count) offset = block_->OffsetBehind(block_->Read(offset));
  }
}

bool StreamCursor::NextBackward(StreamEntry* entry) {
  while (!done_) {
    if (index_ == 0) {
      if (at_ == blocks_.First()) break;
      at_ = blocks_.Before(at_);
      block_ = blocks_.At(at_).block;
      index_ = block_->Entries();
      group_ = SIZE_MAX;
    }
    --index_;
    if (index_ / StreamBlock::kGroup != group_) LoadGroup(index_ / StreamBlock::kGroup);
    *entry = block_->Read(offsets_[index_ % StreamBlock::kGroup]);
    if (entry->deleted) continue;
    if (entry->id < from_) break;
    return true;
  }
  done_ = true;
  return false;
}

}  // namespace zedis::types

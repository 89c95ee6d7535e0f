#include "types/indexed_set.h"

namespace zedis::types {

void IndexedSet::AddNew(std::string_view text, std::uint64_t hash) {
  index_.Insert(hash, RegionText::New(region_, 0, text));
  NoteChange();
}

bool IndexedSet::Add(std::string_view text, std::uint64_t hash) {
  if (FindSlot(text, hash)) return false;
  AddNew(text, hash);
  return true;
}

bool IndexedSet::Remove(std::string_view text, std::uint64_t hash) {
  const Index::Slot slot = FindSlot(text, hash);
  if (slot) RemoveSlot(hash, slot);
  return static_cast<bool>(slot);
}

void IndexedSet::RemoveSlot(std::uint64_t hash, Index::Slot slot) {
  const base::Region::Handle handle = slot.handle();
  index_.Erase(hash, slot);
  RegionText::Free(region_, handle, 0);
  NoteChange();
}

// A step moves at most one segment, some 15 us, and comes with one change of 32: an evacuation is over before the set
// can have halved or doubled again.
void IndexedSet::NoteChange() {
  if (++changes_ % kChangesPerEvacuationStep != 0) [[likely]]
    return;
  if (region_.evacuating() || region_.IsSparse()) Evacuate();
}

void IndexedSet::Evacuate() {
  if (!region_.evacuating()) {
    region_.BeginEvacuation();
    evacuated_ = 0;
  }
  if (evacuated_ < base::kPositionEnd) {
    evacuated_ =
        index_.Evacuate(evacuated_, [&](base::Region::Handle old) { return RegionText::Move(region_, old, 0); });
  } else {
    region_.FreeOld(kChunksPerEvacuationStep);
  }
}

std::unique_ptr<IndexedSet> IndexedSet::Duplicate() const {
  auto copy = std::make_unique<IndexedSet>(seed());
  ForEach([&](std::string_view text) {
    copy->AddNew(text, base::HashBytes(text, seed()));
    return true;
  });
  return copy;
}

}  // namespace zedis::types

#include "base/arena_evacuation.h"

#include <algorithm>
#include <cstring>

namespace zedis::base {

ArenaEvacuation::ArenaEvacuation(Arena& arena) : arena_(arena), pages_by_use_(std::make_unique<Histogram>()) {}

ArenaEvacuation::~ArenaEvacuation() {
  while (!Finish()) {
  }
}

bool ArenaEvacuation::Count() {
  const std::uint32_t end = std::min(next_page_ + kPagesPerSlice, arena_.page_count_);
  for (; next_page_ < end; ++next_page_) {
    const Arena::Page& page = arena_.pages_[next_page_];
    if (page.state == Arena::kSlab) ++(*pages_by_use_)[page.size_class][page.used];
  }
  if (next_page_ < arena_.page_count_) return false;
  next_page_ = 1;
  Choose();
  pages_by_use_.reset();
  return true;
}

// Goes up from the pages with one block as long as what they hold fits into the holes of the pages above.
void ArenaEvacuation::Choose() {
  for (int size_class = 0; size_class < kClassCount; ++size_class) {
    const auto& pages = (*pages_by_use_)[size_class];
    const std::size_t per_page = Arena::kClasses.per_page[size_class];
    std::size_t holes = 0;
    for (std::size_t used = 1; used < per_page; ++used) holes += pages[used] * (per_page - used);
    std::size_t to_move = 0;
    Choice& choice = choice_[size_class];
    for (std::size_t used = 1; used < per_page; ++used) {
      // A page that is emptied takes its blocks from the holes of the others, and its own holes away.
      const std::size_t left = holes - to_move;
      const std::size_t fit = std::min<std::size_t>(pages[used], left / per_page);
      gain_pages_ += fit;
      if (fit < pages[used]) {
        choice.more = static_cast<std::uint32_t>(fit);
        break;
      }
      choice.below = static_cast<std::uint32_t>(used);
      holes -= fit * (per_page - used);
      to_move += fit * used;
    }
  }
}

bool ArenaEvacuation::Mark() {
  const std::uint32_t end = std::min(next_page_ + kPagesPerSlice, arena_.page_count_);
  for (; next_page_ < end; ++next_page_) {
    Arena::Page& page = arena_.pages_[next_page_];
    if (page.state != Arena::kSlab || page.used == 0 || page.used == Arena::kClasses.per_page[page.size_class])
      continue;
    Choice& choice = choice_[page.size_class];
    if (page.used > choice.below) {
      if (page.used != choice.below + 1 || choice.more == 0) continue;
      --choice.more;
    }
    arena_.RemoveRoom(page.size_class, next_page_);
    page.state = Arena::kEvacuating;
    marked_.push_back(next_page_);
  }
  return next_page_ >= arena_.page_count_;
}

Arena::Handle ArenaEvacuation::Move(Arena::Handle handle) {
  const std::uint8_t size_class = arena_.pages_[Arena::PageOf(handle)].size_class;
  if (arena_.with_room_[size_class] == 0) return handle;
  const std::size_t bytes = Arena::kClasses.bytes[size_class];
  const Arena::Handle target = arena_.Allocate(bytes);
  std::memcpy(arena_.At(target), arena_.At(handle), bytes);
  arena_.Free(handle);
  ++moved_;
  return target;
}

// A page that was emptied may be in use for something else by now: then its state says so.
bool ArenaEvacuation::Finish() {
  for (std::size_t i = 0; i < kPagesFinishedPerSlice && !marked_.empty(); ++i) {
    const std::uint32_t index = marked_.back();
    marked_.pop_back();
    Arena::Page& page = arena_.pages_[index];
    if (page.state != Arena::kEvacuating) continue;
    page.state = Arena::kSlab;
    arena_.PushRoom(page.size_class, index);
  }
  return marked_.empty();
}

}  // namespace zedis::base

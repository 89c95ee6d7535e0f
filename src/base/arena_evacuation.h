// ArenaEvacuation: one attempt to empty the sparse pages of an arena.
//
// Random deletes leave every page of an arena a little used, and none of them empty. A block can move, because it is
// named by one handle that its owner rewrites; what has to be decided is which pages to empty. Here: of each size
// class, those that are used least, as many as fit into the free blocks of the others. So each move is into a hole that
// stays in use, every page chosen is worth less moving than any page kept, and the result is packed.
//
//   1. Count():  how many pages of each class hold how many blocks
//   2. Gain():   how many pages could be emptied; the caller decides whether that is worth it
//   3. Mark():   takes the chosen pages out of use: nothing is handed out from them any more
//   4. the owner of the blocks asks IsSparse() of each handle and replaces it by Move()
//   5. Finish(): what could not be emptied is in ordinary use again
//
// 1, 3 and 5 are done in slices of some 20 us, true when done; the arena may be used between them. What the numbers
// say may therefore be a little old: Move() never takes a new page, so at worst some pages are not emptied.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/arena.h"

namespace zedis::base {

class ArenaEvacuation {
 public:
  explicit ArenaEvacuation(Arena& arena);
  ~ArenaEvacuation();
  ArenaEvacuation(const ArenaEvacuation&) = delete;
  ArenaEvacuation& operator=(const ArenaEvacuation&) = delete;

  bool Count();
  std::size_t Gain() const { return gain_pages_; }
  bool Mark();
  bool Finish();

  bool IsSparse(Arena::Handle handle) const { return arena_.pages_[Arena::PageOf(handle)].state == Arena::kEvacuating; }
  // Copies the block to another page and frees it; returns where it is now. The handle itself if there is no room.
  // REQUIRES: IsSparse(handle), and nobody else keeps it.
  Arena::Handle Move(Arena::Handle handle);

  std::uint64_t moved() const { return moved_; }

 private:
  static constexpr int kClassCount = Arena::Classes::kCount;
  static constexpr std::size_t kBlocksPerPageMax = Arena::kPageBytes / Arena::kMinBlockBytes;
  static constexpr std::uint32_t kPagesPerSlice = 4096;
  static constexpr std::size_t kPagesFinishedPerSlice = 1024;

  using Histogram = std::array<std::array<std::uint32_t, kBlocksPerPageMax + 1>, kClassCount>;
  // Pages that hold at most `below` blocks are emptied, and `more` of those that hold one block more.
  struct Choice {
    std::uint32_t below = 0;
    std::uint32_t more = 0;
  };

  void Choose();

  Arena& arena_;
  std::unique_ptr<Histogram> pages_by_use_;
  std::array<Choice, kClassCount> choice_{};
  std::size_t gain_pages_ = 0;
  std::uint32_t next_page_ = 1;
  std::vector<std::uint32_t> marked_;
  std::uint64_t moved_ = 0;
};

}  // namespace zedis::base

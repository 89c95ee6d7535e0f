#include "base/memory_count.h"

#include <algorithm>

namespace zedis::base {

constinit MemoryCount::Cell MemoryCount::cells_[kCells];
constinit std::atomic<std::uint32_t> MemoryCount::taken_{0};

// Cells are not given back: a thread's sum stays valid after its end.
MemoryCount::Cell* MemoryCount::TakeCell() {
  const std::uint32_t number = taken_.fetch_add(1, std::memory_order_relaxed);
  return &cells_[std::min(number, kShared)];
}

std::size_t MemoryCount::Sum(std::atomic<std::int64_t> Cell::* count) {
  const std::uint32_t taken = std::min(taken_.load(std::memory_order_relaxed) + 1, kCells);
  std::int64_t sum = (cells_[kShared].*count).load(std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < std::min(taken, kShared); ++i)
    sum += (cells_[i].*count).load(std::memory_order_relaxed);
  return sum > 0 ? static_cast<std::size_t>(sum) : 0;
}

}  // namespace zedis::base

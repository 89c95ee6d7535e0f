// How much memory holds data: pages of arenas and blocks beside them, in bytes.
//
// Every thread adds to a cell of its own, so counting costs a load and a store and no cache line travels; whoever wants
// the sum adds up the cells. A block may be freed by another thread than took it, so that single cells may be negative.
// This is the one piece of mutable global state: memory belongs to the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace zedis::base {

class MemoryCount {
 public:
  static void Add(std::ptrdiff_t bytes) {
    Cell& cell = OwnCell();
    if (&cell == &cells_[kShared]) [[unlikely]] {
      cell.bytes.fetch_add(bytes, std::memory_order_relaxed);
      return;
    }
    cell.bytes.store(cell.bytes.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
  }

  // The sum. O(threads). Exact when no thread is counting, else it lags by what they are about to add.
  static std::size_t UsedBytes();

 private:
  struct alignas(64) Cell {
    std::atomic<std::int64_t> bytes{0};
  };
  // Threads beyond these share the last cell.
  static constexpr std::uint32_t kCells = 128;
  static constexpr std::uint32_t kShared = kCells - 1;

  static Cell& OwnCell() {
    thread_local Cell* const own = TakeCell();
    return *own;
  }
  static Cell* TakeCell();

  static Cell cells_[kCells];
  static std::atomic<std::uint32_t> taken_;
};

}  // namespace zedis::base

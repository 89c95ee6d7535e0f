// How much memory holds data and what clients have sent or wait for: pages of arenas, blocks beside them, and buffers,
// in bytes.
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
    AddTo(cell, cell.bytes, bytes);
  }
  // The same for what belongs to clients.
  static void AddClient(std::ptrdiff_t bytes) {
    Cell& cell = OwnCell();
    AddTo(cell, cell.bytes, bytes);
    AddTo(cell, cell.client_bytes, bytes);
  }

  // The sum. O(threads). Exact when no thread is counting, else it lags by what they are about to add.
  static std::size_t UsedBytes() { return Sum(&Cell::bytes); }
  // The part of it that belongs to clients.
  static std::size_t ClientBytes() { return Sum(&Cell::client_bytes); }
  // What this thread has added: for measuring what an operation frees. Wrong if it shares the last cell.
  static std::int64_t OwnBytes() { return OwnCell().bytes.load(std::memory_order_relaxed); }

 private:
  struct alignas(64) Cell {
    std::atomic<std::int64_t> bytes{0};
    std::atomic<std::int64_t> client_bytes{0};
  };
  static void AddTo(const Cell& cell, std::atomic<std::int64_t>& count, std::ptrdiff_t bytes) {
    if (&cell == &cells_[kShared]) [[unlikely]] {
      count.fetch_add(bytes, std::memory_order_relaxed);
    } else {
      count.store(count.load(std::memory_order_relaxed) + bytes, std::memory_order_relaxed);
    }
  }
  static std::size_t Sum(std::atomic<std::int64_t> Cell::* count);

  // Threads beyond these share the last cell.
  static constexpr std::uint32_t kCells = 128;
  static constexpr std::uint32_t kShared = kCells - 1;

  static Cell& OwnCell() {
    thread_local Cell* own = TakeCell();
    return *own;
  }
  static Cell* TakeCell();

  static Cell cells_[kCells];
  static std::atomic<std::uint32_t> taken_;
};

}  // namespace zedis::base

// The one door through which collections and long strings take memory, so that it is counted, as the allocator rounds
// it.
#pragma once

#include <malloc.h>
#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdlib>

#include "base/check.h"
#include "base/memory_count.h"

namespace zedis::types {

inline std::size_t AllocatedBytes(void* block) { return block == nullptr ? 0 : malloc_usable_size(block); }

inline void* Allocate(std::size_t bytes) {
  void* block = std::malloc(bytes);
  CHECK(block != nullptr);
  base::MemoryCount::Add(static_cast<std::ptrdiff_t>(AllocatedBytes(block)));
  return block;
}
inline void Free(void* block) {
  base::MemoryCount::Add(-static_cast<std::ptrdiff_t>(AllocatedBytes(block)));
  std::free(block);
}

// Zeros straight from the system, which takes no memory until it is written to. A general allocator of the kind used
// here writes the zeros itself: 300 ms for 512 MB. For blocks of a megabyte and more.
inline void* MapZeroed(std::size_t bytes) {
  void* block = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(block != MAP_FAILED);
  base::MemoryCount::Add(static_cast<std::ptrdiff_t>(bytes));
  return block;
}
inline void Unmap(void* block, std::size_t bytes) {
  base::MemoryCount::Add(-static_cast<std::ptrdiff_t>(bytes));
  CHECK(munmap(block, bytes) == 0);
}

// `bytes` rounded up to a size that mimalloc does not round further: 5, 6, 7 or 8 times a power of two.
// A block of such a size wastes nothing.
constexpr std::size_t RoundToSizeClass(std::size_t bytes) {
  constexpr std::size_t kExactBelow = 64;           // multiples of 8
  constexpr std::size_t kRoundedBelow = 64 * 1024;  // larger blocks: pages that are not touched are not resident
  if (bytes <= kExactBelow || bytes > kRoundedBelow) return (bytes + 7) & ~std::size_t{7};
  const std::size_t step = std::bit_floor(bytes - 1) / 4;
  return (bytes + step - 1) / step * step;
}
static_assert(RoundToSizeClass(65) == 80 && RoundToSizeClass(128) == 128 && RoundToSizeClass(5121) == 6144);

}  // namespace zedis::types

// Objects and standard containers that take their memory through types/allocate.h, so that it is counted.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "types/allocate.h"

namespace zedis::types {

// A base for classes that are made by `new`.
struct Counted {
  static void* operator new(std::size_t bytes) { return Allocate(bytes); }
  static void operator delete(void* block) { Free(block); }
};

template <class T>
struct CountedAllocator {
  using value_type = T;
  CountedAllocator() = default;
  template <class Other>
  CountedAllocator(const CountedAllocator<Other>&) {}  // NOLINT: standard containers convert
  T* allocate(std::size_t count) { return static_cast<T*>(Allocate(count * sizeof(T))); }
  void deallocate(T* block, std::size_t) { Free(block); }
  template <class Other>
  bool operator==(const CountedAllocator<Other>&) const {
    return true;
  }
};

template <class T>
using CountedVector = std::vector<T, CountedAllocator<T>>;
using CountedString = std::basic_string<char, std::char_traits<char>, CountedAllocator<char>>;

// What they have taken beside themselves.
template <class T>
std::size_t HeapBytes(const CountedVector<T>& vector) {
  return vector.capacity() == 0 ? 0 : AllocatedBytes(const_cast<T*>(vector.data()));
}
inline std::size_t HeapBytes(const CountedString& string) {
  constexpr std::size_t kInPlace = 15;
  return string.capacity() <= kInPlace ? 0 : AllocatedBytes(const_cast<char*>(string.data()));
}

}  // namespace zedis::types

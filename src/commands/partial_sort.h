// The first places of a sorted sequence, in the very order that Redis gives them.
//
// Where only some of many results are asked for, Redis sorts by a quicksort that leaves aside the parts of which
// nothing is asked (Bentley, McIlroy: Engineering a sort function, 1993: insertion below 7 elements, a pivot from three
// or nine of them, elements equal to it collected at both ends and moved to the middle). It is not stable, and which of
// equally distant places come first, or at all, is part of the reply. So it is this algorithm here, step by step.
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace zedis::commands {

namespace internal {

template <class T, class Compare>
void InsertionSort(std::span<T> items, Compare compare) {
  for (std::size_t i = 1; i < items.size(); ++i) {
    for (std::size_t at = i; at > 0 && compare(items[at - 1], items[at]) > 0; --at) std::swap(items[at - 1], items[at]);
  }
}

template <class T, class Compare>
std::size_t MedianOf(std::span<T> items, std::size_t a, std::size_t b, std::size_t c, Compare compare) {
  if (compare(items[a], items[b]) < 0) {
    if (compare(items[b], items[c]) < 0) return b;
    return compare(items[a], items[c]) < 0 ? c : a;
  }
  if (compare(items[b], items[c]) > 0) return b;
  return compare(items[a], items[c]) < 0 ? a : c;
}

template <class T, class Compare>
std::size_t ChoosePivot(std::span<T> items, Compare compare) {
  std::size_t low = 0;
  std::size_t middle = items.size() / 2;
  std::size_t high = items.size() - 1;
  if (items.size() == 7) return middle;
  if (items.size() > 40) {
    const std::size_t step = items.size() / 8;
    low = MedianOf(items, low, low + step, low + 2 * step, compare);
    middle = MedianOf(items, middle - step, middle, middle + step, compare);
    high = MedianOf(items, high - 2 * step, high - step, high, compare);
  }
  return MedianOf(items, low, middle, high, compare);
}

// How many are less than the pivot and now in front, and how many are greater and now behind.
struct Parts {
  std::size_t less;
  std::size_t greater;
};

template <class T, class Compare>
Parts Partition(std::span<T> items, Compare compare) {
  std::swap(items[0], items[ChoosePivot(items, compare)]);
  // [0, equal_front) and [equal_back, end) are equal to the pivot, what lies within them up to `front` is less, from
  // `back` on greater.
  const std::size_t end = items.size();
  std::size_t equal_front = 1;
  std::size_t front = 1;
  std::size_t back = end;
  std::size_t equal_back = end;
  while (true) {
    for (; front < back; ++front) {
      const int order = compare(items[front], items[0]);
      if (order > 0) break;
      if (order == 0) std::swap(items[equal_front++], items[front]);
    }
    for (; front < back; --back) {
      const int order = compare(items[back - 1], items[0]);
      if (order < 0) break;
      if (order == 0) std::swap(items[back - 1], items[--equal_back]);
    }
    if (front >= back) break;
    std::swap(items[front++], items[--back]);
  }
  const Parts parts{front - equal_front, equal_back - back};
  const auto exchange = [&](std::size_t one, std::size_t other, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) std::swap(items[one + i], items[other + i]);
  };
  const std::size_t from_front = std::min(equal_front, parts.less);
  exchange(0, front - from_front, from_front);
  const std::size_t from_back = std::min(parts.greater, end - equal_back);
  exchange(front, end - from_back, from_back);
  return parts;
}

}  // namespace internal

// Parts within parts; of elements in any but a contrived order there are twice the logarithm of their number.
inline constexpr int kPartialSortDepthMax = 100;

// Brings the first `count` in their places, and leaves what is behind them in any order. compare(a, b) is negative,
// zero or positive. O(n + count log count) on average, O(n log n) at worst.
template <class T, class Compare>
void PartialSort(std::span<T> items, std::size_t count, Compare compare, int depth = kPartialSortDepthMax) {
  for (; items.size() >= 7; --depth) {
    if (depth == 0) {
      std::ranges::sort(items, [&](const T& a, const T& b) { return compare(a, b) < 0; });
      return;
    }
    const internal::Parts parts = internal::Partition(items, compare);
    if (parts.less > 1) PartialSort(items.first(parts.less), count, compare, depth - 1);
    const std::size_t skipped = items.size() - parts.greater;
    if (parts.greater <= 1 || count <= skipped) return;
    items = items.last(parts.greater);
    count -= skipped;
  }
  internal::InsertionSort(items, compare);
}

}  // namespace zedis::commands

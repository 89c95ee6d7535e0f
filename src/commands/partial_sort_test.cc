#include "commands/partial_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace zedis::commands {
namespace {

struct Item {
  int key;
  int number;
};

int CompareKeys(const Item& a, const Item& b) { return a.key < b.key ? -1 : a.key > b.key ? 1 : 0; }

std::vector<Item> Items(std::mt19937& random, std::size_t size, int keys) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < size; ++i) {
    items.push_back({static_cast<int>(random() % static_cast<unsigned>(keys)), static_cast<int>(i)});
  }
  return items;
}

TEST(PartialSort, TheFirstAreInTheirPlacesAndNoneIsLost) {
  std::mt19937 random(2);
  for (int round = 0; round < 5000; ++round) {
    const std::size_t size = random() % (round % 10 == 0 ? 500 : 50);
    std::vector<Item> items = Items(random, size, 1 + static_cast<int>(random() % 100));
    if (round % 3 == 0) std::ranges::sort(items, {}, &Item::key);
    if (round % 3 == 1) std::ranges::sort(items, std::ranges::greater(), &Item::key);
    std::vector<Item> sorted = items;
    std::ranges::sort(sorted, {}, &Item::key);
    const std::size_t count = random() % (size + 2);
    PartialSort(std::span(items), count, CompareKeys);
    for (std::size_t i = 0; i < std::min(count, size); ++i) ASSERT_EQ(items[i].key, sorted[i].key);
    std::vector<bool> seen(size);
    for (const Item& item : items) seen[static_cast<std::size_t>(item.number)] = true;
    ASSERT_EQ(std::ranges::count(seen, true), static_cast<std::ptrdiff_t>(size));
  }
}

// Compares so that whatever is chosen for a pivot turns out to be among the least (McIlroy: A killer adversary for
// quicksort, 1999).
TEST(PartialSort, AContrivedOrderNeitherTakesForEverNorDeep) {
  constexpr int kSize = 20000;
  constexpr int kUndecided = kSize;
  std::vector<int> values(kSize, kUndecided);
  std::vector<int> items(kSize);
  for (int i = 0; i < kSize; ++i) items[static_cast<std::size_t>(i)] = i;
  int decided = 0;
  int candidate = 0;
  std::uint64_t comparisons = 0;
  const auto value = [&](int item) -> int& { return values[static_cast<std::size_t>(item)]; };
  const auto compare = [&](int a, int b) {
    ++comparisons;
    if (value(a) == kUndecided && value(b) == kUndecided) value(a == candidate ? a : b) = decided++;
    if (value(a) == kUndecided) candidate = a;
    if (value(b) == kUndecided) candidate = b;
    return value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0;
  };
  PartialSort(std::span(items), kSize, compare);
  EXPECT_LT(comparisons, 6'000'000u);  // without a limit of depth it is some hundred millions
  for (std::size_t i = 1; i < kSize; ++i) ASSERT_LE(value(items[i - 1]), value(items[i]));
}

}  // namespace
}  // namespace zedis::commands

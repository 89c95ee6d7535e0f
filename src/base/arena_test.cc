#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <random>
#include <vector>

namespace zedis::base {
namespace {

TEST(Arena, BlockBytesCoversEverySizeWithLittleWaste) {
  for (std::size_t bytes = 1; bytes <= Arena::kMaxBlockBytes; ++bytes) {
    const std::size_t block = Arena::BlockBytes(bytes);
    ASSERT_GE(block, bytes);
    if (bytes >= 16 && bytes <= 256) {
      ASSERT_LT(block - bytes, 8u) << bytes;
    }
    if (bytes > 256 && bytes <= 512) {
      ASSERT_LT(block - bytes, 16u) << bytes;
    }
  }
}

TEST(Arena, BlocksOfMultiplesOf64AreAligned) {
  Arena arena;
  for (std::size_t bytes : {64, 128, 192, 256, 512, 1024}) {
    for (int i = 0; i < 200; ++i) {
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(arena.At(arena.Allocate(bytes))) % 64, 0u);
    }
  }
}

// Random allocations and frees against a map that knows what each block holds: no block overlaps another.
TEST(Arena, BlocksKeepTheirContentUnderRandomUse) {
  Arena arena;
  std::mt19937_64 random(7);
  std::vector<std::pair<Arena::Handle, std::pair<std::size_t, char>>> live;
  std::size_t expected_bytes = 0;
  for (int step = 0; step < 200'000; ++step) {
    if (live.size() < 50 || (random() % 100 < 50 && live.size() < 20'000)) {
      const std::size_t bytes = 1 + random() % Arena::kMaxBlockBytes;
      const char fill = static_cast<char>(random());
      const Arena::Handle handle = arena.Allocate(bytes);
      ASSERT_GE(arena.SizeOf(handle), bytes);
      std::memset(arena.At(handle), fill, arena.SizeOf(handle));
      expected_bytes += arena.SizeOf(handle);
      live.push_back({handle, {arena.SizeOf(handle), fill}});
    } else {
      const std::size_t victim = random() % live.size();
      const auto [handle, content] = live[victim];
      ASSERT_EQ(arena.At(handle)[0], content.second);
      ASSERT_EQ(std::memcmp(arena.At(handle), arena.At(handle) + 1, content.first - 1), 0);
      arena.Free(handle);
      expected_bytes -= content.first;
      live[victim] = live.back();
      live.pop_back();
    }
    ASSERT_EQ(arena.used_bytes(), expected_bytes);
  }
  for (const auto& [handle, content] : live) arena.Free(handle);
  EXPECT_EQ(arena.used_bytes(), 0u);
}

TEST(Arena, SteadyUseTakesNoNewPages) {
  Arena arena;
  std::vector<Arena::Handle> live;
  for (int i = 0; i < 10'000; ++i) live.push_back(arena.Allocate(40));
  const std::size_t pages = arena.page_bytes();
  for (int i = 0; i < 100'000; ++i) {
    arena.Free(live[i % live.size()]);
    live[i % live.size()] = arena.Allocate(40);
  }
  EXPECT_EQ(arena.page_bytes(), pages);
}

TEST(Arena, EmptyPagesServeOtherSizesAndAreTrimmed) {
  Arena arena;
  std::vector<Arena::Handle> live;
  for (int i = 0; i < 10'000; ++i) live.push_back(arena.Allocate(40));
  for (const Arena::Handle handle : live) arena.Free(handle);
  EXPECT_LE(arena.page_bytes(), Arena::kPageBytes);
  const std::size_t empty = arena.empty_page_bytes();
  EXPECT_GE(empty, 10'000u * 40 - 2 * Arena::kPageBytes);
  const Arena::Handle other = arena.Allocate(1024);
  EXPECT_EQ(arena.empty_page_bytes(), empty - Arena::kPageBytes);
  arena.Free(other);
  while (arena.Trim(16) != 0) {
  }
  EXPECT_EQ(arena.empty_page_bytes(), 0u);
  for (int i = 0; i < 10'000; ++i) std::memset(arena.At(arena.Allocate(40)), 1, 40);
  EXPECT_EQ(arena.used_bytes(), 10'000u * 40);
}

TEST(Arena, PageRunsAreReused) {
  Arena arena;
  const Arena::Handle run = arena.AllocatePages(3);
  std::memset(arena.At(run), 1, 8 * Arena::kPageBytes);
  arena.FreePages(run, 3);
  EXPECT_EQ(arena.used_bytes(), 0u);
  EXPECT_EQ(arena.AllocatePages(3), run);
}

}  // namespace
}  // namespace zedis::base

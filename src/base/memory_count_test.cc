#include "base/memory_count.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/arena.h"

namespace zedis::base {
namespace {

TEST(MemoryCountTest, AddsUpWhatAllThreadsCount) {
  const std::size_t before = MemoryCount::UsedBytes();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 1000; ++j) MemoryCount::Add(100);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(MemoryCount::UsedBytes(), before + 800'000);
  MemoryCount::Add(-800'000);  // by a thread that took none of it
  EXPECT_EQ(MemoryCount::UsedBytes(), before);
}

TEST(MemoryCountTest, ThreadsBeyondTheCellsShareOne) {
  const std::size_t before = MemoryCount::UsedBytes();
  constexpr int kThreads = 150;
  for (int round = 0; round < 2; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([round] {
        for (int j = 0; j < 100; ++j) MemoryCount::Add(round == 0 ? 1 : -1);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(MemoryCount::UsedBytes(), before + (round == 0 ? kThreads * 100 : 0));
  }
}

TEST(MemoryCountTest, AnArenaCountsItsPagesAndTakesThemBack) {
  const std::size_t before = MemoryCount::UsedBytes();
  {
    Arena arena;
    std::vector<Arena::Handle> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(arena.Allocate(100));
    const Arena::Handle run = arena.AllocatePages(2);
    EXPECT_EQ(MemoryCount::UsedBytes(), before + arena.page_bytes());
    for (const Arena::Handle block : blocks) arena.Free(block);
    EXPECT_EQ(MemoryCount::UsedBytes(), before + arena.page_bytes());
    arena.FreePages(run, 2);
    EXPECT_EQ(MemoryCount::UsedBytes(), before + arena.page_bytes());
    [[maybe_unused]] const Arena::Handle left = arena.Allocate(16);
  }
  EXPECT_EQ(MemoryCount::UsedBytes(), before);
}

}  // namespace
}  // namespace zedis::base

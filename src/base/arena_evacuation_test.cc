#include "base/arena_evacuation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

namespace zedis::base {
namespace {

struct Block {
  Arena::Handle handle;
  std::size_t bytes;
  char fill;
};

class ArenaEvacuationTest : public ::testing::Test {
 protected:
  void Fill(std::size_t count, std::size_t min_bytes, std::size_t max_bytes) {
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t bytes = min_bytes + random_() % (max_bytes - min_bytes + 1);
      const Block block{arena_.Allocate(bytes), bytes, static_cast<char>(random_())};
      std::memset(arena_.At(block.handle), block.fill, bytes);
      blocks_.push_back(block);
    }
  }
  void Keep(std::size_t percent) {
    std::erase_if(blocks_, [&](const Block& block) {
      if (random_() % 100 < percent) return false;
      arena_.Free(block.handle);
      return true;
    });
  }
  void MoveAll(ArenaEvacuation& evacuation) {
    for (Block& block : blocks_) {
      if (evacuation.IsSparse(block.handle)) block.handle = evacuation.Move(block.handle);
    }
  }
  void Compact() {
    ArenaEvacuation evacuation(arena_);
    while (!evacuation.Count()) {
    }
    while (!evacuation.Mark()) {
    }
    MoveAll(evacuation);
    while (!evacuation.Finish()) {
    }
  }
  void ExpectIntact() {
    std::size_t used = 0;
    std::vector<Arena::Handle> handles;
    for (const Block& block : blocks_) {
      used += arena_.SizeOf(block.handle);
      handles.push_back(block.handle);
      const char* at = arena_.At(block.handle);
      ASSERT_TRUE(std::all_of(at, at + block.bytes, [&](char c) { return c == block.fill; }));
    }
    std::ranges::sort(handles);
    EXPECT_EQ(std::ranges::adjacent_find(handles), handles.end());
    EXPECT_EQ(arena_.used_bytes(), used);
  }

  Arena arena_;
  std::mt19937_64 random_{11};
  std::vector<Block> blocks_;
};

TEST_F(ArenaEvacuationTest, APassLeavesLessThanAPageOfHolesForEachSize) {
  Fill(200'000, 17, 1024);
  Keep(25);
  const std::size_t before = arena_.page_bytes();
  EXPECT_GT(before, arena_.used_bytes() * 3 / 2);
  Compact();
  ExpectIntact();
  // 51 sizes; what a page has at its end besides whole blocks is 3 % at most.
  EXPECT_LE(arena_.page_bytes(), arena_.used_bytes() * 104 / 100 + 51 * Arena::kPageBytes);
  while (arena_.Trim(64) != 0) {
  }
  EXPECT_EQ(arena_.empty_page_bytes(), 0u);
  ExpectIntact();
}

TEST_F(ArenaEvacuationTest, LargeBlocksOfWhichEachPageHoldsOneAreJoined) {
  Fill(4000, 1024, 1024);
  for (std::size_t i = 0; i < blocks_.size(); ++i) {
    if (i % 4 != 0) arena_.Free(blocks_[i].handle);
  }
  std::vector<Block> kept;
  for (std::size_t i = 0; i < blocks_.size(); i += 4) kept.push_back(blocks_[i]);
  blocks_ = kept;
  Compact();
  ExpectIntact();
  EXPECT_LE(arena_.page_bytes(), (blocks_.size() / 4 + 2) * Arena::kPageBytes);
}

TEST_F(ArenaEvacuationTest, APackedArenaHasNothingToGain) {
  Fill(50'000, 40, 40);
  ArenaEvacuation evacuation(arena_);
  while (!evacuation.Count()) {
  }
  EXPECT_EQ(evacuation.Gain(), 0u);
}

// Between all slices the owner allocates and frees as it likes; what is marked or emptied under it stays consistent.
TEST_F(ArenaEvacuationTest, TheArenaMayBeUsedDuringAPass) {
  for (int round = 0; round < 20; ++round) {
    Fill(20'000, 17, 300);
    Keep(30);
    ArenaEvacuation evacuation(arena_);
    while (!evacuation.Count()) Fill(200, 17, 300);
    Keep(80);
    while (!evacuation.Mark()) Fill(200, 17, 300);
    for (int part = 0; part < 10; ++part) {
      Keep(90);
      Fill(500, 17, 300);
      for (Block& block : blocks_) {
        if (random_() % 4 == 0 && evacuation.IsSparse(block.handle)) block.handle = evacuation.Move(block.handle);
      }
      arena_.Trim(random_() % 20);
    }
    ExpectIntact();
    if (round % 2 == 0) MoveAll(evacuation);
    // What was not moved stays where it is, in pages that are in use again.
  }
  ExpectIntact();
  for (const Block& block : blocks_) arena_.Free(block.handle);
  blocks_.clear();
  EXPECT_EQ(arena_.used_bytes(), 0u);
  Compact();
  EXPECT_LE(arena_.page_bytes(), 51 * Arena::kPageBytes);
}

}  // namespace
}  // namespace zedis::base

#include "base/region.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <random>
#include <unordered_map>
#include <vector>

#include "base/hash_index.h"
#include "base/memory_count.h"

namespace zedis::base {
namespace {

struct Block {
  Region::Handle handle;
  std::size_t bytes;
  char fill;
};

Block Fill(Region& region, std::size_t bytes, char fill) {
  const Block block{region.Allocate(bytes), bytes, fill};
  std::memset(region.At(block.handle), fill, Region::BlockBytes(bytes));
  return block;
}

void ExpectIntact(const Region& region, const Block& block) {
  const char* bytes = region.At(block.handle);
  const std::size_t size = Region::BlockBytes(block.bytes);
  ASSERT_EQ(std::count(bytes, bytes + size, block.fill), static_cast<std::ptrdiff_t>(size)) << block.bytes;
}

// Random use against a list that knows what each block holds: no block overlaps another, and the figures are exact.
TEST(Region, BlocksKeepTheirContentUnderRandomUse) {
  const std::size_t counted_before = MemoryCount::UsedBytes();
  {
    Region region;
    std::mt19937_64 random(7);
    std::vector<Block> live;
    std::size_t expected_bytes = 0;
    for (int step = 0; step < 300'000; ++step) {
      const bool growing = step / 50'000 % 2 == 0;
      if (live.empty() || random() % 100 < (growing ? 70u : 35u)) {
        const std::size_t most = random() % 4 == 0 ? Region::kMaxBlockBytes : 48;
        const std::size_t bytes = 1 + random() % most;
        live.push_back(Fill(region, bytes, static_cast<char>(random())));
        expected_bytes += Region::BlockBytes(bytes);
        if (Region::BlockBytes(bytes) % 64 == 0) {
          ASSERT_EQ(reinterpret_cast<std::uintptr_t>(region.At(live.back().handle)) % 64, 0u);
        }
      } else {
        std::swap(live[random() % live.size()], live.back());
        ExpectIntact(region, live.back());
        region.Free(live.back().handle, live.back().bytes);
        expected_bytes -= Region::BlockBytes(live.back().bytes);
        live.pop_back();
      }
      ASSERT_EQ(region.live_bytes(), expected_bytes);
      ASSERT_LE(region.live_bytes(), region.held_bytes());
    }
    for (const Block& block : live) ExpectIntact(region, block);
    EXPECT_EQ(MemoryCount::UsedBytes() - counted_before, region.MemoryUsed());
  }
  EXPECT_EQ(MemoryCount::UsedBytes(), counted_before);
}

TEST(Region, HoldsLittleMoreThanIsUsedWhateverItsSize) {
  Region region;
  EXPECT_EQ(region.MemoryUsed(), 0u);
  std::size_t used = 0;
  std::size_t next_sample = 4096;
  while (used < 8'000'000) {
    region.Allocate(24);
    used += 24;
    if (used < next_sample) continue;
    next_sample = next_sample * 11 / 10;
    EXPECT_LE(region.held_bytes(), used + std::max<std::size_t>(used / 7, 1024)) << used;
    EXPECT_LE(region.MemoryUsed(), used + std::max<std::size_t>(used / 6, 1280)) << used;
  }
  EXPECT_LE(region.MemoryUsed(), used + Region::kChunkBytes + used / 100);
}

TEST(Region, SteadyUseTakesNothingNew) {
  Region region;
  std::vector<Region::Handle> live;
  for (int i = 0; i < 10'000; ++i) live.push_back(region.Allocate(40));
  const std::size_t held = region.held_bytes();
  for (std::size_t i = 0; i < 100'000; ++i) {
    region.Free(live[i % live.size()], 40);
    live[i % live.size()] = region.Allocate(40);
  }
  EXPECT_EQ(region.held_bytes(), held);
}

TEST(Region, LargeFreeBlocksServeSmallerSizes) {
  Region region;
  std::vector<Region::Handle> live;
  for (int i = 0; i < 1000; ++i) live.push_back(region.Allocate(1000));
  const std::size_t held = region.held_bytes();
  for (const Region::Handle handle : live) region.Free(handle, 1000);
  // Some is lost: what is cut off has all sizes, and free blocks are never joined.
  for (int i = 0; i < 1000 * 1000 / 40; ++i) region.Allocate(40);
  EXPECT_LE(region.held_bytes(), held + held / 8);
}

TEST(Region, PageRunsAndFarBlocksAreCountedAndFreedWithIt) {
  const std::size_t counted_before = MemoryCount::UsedBytes();
  {
    Region region;
    const Region::Handle small = region.AllocatePages(0);
    const Region::Handle large = region.AllocatePages(8);  // 1 MiB in one piece
    std::memset(region.At(large), 1, Region::kPageBytes << 8);
    std::memset(region.At(small), 2, Region::kPageBytes);
    EXPECT_EQ(region.live_bytes(), Region::kPageBytes * 257);
    std::vector<char*> far;
    for (std::size_t i = 0; i < 10; ++i) {
      far.push_back(region.AllocateFar(2000 + i));
      std::memset(far.back(), 3, 2000 + i);
    }
    for (const std::size_t i : {std::size_t{0}, std::size_t{9}, std::size_t{5}}) region.FreeFar(far[i]);
    region.FreePages(small, 0);
    EXPECT_GE(region.MemoryUsed(), (Region::kPageBytes << 8) + 7 * 2000);
    EXPECT_EQ(MemoryCount::UsedBytes() - counted_before, region.MemoryUsed());
    EXPECT_EQ(region.At(large)[0], 1);
    EXPECT_NE(region.AllocatePages(0), large);
  }
  EXPECT_EQ(MemoryCount::UsedBytes(), counted_before);
}

TEST(Region, IsFreedInSlices) {
  const std::size_t counted_before = MemoryCount::UsedBytes();
  Region region;
  for (int i = 0; i < 200'000; ++i) region.Allocate(32);
  for (int i = 0; i < 128; ++i) region.AllocateFar(5000);
  int slices = 1;
  std::size_t left = region.MemoryUsed();
  for (; !region.FreeSlice(2); ++slices) {
    EXPECT_LE(left - region.MemoryUsed(), std::max<std::size_t>(2 * Region::kChunkBytes, 2 * 32 * 5120));
    left = region.MemoryUsed();
  }
  EXPECT_GE(slices, 20);
  EXPECT_EQ(region.MemoryUsed(), 0u);
  EXPECT_EQ(MemoryCount::UsedBytes(), counted_before);
}

TEST(Region, EvacuationGivesBackWhatASparseRegionHolds) {
  Region region;
  std::mt19937_64 random(3);
  std::vector<Block> live;
  for (int i = 0; i < 100'000; ++i) live.push_back(Fill(region, 1 + random() % 60, static_cast<char>(i)));
  const Region::Handle run = region.AllocatePages(2);
  EXPECT_FALSE(region.IsSparse());
  for (std::size_t i = 0; i < live.size(); ++i) {
    if (i % 4 != 0) region.Free(live[i].handle, live[i].bytes);
  }
  std::erase_if(live, [&](const Block& block) { return (&block - live.data()) % 4 != 0; });
  ASSERT_TRUE(region.IsSparse());
  const std::size_t held = region.held_bytes();

  region.BeginEvacuation();
  for (std::size_t i = 0; i < live.size(); ++i) {
    Block& block = live[i];
    ASSERT_TRUE(region.IsOld(block.handle));
    ExpectIntact(region, block);
    if (i % 5 == 0) {  // erased meanwhile, and replaced
      region.Free(block.handle, block.bytes);
      block = Fill(region, 1 + random() % 60, static_cast<char>(i));
    } else {
      const Region::Handle fresh = region.Allocate(block.bytes);
      std::memcpy(region.At(fresh), region.At(block.handle), Region::BlockBytes(block.bytes));
      region.Free(block.handle, block.bytes);
      block.handle = fresh;
    }
    ASSERT_FALSE(region.IsOld(block.handle));
    ASSERT_FALSE(region.OldIsEmpty());
  }
  region.FreePages(run, 2);
  ASSERT_TRUE(region.OldIsEmpty());
  while (!region.FreeOld(1)) {
    live.push_back(Fill(region, 20, 'n'));
  }
  EXPECT_FALSE(region.evacuating());
  EXPECT_LT(region.held_bytes(), held / 2);
  EXPECT_FALSE(region.IsSparse());
  // The slots of what was freed are used again.
  for (int i = 0; i < 100'000; ++i) live.push_back(Fill(region, 24, 'z'));
  for (const Block& block : live) ExpectIntact(region, block);
}

#ifdef ZEDIS_POISONS_FREE_BLOCKS
TEST(Region, FreedBlocksArePoisoned) {
  Region region;
  const Region::Handle handle = region.Allocate(24);
  EXPECT_FALSE(__asan_address_is_poisoned(region.At(handle)));
  region.Free(handle, 24);
  EXPECT_TRUE(__asan_address_is_poisoned(region.At(handle) + 16));
}
#endif

// --- the index over a region ---

struct StoredHash {
  std::uint64_t Hash(const char* block) const {
    std::uint64_t hash;
    std::memcpy(&hash, block, sizeof hash);
    return hash;
  }
};

TEST(IndexOverRegion, AgreesWithItsTwinWhileGrowingAndShrinking) {
  Region region;
  HashIndex<StoredHash, Region> index(region, StoredHash());
  std::mt19937_64 random(11);
  std::unordered_map<std::uint64_t, Region::Handle> twin;
  std::vector<std::uint64_t> keys;
  const auto find = [&](std::uint64_t hash) {
    return index.Find(hash, [&](const char* block) { return StoredHash().Hash(block) == hash; });
  };
  const auto remove = [&](std::uint64_t hash) {
    const auto slot = find(hash);
    ASSERT_TRUE(slot);
    const Region::Handle handle = slot.handle();
    index.Erase(hash, slot);
    region.Free(handle, 16);
  };
  for (int step = 0; step < 400'000; ++step) {
    const bool growing = step / 100'000 % 2 == 0;
    if (keys.empty() || random() % 100 < (growing ? 90u : 15u)) {
      const std::uint64_t hash = random();
      const Region::Handle handle = region.Allocate(16);
      std::memcpy(region.At(handle), &hash, sizeof hash);
      index.Insert(hash, handle);
      twin[hash] = handle;
      keys.push_back(hash);
    } else {
      std::swap(keys[random() % keys.size()], keys.back());
      remove(keys.back());
      twin.erase(keys.back());
      keys.pop_back();
    }
  }
  for (const auto& [hash, handle] : twin) ASSERT_EQ(find(hash).handle(), handle);
  for (int i = 0; i < 10'000; ++i) ASSERT_FALSE(find(random()));
  for (const std::uint64_t hash : keys) remove(hash);
  EXPECT_EQ(index.size(), 0u);
  EXPECT_EQ(region.live_bytes(), 0u);
}

TEST(IndexOverRegion, TakesUnderNineBytesAMemberWithAllThatARegionHolds) {
  Region region;
  HashIndex<StoredHash, Region> index(region, StoredHash());
  std::mt19937_64 random(5);
  double sum = 0;
  int samples = 0;
  std::size_t next_sample = 1000;
  while (index.size() < 1'000'000) {
    const std::uint64_t hash = random();
    const Region::Handle handle = region.Allocate(16);
    std::memcpy(region.At(handle), &hash, sizeof hash);
    index.Insert(hash, handle);
    if (index.size() < next_sample) continue;
    next_sample = next_sample * 21 / 20;
    sum += static_cast<double>(region.MemoryUsed()) / static_cast<double>(index.size()) - 16;
    ++samples;
  }
  EXPECT_LT(sum / samples, 9.5);
  EXPECT_LT(static_cast<double>(region.MemoryUsed()), 26.0e6);
}

}  // namespace
}  // namespace zedis::base

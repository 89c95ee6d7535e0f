#include "base/hash_index.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace zedis::base {
namespace {

// Blocks hold their 64-bit hash; tests choose hashes as they like.
struct StoredHash {
  std::uint64_t Hash(const char* block) const {
    std::uint64_t hash;
    std::memcpy(&hash, block, sizeof hash);
    return hash;
  }
};

class HashIndexTest : public testing::Test {
 protected:
  Arena::Handle Add(std::uint64_t hash, bool mark = false) {
    const Arena::Handle handle = arena_.Allocate(16);
    std::memcpy(arena_.At(handle), &hash, sizeof hash);
    index_.Insert(hash, handle, mark);
    return handle;
  }
  auto Find(std::uint64_t hash) {
    return index_.Find(hash, [&](const char* block) { return StoredHash().Hash(block) == hash; });
  }
  void Remove(std::uint64_t hash) {
    const auto slot = Find(hash);
    ASSERT_TRUE(slot);
    const Arena::Handle handle = slot.handle();
    index_.Erase(hash, slot);
    arena_.Free(handle);
  }

  Arena arena_;
  HashIndex<StoredHash> index_{arena_, StoredHash()};
  std::mt19937_64 random_{42};
};

TEST_F(HashIndexTest, AgreesWithItsTwinWhileGrowingAndShrinking) {
  std::unordered_map<std::uint64_t, std::pair<Arena::Handle, bool>> twin;
  std::vector<std::uint64_t> keys;
  for (int round = 0; round < 6; ++round) {
    const bool growing = round % 2 == 0;
    for (int step = 0; step < 60'000; ++step) {
      if (keys.empty() || random_() % 100 < (growing ? 80u : 15u)) {
        const std::uint64_t hash = random_();
        const bool mark = hash % 3 == 0;
        if (twin.contains(hash)) continue;
        twin[hash] = {Add(hash, mark), mark};
        keys.push_back(hash);
      } else {
        const std::size_t victim = random_() % keys.size();
        Remove(keys[victim]);
        twin.erase(keys[victim]);
        keys[victim] = keys.back();
        keys.pop_back();
      }
      ASSERT_EQ(index_.size(), twin.size());
    }
    for (const auto& [hash, expected] : twin) {
      const auto slot = Find(hash);
      ASSERT_TRUE(slot);
      ASSERT_EQ(slot.handle(), expected.first);
      ASSERT_EQ(slot.marked(), expected.second);
    }
    for (int i = 0; i < 10'000; ++i) ASSERT_FALSE(Find(random_()));
    std::size_t visited = 0;
    index_.ForEach([&](auto slot) { visited += twin.contains(StoredHash().Hash(arena_.At(slot.handle()))); });
    ASSERT_EQ(visited, twin.size());
  }
  while (!keys.empty()) {
    Remove(keys.back());
    keys.pop_back();
  }
  EXPECT_EQ(index_.size(), 0u);
  EXPECT_EQ(arena_.used_bytes(), 0u);
}

TEST_F(HashIndexTest, TakesUnderEightBytesAnEntryOnAverage) {
  double sum = 0;
  int samples = 0;
  std::size_t next_sample = 1000;
  while (index_.size() < 1'000'000) {
    Add(random_());
    if (index_.size() < next_sample) continue;
    next_sample = next_sample * 21 / 20;
    const double bytes =
        static_cast<double>(arena_.used_bytes() - index_.size() * 16) / static_cast<double>(index_.size());
    EXPECT_LT(bytes, 9.5) << index_.size();
    sum += bytes;
    ++samples;
  }
  EXPECT_LT(sum / samples, 8.0);
}

TEST_F(HashIndexTest, ScanReturnsWhatStaysExactlyOnceWhileTheTableChanges) {
  for (int round = 0; round < 20; ++round) {
    std::set<std::uint64_t> staying;
    std::vector<std::uint64_t> moving;
    while (staying.size() < 3000) {
      const std::uint64_t hash = random_();
      if (staying.insert(hash).second) Add(hash);
    }
    const bool growing = round % 2 == 0;
    if (!growing) {
      for (int i = 0; i < 60'000; ++i) {
        moving.push_back(random_());
        Add(moving.back());
      }
    }
    std::multiset<std::uint64_t> seen;
    std::uint64_t position = 0;
    while (position < kPositionEnd) {
      const std::uint64_t next = index_.Scan(position, [&](auto slot) {
        const std::uint64_t hash = StoredHash().Hash(arena_.At(slot.handle()));
        if (staying.contains(hash)) seen.insert(hash);
      });
      ASSERT_GT(next, position);
      position = next;
      for (int i = 0; i < 100; ++i) {
        if (growing && moving.size() < 60'000) {
          moving.push_back(random_());
          Add(moving.back());
        } else if (!growing && !moving.empty()) {
          Remove(moving.back());
          moving.pop_back();
        }
      }
    }
    ASSERT_TRUE(std::equal(seen.begin(), seen.end(), staying.begin(), staying.end())) << "round " << round;
    for (const std::uint64_t hash : moving) Remove(hash);
    for (const std::uint64_t hash : staying) Remove(hash);
  }
}

// Chi-squared over 1,000 entries drawn 200 times each on average: 999 degrees of freedom, standard deviation 44.7.
TEST_F(HashIndexTest, PickIsUniform) {
  std::unordered_map<std::uint64_t, int> drawn;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t hash = random_();
    Add(hash);
    drawn[hash] = 0;
  }
  for (int i = 0; i < 200'000; ++i) {
    ++drawn[StoredHash().Hash(arena_.At(index_.Pick([&] { return random_(); }).handle()))];
  }
  double chi = 0;
  for (const auto& [hash, count] : drawn) chi += (count - 200.0) * (count - 200.0) / 200.0;
  EXPECT_LT(chi, 999 + 5 * 44.7);
}

TEST_F(HashIndexTest, DrainFreesEverythingInSlices) {
  for (int i = 0; i < 50'000; ++i) Add(random_());
  std::size_t released = 0;
  std::size_t largest = 0;
  for (bool done = false; !done;) {
    std::size_t slice = 0;
    done = index_.Drain([&](Arena::Handle handle) {
      arena_.Free(handle);
      ++slice;
    });
    released += slice;
    largest = std::max(largest, slice);
  }
  EXPECT_EQ(released, 50'000u);
  EXPECT_LE(largest, static_cast<std::size_t>(IndexSegment::kMaxSlots));
  EXPECT_EQ(arena_.used_bytes(), 0u);
}

TEST_F(HashIndexTest, PeekFunctionsFollowNoWildHandle) {
  for (int i = 0; i < 20'000; ++i) Add(random_());
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t hash = random_();
    std::uint64_t table = IndexHint::kNoTable;
    const IndexSegment* segment = index_.PeekSegment(hash, table);
    ASSERT_NE(segment, nullptr);
    ASSERT_NE(table, IndexHint::kNoTable);
    const IndexBucket* bucket = index_.PeekBucket(segment, hash);
    ASSERT_NE(bucket, nullptr);
    index_.PeekEntry(bucket, hash);
  }
}

class IndexHintTest : public HashIndexTest {
 protected:
  using Table = HashIndex<StoredHash>;

  static IndexHint HintOf(const Table& table, std::uint64_t hash) {
    IndexHint hint;
    const IndexSegment* segment = table.PeekSegment(hash, hint.table);
    if (segment != nullptr) hint.bucket = table.PeekBucket(segment, hash);
    return hint;
  }
  static auto FindIn(const Table& table, std::uint64_t hash, const IndexHint& hint) {
    return table.Find(hash, hint, [&](const char* block) { return StoredHash().Hash(block) == hash; });
  }
  void AddTo(Table& table, std::uint64_t hash) {
    const Arena::Handle handle = arena_.Allocate(16);
    std::memcpy(arena_.At(handle), &hash, sizeof hash);
    table.Insert(hash, handle);
  }
};

TEST_F(IndexHintTest, AHintIsWhereTheSearchBegins) {
  for (int i = 0; i < 1000; ++i) Add(random_());
  const std::uint64_t hash = random_();
  Add(hash);
  IndexHint hint = HintOf(index_, hash);
  const auto slot = FindIn(index_, hash, hint);
  ASSERT_TRUE(slot);
  EXPECT_EQ(slot.handle(), Find(hash).handle());
  // In a bucket that is empty and has passed nothing on, the search ends at once.
  alignas(64) const IndexBucket empty{};
  hint.bucket = &empty;
  EXPECT_FALSE(FindIn(index_, hash, hint));
}

// Two tables in one arena grow, shrink, empty and change places, and reuse each other's memory. Whatever was peeked at
// before must lead to what a search without a hint finds.
TEST_F(IndexHintTest, AStaleHintLeadsToTheSameAnswerAsNone) {
  Table other(arena_, StoredHash());
  struct Peeked {
    std::uint64_t hash;
    IndexHint hint;
  };
  std::vector<std::uint64_t> hashes(4000);
  for (std::uint64_t& hash : hashes) hash = random_();
  std::vector<Peeked> peeked;
  int found = 0;
  for (int step = 0; step < 400'000; ++step) {
    Table& table = random_() % 2 == 0 ? index_ : other;
    const bool growing = step / 20'000 % 2 == 0;
    const std::uint64_t hash = hashes[random_() % hashes.size()];
    if (random_() % 8 == 0) peeked.push_back({hash, HintOf(table, hash)});
    const auto slot = FindIn(table, hash, {});
    if (!slot && (growing || random_() % 8 == 0)) {
      AddTo(table, hash);
    } else if (slot && (!growing || random_() % 8 == 0)) {
      const Arena::Handle handle = slot.handle();
      table.Erase(hash, slot);
      arena_.Free(handle);
    }
    if (random_() % 5000 == 0) index_.Swap(other);
    if (random_() % 50'000 == 0) {
      while (!table.Drain([&](Arena::Handle handle) { arena_.Free(handle); })) {
      }
    }
    if (peeked.size() < 64) continue;
    for (const Peeked& old : peeked) {
      for (const Table* one : {&index_, &other}) {
        const auto with = FindIn(*one, old.hash, old.hint);
        const auto without = FindIn(*one, old.hash, {});
        ASSERT_EQ(static_cast<bool>(with), static_cast<bool>(without));
        if (!with) continue;
        ASSERT_EQ(with.handle(), without.handle());
        ++found;
      }
    }
    peeked.clear();
  }
  EXPECT_GT(found, 10'000);
}

}  // namespace
}  // namespace zedis::base

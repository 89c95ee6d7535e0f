#include "store/compaction.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>

#include "store/keyspace.h"

namespace zedis::store {
namespace {

constexpr Compaction::Threshold kEverything{.min_bytes = base::Arena::kPageBytes, .one_in = 1 << 20};

// One shard, two databases, and a naive twin that knows what must be there.
class CompactionTest : public ::testing::Test {
 protected:
  ~CompactionTest() override {
    for (int i = 0; i < 2; ++i) keyspace_.database(0, i).Clear();
    while (keyspace_.shard(0).garbage.FreeSlice()) {
    }
    EXPECT_EQ(arena().used_bytes(), 0u);
  }

  base::Arena& arena() { return keyspace_.shard(0).arena; }
  Compaction& compaction() { return keyspace_.shard(0).compaction; }

  void Put(int database, const std::string& name) {
    const std::string value(random_() % 120, static_cast<char>('a' + random_() % 26));
    const std::int64_t expire_at_ms =
        random_() % 4 == 0 ? static_cast<std::int64_t>(1000 + random_() % 1000) : kNoExpiry;
    keyspace_.database(0, database).Put(keyspace_.MakeKey(name), Value::Near(Type::kString, value), expire_at_ms, 7);
    twin_[{database, name}] = {value, expire_at_ms};
  }
  void Erase(int database, const std::string& name) {
    EXPECT_EQ(keyspace_.database(0, database).Erase(keyspace_.MakeKey(name)), twin_.erase({database, name}) == 1);
  }
  std::string Name(int number) {
    return "key:" + std::to_string(number) + std::string(number % 300 == 0 ? 300 : 0, 'x');
  }

  void ExpectIntact() {
    std::size_t sizes = 0;
    std::size_t volatile_keys = 0;
    for (int i = 0; i < 2; ++i) {
      sizes += keyspace_.database(0, i).size();
      volatile_keys += keyspace_.database(0, i).volatile_keys();
    }
    ASSERT_EQ(sizes, twin_.size());
    std::size_t expected_volatile = 0;
    for (const auto& [name, content] : twin_) {
      const Entry* entry = keyspace_.database(0, name.first).Find(keyspace_.MakeKey(name.second));
      ASSERT_NE(entry, nullptr) << name.second;
      ASSERT_EQ(entry->near(), content.first);
      ASSERT_EQ(entry->ExpiryOrNone(), content.second);
      ASSERT_EQ(entry->access(), 7u);
      expected_volatile += content.second != kNoExpiry ? 1 : 0;
    }
    ASSERT_EQ(volatile_keys, expected_volatile);
  }

  Keyspace keyspace_{0, 2, 5};
  std::mt19937_64 random_{3};
  std::map<std::pair<int, std::string>, std::pair<std::string, std::int64_t>> twin_;
};

TEST_F(CompactionTest, ThreeOfFourKeysDeletedLeaveLittleMoreThanWhatIsLive) {
  constexpr int kKeys = 50'000;
  for (int i = 0; i < kKeys; ++i) Put(i % 2, Name(i));
  EXPECT_FALSE(compaction().IsDue(arena(), Compaction::kUsual));
  for (int i = 0; i < kKeys; ++i) {
    if (random_() % 4 != 0) Erase(i % 2, Name(i));
  }
  EXPECT_GT(arena().slack_bytes(), arena().used_bytes());
  ASSERT_TRUE(compaction().IsDue(arena(), Compaction::kUsual));
  int slices = 1;
  while (!compaction().Slice(keyspace_, 0)) ++slices;
  EXPECT_GT(slices, 20);
  EXPECT_GT(compaction().moved_blocks(), 1000u);
  EXPECT_FALSE(compaction().IsDue(arena(), kEverything));
  EXPECT_LE(arena().page_bytes(), arena().used_bytes() * 104 / 100 + 51 * base::Arena::kPageBytes);
  ExpectIntact();
  while (arena().Trim(100) != 0) {
  }
  ExpectIntact();
}

TEST_F(CompactionTest, CommandsBetweenTheSlicesAndScansAcrossThem) {
  constexpr int kKeys = 20'000;
  for (int i = 0; i < kKeys; ++i) Put(i % 2, Name(i));
  for (int i = 0; i < kKeys; ++i) {
    if (i % 10 != 0 && random_() % 3 != 0) Erase(i % 2, Name(i));
  }
  // Every tenth key is there throughout: a scan that goes on between the slices must return it.
  std::map<std::string, int> seen;
  std::uint64_t cursor = 0;
  bool ended = false;
  while (!ended || cursor < base::kPositionEnd) {
    if (!ended) ended = compaction().Slice(keyspace_, 0);
    for (int i = 0; i < 30; ++i) {
      const int number = static_cast<int>(random_() % kKeys);
      if (number % 10 == 0) continue;
      random_() % 2 == 0 ? Put(number % 2, Name(number)) : static_cast<void>(Erase(number % 2, Name(number)));
    }
    if (cursor < base::kPositionEnd) {
      const Database& database = keyspace_.database(0, 0);
      cursor =
          database.index().Scan(cursor, [&](Database::Slot slot) { ++seen[std::string(database.At(slot)->key())]; });
    }
  }
  for (int i = 0; i < kKeys; i += 10) {
    if (i % 2 == 0) {
      ASSERT_EQ(seen[Name(i)], 1) << Name(i);
    }
  }
  ExpectIntact();
}

TEST_F(CompactionTest, ExpiredKeysAreStillFoundAfterwards) {
  for (int i = 0; i < 20'000; ++i) Put(0, Name(i));
  for (int i = 0; i < 20'000; ++i) {
    if (random_() % 3 != 0) Erase(0, Name(i));
  }
  while (!compaction().Slice(keyspace_, 0)) {
  }
  Database& database = keyspace_.database(0, 0);
  std::size_t due = 0;
  for (std::uint64_t at = 0; at < base::kPositionEnd;) {
    std::vector<std::string> names;
    at = database.SweepExpired(at, 1500, 1500,
                               [&](Database::Slot slot) { names.emplace_back(database.At(slot)->key()); });
    for (const std::string& name : names) Erase(0, name);
    due += names.size();
  }
  EXPECT_GT(due, 500u);
  for (const auto& [name, content] : twin_) {
    ASSERT_TRUE(content.second == kNoExpiry || content.second > 1500);
  }
  ExpectIntact();
}

TEST_F(CompactionTest, WhatCannotBeGainedIsNotTriedAgain) {
  for (int i = 0; i < 2000; ++i) Put(0, Name(i));
  // The last page of each size is not full, and no pass can help that.
  while (compaction().IsDue(arena(), kEverything)) compaction().Slice(keyspace_, 0);
  EXPECT_FALSE(compaction().IsDue(arena(), kEverything));
  EXPECT_EQ(compaction().GainableBytes(arena()), 0u);
  for (int i = 0; i < 1000; ++i) Erase(0, Name(i));
  EXPECT_TRUE(compaction().IsDue(arena(), kEverything));
  ExpectIntact();
}

}  // namespace
}  // namespace zedis::store

#include "engine/compaction_cycle.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/housekeeping.h"
#include "engine/periodic_harness.h"

namespace zedis::engine {
namespace {

constexpr store::Compaction::Threshold kEverything{.min_bytes = base::Arena::kPageBytes, .one_in = 1 << 20};

std::size_t PageBytes(const World& world) {
  std::size_t bytes = 0;
  for (int i = 0; i < world.keyspace.shards(); ++i) bytes += world.keyspace.shard(i).arena.page_bytes();
  return bytes;
}

// What a writer does between its locks: sets, overwrites by other sizes and deletes keys of its own, and knows what is
// there.
class Writer {
 public:
  Writer(World& world, int number)
      : ctx_(world.locks, world.tunables, world.door, world.registry, stats_, world.host, output_),
        number_(number),
        random_(static_cast<std::uint64_t>(number)) {
    ctx_.session = &session_;
    ctx_.SetTime(kStartMs);
  }

  std::string Name(int key) const { return std::to_string(number_) + ":" + std::to_string(key); }

  void Put(int key) {
    const std::string value(random_() % 200, static_cast<char>('a' + random_() % 26));
    const std::string name = Name(key);
    Locked(name, [&](const store::Key& at) { ctx_.Put(at, store::Value::Near(store::Type::kString, value)); });
    twin_[key] = value;
  }
  void Erase(int key) {
    Locked(Name(key), [&](const store::Key& at) { EXPECT_EQ(ctx_.Erase(at), twin_.contains(key)); });
    twin_.erase(key);
  }
  void Check(int key) {
    Locked(Name(key), [&](const store::Key& at) {
      const store::Entry* entry = ctx_.Find(at);
      ASSERT_EQ(entry != nullptr, twin_.contains(key));
      if (entry != nullptr) {
        ASSERT_EQ(entry->near(), twin_[key]);
      }
    });
  }
  void Step(int keys) {
    const int key = static_cast<int>(random_() % static_cast<unsigned>(keys));
    switch (random_() % 4) {
      case 0:
        return Put(key);
      case 1:
        return Erase(key);
      default:
        return Check(key);
    }
  }
  std::size_t size() const { return twin_.size(); }

 private:
  template <class Run>
  void Locked(const std::string& name, Run run) {
    const store::Key key = ctx_.keyspace.MakeKey(name);
    const int shard = ctx_.keyspace.ShardOf(key);
    ctx_.locks.LockOne(shard);
    run(key);
    ctx_.locks.UnlockOne(shard);
  }

  WorkerStats stats_;
  resp::OutputBuffer output_;
  Session session_;
  Context ctx_;
  int number_;
  std::mt19937_64 random_;
  std::map<int, std::string> twin_;
};

TEST(CompactionCycle, ThreeOfFourKeysDeletedGiveTheirMemoryBack) {
  World world;
  Writer writer(world, 1);
  constexpr int kKeys = 200'000;
  for (int i = 0; i < kKeys; ++i) writer.Put(i);
  const std::size_t full = PageBytes(world);
  std::mt19937_64 random(9);
  for (int i = 0; i < kKeys; ++i) {
    if (random() % 4 != 0) writer.Erase(i);
  }
  // Random deletes leave hardly any page empty.
  EXPECT_GT(PageBytes(world), full * 8 / 10);
  Housekeeping housekeeping(world.ctx, 0, 1, TickingClock);
  int runs = 0;
  for (; housekeeping.Run(500); ++runs) world.ctx.SetTime(world.ctx.now_ms + 1);
  EXPECT_GT(runs, 10);  // in slices
  EXPECT_LE(PageBytes(world), world.UsedBytes() * 5 / 4);
  EXPECT_LE(world.EmptyPageBytes(), PageBytes(world) / 16 + 16 * 5 * base::Arena::kPageBytes);
  for (int i = 0; i < kKeys; ++i) writer.Check(i);
  EXPECT_EQ(world.Count(), writer.size());
}

TEST(CompactionCycle, LeavesShardsInUseForLater) {
  World world(true);
  Writer writer(world, 1);
  for (int i = 0; i < 20'000; ++i) writer.Put(i);
  for (int i = 0; i < 20'000; ++i) {
    if (i % 4 != 0) writer.Erase(i);
  }
  CompactionCycle cycle(world.ctx, 0, 1);
  for (int i = 0; i < world.keyspace.shards(); ++i) world.keyspace.shard(i).lock.Lock();
  const std::size_t before = PageBytes(world);
  EXPECT_TRUE(cycle.Run(base::TimeBudget(1'000'000), kEverything));
  EXPECT_EQ(PageBytes(world), before);
  for (int i = 0; i < world.keyspace.shards(); ++i) world.keyspace.shard(i).lock.Unlock();
  while (cycle.Run(base::TimeBudget(1'000'000), kEverything)) {
  }
  EXPECT_LT(PageBytes(world), before);
}

TEST(CompactionCycle, OtherThreadsWriteMeanwhile) {
  World world(true);
  constexpr int kKeys = 4000;
  constexpr int kSteps = 40'000;
  std::vector<std::unique_ptr<Writer>> writers;
  for (int i = 0; i < 3; ++i) {
    writers.push_back(std::make_unique<Writer>(world, i));
    for (int key = 0; key < kKeys; ++key) writers[i]->Put(key);
  }
  std::atomic<int> running{3};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&, i] {
      for (int step = 0; step < kSteps; ++step) writers[i]->Step(kKeys);
      running.fetch_sub(1);
    });
  }
  // Two workers compact, one of them all shards: a pass may be begun by one and ended by the other.
  WorkerStats stats;
  resp::OutputBuffer output;
  Context other(world.locks, world.tunables, world.door, world.registry, stats, world.host, output);
  threads.emplace_back([&] {
    CompactionCycle cycle(other, 0, 1);
    while (running.load() > 0) cycle.Run(base::TimeBudget(200), kEverything);
  });
  CompactionCycle cycle(world.ctx, 1, 2);
  while (running.load() > 0) cycle.Run(base::TimeBudget(200), kEverything);
  for (std::thread& thread : threads) thread.join();
  std::uint64_t moved = 0;
  for (int i = 0; i < world.keyspace.shards(); ++i) moved += world.keyspace.shard(i).compaction.moved_blocks();
  EXPECT_GT(moved, 100u);
  std::size_t total = 0;
  for (const auto& writer : writers) {
    for (int key = 0; key < kKeys; ++key) writer->Check(key);
    total += writer->size();
  }
  EXPECT_EQ(world.Count(), total);
}

}  // namespace
}  // namespace zedis::engine

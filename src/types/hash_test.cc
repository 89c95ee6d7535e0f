#include "types/hash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/memory_count.h"
#include "types/hash_model.h"

namespace zedis::types {
namespace {

constexpr std::uint64_t kSeed = 99;

std::uint64_t HashOf(std::string_view text) { return base::HashBytes(text, kSeed); }
std::string Numbered(const char* prefix, int number) { return prefix + std::to_string(number); }
int Steps(int quick, int thorough) { return std::getenv("ZEDIS_LONG_TESTS") != nullptr ? thorough : quick; }

// Takes out all that is due; returns how much that was.
std::size_t RemoveAllDue(Hash& hash, std::int64_t now_ms) {
  std::size_t removed = 0;
  for (;;) {
    const IndexedHash::Removed slice = hash.RemoveDueSlice(now_ms, now_ms);
    removed += slice.count;
    if (slice.finished) return removed;
  }
}

// All that a hash may be asked and told, on a clock that goes on, against a map. It grows out of its entry's form, and
// shrinks, again and again.
void PlayWithTwin(std::uint64_t seed, int steps, HashLimits limits, int fields) {
  Hash hash(PackedHashView(), kSeed);
  HashTwin twin;
  std::mt19937_64 random(seed);
  std::int64_t now_ms = 1'000'000;
  std::vector<std::string> names;
  for (int i = 0; i < fields; ++i) names.push_back(i % 4 == 0 ? RandomHashText(random) : Numbered("f", i));
  for (int step = 0; step < steps; ++step) {
    now_ms += static_cast<std::int64_t>(random() % 2);
    const bool growing = step / (fields * 8) % 2 == 0;
    const std::string& name = names[random() % names.size()];
    const HashField field(name);
    const std::int64_t time_ms =
        random() % 3 == 0 ? now_ms + 1 + static_cast<std::int64_t>(random() % (fields * 4)) : kNoFieldExpiry;
    const std::uint64_t dice = random() % 100;
    if (dice < (growing ? 60u : 20u)) {
      const std::string value = RandomHashText(random);
      const HashWrite write{value, time_ms, random() % 2 == 0, now_ms};
      ASSERT_EQ(hash.Put(field, write, limits) == HashPut::kAdded, twin.Put(name, write));
    } else if (dice < 80) {
      ASSERT_EQ(hash.Remove(field, now_ms), twin.Remove(name, now_ms));
    } else if (dice < 95) {
      const auto at = twin.map.find(name);
      if (at != twin.map.end()) {
        hash.SetExpiry(field, time_ms);
        at->second.expire_at_ms = time_ms;
      }
    } else if (dice < 96) {
      ASSERT_EQ(RemoveAllDue(hash, now_ms), twin.RemoveDue(now_ms));
      ASSERT_GT(hash.Earliest(), now_ms);
    }
    const HashView view(hash, now_ms);
    const std::optional<HashItem> item = view.Find(field);
    const auto at = twin.map.find(name);
    ASSERT_EQ(item.has_value(), at != twin.map.end() && at->second.expire_at_ms > now_ms);
    if (item) {
      ASSERT_EQ(TextOf(item->value), at->second.text);
      ASSERT_EQ(item->expire_at_ms, at->second.expire_at_ms);
    }
    ASSERT_EQ(hash.IsEmpty(), twin.map.empty());
    if (step % 64 == 0) {
      ASSERT_EQ(hash.Size(), twin.map.size());
      ASSERT_EQ(view.Size(), twin.LiveSize(now_ms));
      ASSERT_LE(hash.Earliest(), twin.Earliest());
    }
    if (step % 4096 == 0) {
      ASSERT_EQ(ContentOf(HashView(hash, 0)), twin.map);
      ASSERT_EQ(ContentOf(HashView(*hash.Duplicate(), 0)), twin.map);
    }
  }
  twin.RemoveDue(now_ms);
  EXPECT_EQ(ContentOf(HashView(hash, now_ms)), twin.map);
}

TEST(Hash, AgreesWithItsTwinInEachForm) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  constexpr HashLimits kAlwaysIndexed{.listpack_entries = 0};
  constexpr HashLimits kNeverIndexed{.listpack_entries = SIZE_MAX, .listpack_value_bytes = SIZE_MAX};
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    PlayWithTwin(seed, Steps(30'000, 3'000'000), kAlwaysIndexed, 3000);
    PlayWithTwin(seed, Steps(30'000, 1'000'000), kAlwaysIndexed, 40);
    PlayWithTwin(seed, Steps(20'000, 1'000'000), kNeverIndexed, 60);
    PlayWithTwin(seed, Steps(2'000, 100'000), {.listpack_entries = 30}, 50);
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

TEST(Hash, LeavesItsPackedFormWhenItMustAndKeepsItsFieldsAndTimes) {
  Hash hash(PackedHashView(), kSeed);
  for (int i = 0; i < 512; ++i) {
    const std::string number = std::to_string(i);
    const std::int64_t time_ms = i % 2 == 0 ? 5000 + i : kNoFieldExpiry;
    ASSERT_EQ(hash.Put(HashField(number), {.value = number, .expire_at_ms = time_ms}, {}), HashPut::kAdded);
  }
  EXPECT_FALSE(hash.IsIndexed());
  const HashTwin::Map before = ContentOf(HashView(hash, 0));
  ASSERT_EQ(hash.Put(HashField("0"), {.value = std::string(65, 'x'), .keep_expiry = true}, {}), HashPut::kReplaced);
  EXPECT_TRUE(hash.IsIndexed());
  EXPECT_EQ(hash.Earliest(), 5000);
  hash.Put(HashField("0"), {.value = "0", .keep_expiry = true}, {});
  EXPECT_EQ(ContentOf(HashView(hash, 0)), before);
  EXPECT_EQ(hash.Indexed().VolatileSize(), 256u);
}

TEST(IndexedHash, AFieldOfTenBytesWithAValueOfTenCostsUnder42OnAverage) {
  IndexedHash hash(kSeed);
  double sum = 0;
  int samples = 0;
  std::size_t next_sample = 700'000;
  for (int i = 0; hash.Size() < 1'400'000; ++i) {
    const std::string text = Numbered("f", 100'000'000 + i);
    hash.AddNew(text, HashOf(text), text);
    if (hash.Size() < next_sample) continue;
    next_sample = next_sample * 21 / 20;
    sum += static_cast<double>(hash.MemoryBytes()) / static_cast<double>(hash.Size());
    ++samples;
  }
  EXPECT_LT(sum / samples, 32.5);
  EXPECT_GT(samples, 10);
}

TEST(IndexedHash, WhatIsDueLeavesInSlicesAndNothingElseIsRead) {
  IndexedHash hash(kSeed);
  constexpr int kFields = 100'000;
  for (int i = 0; i < kFields; ++i) {
    const std::string text = std::to_string(i);
    hash.AddNew(text, HashOf(text), "v", i % 10 == 0 ? 1000 + i : kNoFieldExpiry);
  }
  EXPECT_EQ(hash.Earliest(), 1000);
  EXPECT_EQ(hash.RemoveDueSlice(999, 999).count, 0u);
  constexpr std::int64_t kNowMs = 50'995;
  EXPECT_EQ(hash.CountDue(kNowMs), 5000u);
  // The field without a time that a walk comes across first.
  std::string first = "1";
  for (int i = 1; i < kFields; i += 2) {
    const std::string text = std::to_string(i);
    if (base::PositionOf(HashOf(text)) < base::PositionOf(HashOf(first))) first = text;
  }
  std::size_t removed = 0;
  std::size_t most = 0;
  for (bool finished = false; !finished;) {
    const IndexedHash::Removed slice = hash.RemoveDueSlice(kNowMs, kNowMs);
    removed += slice.count;
    most = std::max(most, slice.count);
    finished = slice.finished;
    // A time that is set behind a walk that is under way is not lost.
    if (!finished && hash.VolatileSize() < 8000) hash.SetExpiry(first, HashOf(first), 50'997);
  }
  EXPECT_EQ(removed, 5000u);
  EXPECT_LE(most, 600u);
  EXPECT_EQ(hash.Earliest(), 50'997);
  EXPECT_EQ(hash.CountDue(kNowMs), 0u);
  EXPECT_EQ(hash.VolatileSize(), 5001u);
  EXPECT_EQ(hash.RemoveDueSlice(50'997, 50'997).count, 1u);
  EXPECT_FALSE(hash.Find(first, HashOf(first)));
}

TEST(IndexedHash, ASparseHashGivesItsMemoryBackWithoutAPause) {
  IndexedHash hash(kSeed);
  std::vector<std::string> texts;
  for (int i = 0; i < 200'000; ++i) {
    texts.push_back(Numbered("field:", i));
    hash.AddNew(texts.back(), HashOf(texts.back()), "value", i % 2 == 0 ? 5000 : kNoFieldExpiry);
  }
  const std::size_t full = hash.MemoryBytes();
  std::shuffle(texts.begin(), texts.end(), std::mt19937_64(5));
  bool evacuated = false;
  while (texts.size() > 20'000) {
    ASSERT_TRUE(hash.Remove(texts.back(), HashOf(texts.back()), 0));
    texts.pop_back();
    evacuated |= hash.region().evacuating();
    // Never more than what there was, and a second copy of what is left of it.
    ASSERT_LE(hash.MemoryBytes(), full * 3 / 2);
  }
  EXPECT_TRUE(evacuated);
  for (int i = 0; hash.region().evacuating() && i < 100'000; ++i) {
    hash.Put("other", HashOf("other"), {.value = std::string(1 + i % 2 * 100, 'x')});
  }
  EXPECT_FALSE(hash.region().evacuating());
  EXPECT_LT(hash.MemoryBytes(), full / 3);
  for (const std::string& text : texts) ASSERT_TRUE(hash.Find(text, HashOf(text)));
}

TEST(IndexedHash, ScanReturnsWhatStaysOnceWhileTheHashGrowsShrinksAndIsEvacuated) {
  for (const bool growing : {true, false}) {
    IndexedHash hash(kSeed);
    std::set<std::string> staying;
    for (int i = 0; i < 5000; ++i) {
      const std::string text = Numbered("stay:", i);
      hash.AddNew(text, HashOf(text), "v");
      staying.insert(text);
    }
    constexpr int kMoving = 150'000;
    int moving = 0;
    const auto add = [&] {
      const std::string text = Numbered("go:", moving++);
      hash.AddNew(text, HashOf(text), "v");
    };
    while (!growing && moving < kMoving) add();
    std::multiset<std::string> seen;
    for (std::uint64_t position = 0; position < base::kPositionEnd;) {
      position = hash.Scan(position, [&](const HashItem& item) {
        if (item.field.text.starts_with("stay:")) seen.emplace(item.field.text);
      });
      for (int i = 0; i < 100; ++i) {
        if (growing && moving < kMoving) {
          add();
        } else if (!growing && moving > 0) {
          const std::string text = Numbered("go:", --moving);
          ASSERT_TRUE(hash.Remove(text, HashOf(text), 0));
        }
      }
    }
    EXPECT_TRUE(std::ranges::equal(seen, staying)) << growing;
  }
}

TEST(IndexedHash, IsFreedInSlices) {
  const std::size_t counted_before = base::MemoryCount::UsedBytes();
  auto hash = std::make_unique<IndexedHash>(kSeed);
  for (int i = 0; i < 100'000; ++i) hash->AddNew(std::to_string(i), HashOf(std::to_string(i)), "value");
  int slices = 1;
  while (!hash->FreeSlice(1)) ++slices;
  EXPECT_GE(slices, 8);
  hash.reset();
  EXPECT_EQ(base::MemoryCount::UsedBytes(), counted_before);
}

}  // namespace
}  // namespace zedis::types

#include "store/database.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "store/carried_value.h"
#include "store/garbage.h"
#include "store/value_ops.h"
#include "types/list.h"
#include "types/long_string.h"

namespace zedis::store {
namespace {

constexpr std::uint64_t kSeed = 42;

Key MakeKey(std::string_view bytes) { return {bytes, base::HashBytes(bytes, kSeed)}; }

struct Store {
  base::Arena arena;
  GarbageList garbage;
  Database database{arena, kSeed, garbage};

  ~Store() { ClearAndFree(); }
  void ClearAndFree() {
    database.Clear();
    while (garbage.FreeSlice()) {
    }
  }
};

std::string TextOf(const Entry& entry) {
  switch (entry.storage()) {
    case Storage::kInteger:
      return std::to_string(entry.integer());
    case Storage::kNear:
      return std::string(entry.near());
    case Storage::kFar:
      return std::string(static_cast<const types::LongString*>(entry.far())->View());
  }
  return {};
}

// A value of any storage, in `text` as it should come back.
Value RandomValue(std::mt19937_64& random, std::string& text) {
  switch (random() % 3) {
    case 0: {
      const auto integer = static_cast<std::int64_t>(random());
      text = std::to_string(integer);
      return Value::Integer(integer);
    }
    case 1:
      text.assign(random() % (kNearValueMax + 1), static_cast<char>(random()));
      return Value::Near(Type::kString, text);
    default:
      text.assign(kNearValueMax + 1 + random() % 5000, static_cast<char>(random()));
      return Value::Far(Type::kString, types::LongString::Create(text, 0));
  }
}

struct Model {
  std::string text;
  std::int64_t expire_at_ms;
};

class Twin {
 public:
  explicit Twin(std::uint64_t seed) : random_(seed) {
    for (const std::size_t size : {0, 1, 16, 254, 255, 256, 257, 1000}) names_.emplace_back(size, 'k');
    while (names_.size() < 3000) names_.push_back("key:" + std::to_string(names_.size()));
  }

  void Step() {
    const std::string& name = names_[random_() % names_.size()];
    const Key key = MakeKey(name);
    switch (random_() % 8) {
      case 0:
      case 1:
      case 2:
        Put(key, name);
        break;
      case 3:
        EXPECT_EQ(database().Erase(key), model_.erase(name) == 1);
        break;
      case 4:
        Change(key, name);
        break;
      case 5:
      case 6:
        SetExpiry(key, name);
        break;
      case 7:
        Rename(key, name);
        break;
    }
    Check(name);
  }

  void CheckAll() {
    for (const std::string& name : names_) Check(name);
    ASSERT_EQ(database().size(), model_.size());
    std::size_t with_ttl = 0;
    std::int64_t earliest = base::IndexSegment::kNever;
    std::size_t live = 0;
    for (const auto& [name, value] : model_) {
      if (value.expire_at_ms == kNoExpiry || value.expire_at_ms > kMiddle) ++live;
      if (value.expire_at_ms == kNoExpiry) continue;
      ++with_ttl;
      earliest = std::min(earliest, value.expire_at_ms);
    }
    ASSERT_EQ(database().volatile_keys(), with_ttl);
    ASSERT_LE(database().earliest_ms(), earliest);
    std::size_t counted = 0;
    for (std::uint64_t at = 0; at < base::kPositionEnd;) at = database().CountLive(at, 3, kMiddle, counted);
    ASSERT_EQ(counted, live);
  }

  // Erases what is due, as the expiry cycle does.
  void Sweep(std::int64_t now_ms) {
    std::vector<base::Arena::Handle> due;
    for (std::uint64_t at = 0; at < base::kPositionEnd;) {
      due.clear();
      at = database().SweepExpired(at, now_ms, now_ms, [&](Database::Slot slot) { due.push_back(slot.handle()); });
      for (const base::Arena::Handle handle : due) {
        const auto* entry = reinterpret_cast<const Entry*>(store_.arena.At(handle));
        EXPECT_TRUE(entry->ExpiredAt(now_ms));
        const Key key = MakeKey(entry->key());
        database().EraseSlot(key, database().FindSlot(key));
      }
    }
    std::int64_t earliest_ms = 0;
    for (std::uint64_t at = 0; at < base::kPositionEnd;) at = database().TightenEarliest(at, earliest_ms);
    std::erase_if(model_, [&](const auto& item) {
      return item.second.expire_at_ms != kNoExpiry && item.second.expire_at_ms <= now_ms;
    });
    ASSERT_GT(database().earliest_ms(), now_ms);
  }

  Store& store() { return store_; }
  static constexpr std::int64_t kMiddle = 500'000;

 private:
  Database& database() { return store_.database; }

  std::int64_t RandomExpiry() {
    return random_() % 2 == 0 ? kNoExpiry : static_cast<std::int64_t>(random_() % 1'000'000);
  }

  void Put(const Key& key, const std::string& name) {
    std::string text;
    const Value value = RandomValue(random_, text);
    const std::int64_t expire_at_ms = RandomExpiry();
    const auto access = static_cast<std::uint32_t>(random_() & 0xffffff);
    EXPECT_EQ(database().Put(key, value, expire_at_ms, access)->access(), access);
    model_[name] = {text, expire_at_ms};
  }

  void Change(const Key& key, const std::string& name) {
    Entry* entry = database().Find(key);
    if (entry == nullptr) return;
    const std::uint32_t access = entry->access();
    std::string text;
    const Value value = RandomValue(random_, text);
    EXPECT_EQ(database().SetValue(key, entry, value)->access(), access);
    model_[name].text = text;
  }

  void SetExpiry(const Key& key, const std::string& name) {
    Entry* entry = database().Find(key);
    if (entry == nullptr) return;
    const std::int64_t expire_at_ms = RandomExpiry();
    database().SetExpiry(key, entry, expire_at_ms);
    model_[name].expire_at_ms = expire_at_ms;
  }

  void Rename(const Key& key, const std::string& name) {
    Entry* entry = database().Find(key);
    const std::string& other = names_[random_() % names_.size()];
    if (entry == nullptr || other == name) return;
    const std::uint32_t access = entry->access();
    CarriedValue value;
    if (random_() % 2 == 0) {
      value.Take(database(), key, entry);
      model_[other] = model_[name];
      model_.erase(name);
    } else {
      value.Duplicate(*entry);
      model_[other] = model_[name];
    }
    EXPECT_EQ(value.PutInto(database(), MakeKey(other))->access(), access);
    Check(other);
  }

  void Check(const std::string& name) {
    const Entry* entry = database().Find(MakeKey(name));
    const auto found = model_.find(name);
    ASSERT_EQ(entry != nullptr, found != model_.end()) << name;
    if (entry == nullptr) return;
    ASSERT_EQ(entry->key(), name);
    ASSERT_EQ(TextOf(*entry), found->second.text);
    ASSERT_EQ(entry->ExpiryOrNone(), found->second.expire_at_ms);
  }

  std::mt19937_64 random_;
  Store store_;
  std::vector<std::string> names_;
  std::map<std::string, Model> model_;
};

TEST(Database, BehavesAsAMapUnderRandomOperations) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    Twin twin(seed);
    for (int i = 0; i < 40'000; ++i) {
      twin.Step();
      if (i % 4000 == 0) twin.CheckAll();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", step " << i;
    }
    twin.CheckAll();
    twin.store().ClearAndFree();
    EXPECT_EQ(twin.store().arena.used_bytes(), 0u);
  }
}

TEST(Database, SweepsErasePreciselyWhatIsDue) {
  Twin twin(7);
  for (std::int64_t now_ms = 0; now_ms <= 1'000'000; now_ms += 50'000) {
    for (int i = 0; i < 2000; ++i) twin.Step();
    twin.Sweep(now_ms);
    twin.CheckAll();
    if (testing::Test::HasFatalFailure()) FAIL() << "at " << now_ms;
  }
}

TEST(Database, WhatGetsATimeToLiveWhileTheEarliestIsLookedForIsNotMissed) {
  constexpr std::int64_t kDueMs = 9'000'000;
  Store store;
  for (int i = 0; i < 700'000; ++i) {
    store.database.Put(MakeKey(std::to_string(i)), Value::Integer(i), kDueMs + i, 0);
  }
  const std::string early = "early";
  store.database.Put(MakeKey(early), Value::Integer(0), 1000, 0);
  store.database.Erase(MakeKey(early));
  ASSERT_EQ(store.database.earliest_ms(), 1000);
  std::int64_t earliest_ms = 0;
  std::uint64_t at = store.database.TightenEarliest(0, earliest_ms);
  ASSERT_LT(at, base::kPositionEnd);  // it takes several slices
  while (at < base::kPositionEnd) at = store.database.TightenEarliest(at, earliest_ms);
  // The segment of the erased key does not know that it is gone: a sweep would tell it.
  EXPECT_EQ(store.database.earliest_ms(), 1000);
  for (at = 0; at < base::kPositionEnd;)
    at = store.database.SweepExpired(at, 2000, 2000, [](Database::Slot) { FAIL(); });
  for (at = 0; at < base::kPositionEnd;) at = store.database.TightenEarliest(at, earliest_ms);
  EXPECT_EQ(store.database.earliest_ms(), kDueMs);

  // Keys anywhere, also where the walk has been already.
  at = store.database.TightenEarliest(0, earliest_ms);
  for (int i = 0; i < 100; ++i) {
    store.database.Put(MakeKey(std::to_string(i)), Value::Integer(i), 5'000'500 + i, 0);
  }
  while (at < base::kPositionEnd) at = store.database.TightenEarliest(at, earliest_ms);
  EXPECT_LE(store.database.earliest_ms(), 5'000'500);
  EXPECT_GE(store.database.earliest_ms(), 5'000'000);

  // A walk that began in another database proves nothing.
  Database fresh(store.arena, kSeed, store.garbage);
  fresh.Put(MakeKey(early), Value::Integer(0), 1000, 0);
  at = store.database.TightenEarliest(0, earliest_ms);
  store.database.Swap(fresh);
  while (at < base::kPositionEnd) at = store.database.TightenEarliest(at, earliest_ms);
  EXPECT_LE(store.database.earliest_ms(), 1000);
  fresh.Clear();
}

TEST(Database, NothingIsLookedAtBeforeTheFirstKeyIsDue) {
  Store store;
  for (int i = 0; i < 5000; ++i) {
    store.database.Put(MakeKey(std::to_string(i)), Value::Integer(i), 1000 + i, 0);
  }
  int called = 0;
  const auto due = [&](Database::Slot) { ++called; };
  EXPECT_EQ(store.database.SweepExpired(0, 999, 999, due), base::kPositionEnd);
  EXPECT_EQ(called, 0);
  EXPECT_LT(store.database.SweepExpired(0, 1500, 1500, due), base::kPositionEnd);  // a slice, not all
  EXPECT_GT(called, 0);
  EXPECT_LE(called, base::IndexSegment::kMaxSlots);
}

TEST(Database, OverwritingTakesNoNewMemory) {
  Store store;
  const std::string value(100, 'v');
  for (int i = 0; i < 1000; ++i) {
    store.database.Put(MakeKey(std::to_string(i)), Value::Near(Type::kString, value), kNoExpiry, 0);
  }
  const std::size_t used = store.arena.used_bytes();
  for (int round = 0; round < 10; ++round) {
    for (int i = 0; i < 1000; ++i) {
      store.database.Put(MakeKey(std::to_string(i)), Value::Near(Type::kString, value), kNoExpiry, 0);
    }
  }
  EXPECT_EQ(store.arena.used_bytes(), used);
  store.ClearAndFree();
  EXPECT_EQ(store.arena.used_bytes(), 0u);
}

TEST(Database, SwapExchangesEverything) {
  Store store;
  Database other(store.arena, kSeed, store.garbage);
  store.database.Put(MakeKey("a"), Value::Integer(1), 500, 0);
  other.Put(MakeKey("b"), Value::Integer(2), kNoExpiry, 0);
  store.database.Swap(other);
  EXPECT_EQ(store.database.Find(MakeKey("a")), nullptr);
  EXPECT_NE(store.database.Find(MakeKey("b")), nullptr);
  EXPECT_EQ(store.database.earliest_ms(), base::IndexSegment::kNever);
  EXPECT_EQ(store.database.volatile_keys(), 0u);
  EXPECT_NE(other.Find(MakeKey("a")), nullptr);
  EXPECT_EQ(other.earliest_ms(), 500);
  EXPECT_EQ(other.volatile_keys(), 1u);
  other.Clear();
}

TEST(Database, ClearingIsDoneInSlices) {
  Store store;
  for (int i = 0; i < 20'000; ++i) store.database.Put(MakeKey(std::to_string(i)), Value::Integer(i), kNoExpiry, 0);
  const std::size_t used = store.arena.used_bytes();
  store.database.Clear();
  EXPECT_EQ(store.database.size(), 0u);
  EXPECT_EQ(store.arena.used_bytes(), used);  // nothing is freed yet
  store.database.Put(MakeKey("new"), Value::Integer(1), kNoExpiry, 0);
  int slices = 1;
  while (store.garbage.FreeSlice()) ++slices;
  EXPECT_GE(slices, 20'000 / base::IndexSegment::kMaxSlots);
  EXPECT_NE(store.database.Find(MakeKey("new")), nullptr);
  store.ClearAndFree();
  EXPECT_EQ(store.arena.used_bytes(), 0u);
}

TEST(Database, LargeCollectionsAreFreedInSlices) {
  Store store;
  auto list = std::make_unique<types::List>(types::ListOptions{});
  for (int i = 0; i < 100'000; ++i) list->PushBack("element " + std::to_string(i));
  store.database.Put(MakeKey("list"), Value::Far(Type::kList, list.release()), kNoExpiry, 0);
  EXPECT_TRUE(store.database.Erase(MakeKey("list")));
  EXPECT_FALSE(store.garbage.empty());
  while (store.garbage.FreeSlice()) {
  }
}

TEST(CarriedValue, KeepsNearBytesWhileTheArenaMoves) {
  Store store;
  const std::string text = "text that lies in the arena";
  store.database.Put(MakeKey("from"), Value::Near(Type::kString, text), 777, 5);
  CarriedValue value;
  value.Take(store.database, MakeKey("from"), store.database.Find(MakeKey("from")));
  // Takes the very block that has just become free.
  store.database.Put(MakeKey("xxxx"), Value::Near(Type::kString, std::string(text.size(), 'x')), 1, 0);
  const Entry* entry = value.PutInto(store.database, MakeKey("to"));
  EXPECT_EQ(entry->near(), text);
  EXPECT_EQ(entry->expire_at_ms(), 777);
  EXPECT_EQ(entry->access(), 5u);
  EXPECT_EQ(store.database.size(), 2u);
}

}  // namespace
}  // namespace zedis::store

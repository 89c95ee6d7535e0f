#include "store/keyspace.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/memory_count.h"
#include "types/list.h"
#include "types/long_string.h"

namespace zedis::store {
namespace {

// Near and far values and keys, ttls, overwrites by other kinds, and large lists that go to the garbage.
void Fill(Keyspace& keyspace) {
  for (int i = 0; i < 30'000; ++i) {
    const std::string name = std::to_string(i % 20'000) + std::string(i % 500 == 0 ? 400 : 0, 'k');
    const Key key = keyspace.MakeKey(name);
    Value value = Value::Integer(i);
    const std::string near(static_cast<std::size_t>(i % 400), 'v');
    if (i % 7 == 0) {
      value = Value::Near(Type::kString, near);
    } else if (i % 11 == 0) {
      value = Value::Far(Type::kString, types::LongString::Create(std::string(2000, 'v'), 0));
    } else if (i % 131 == 0) {
      auto list = std::make_unique<types::List>(types::ListOptions{});
      for (int n = 0; n < 300; ++n) list->PushBack(near);
      value = Value::Far(Type::kList, list.release());
    }
    keyspace.DatabaseOf(key, i % 3).Put(key, value, i % 5 == 0 ? 1'000'000 : kNoExpiry, 0);
  }
}

TEST(Keyspace, WhenEverythingIsGoneNoMemoryIsCounted) {
  const std::size_t before = base::MemoryCount::UsedBytes();
  {
    Keyspace keyspace(3, 4, 77);
    EXPECT_EQ(base::MemoryCount::UsedBytes(), before);  // an empty keyspace takes none
    for (int round = 0; round < 3; ++round) {
      Fill(keyspace);
      EXPECT_GT(base::MemoryCount::UsedBytes(), before + 10'000'000);
      for (int shard = 0; shard < keyspace.shards(); ++shard) {
        for (int i = 0; i < keyspace.databases(); ++i) keyspace.database(shard, i).Clear();
        while (keyspace.shard(shard).garbage.FreeSlice()) {
        }
        EXPECT_EQ(keyspace.shard(shard).arena.used_bytes(), 0u);
      }
      // Of each size that was used, a page may be kept.
      EXPECT_LE(base::MemoryCount::UsedBytes(), before + 8 * 51 * base::Arena::kPageBytes);
    }
    Fill(keyspace);
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), before);
}

}  // namespace
}  // namespace zedis::store

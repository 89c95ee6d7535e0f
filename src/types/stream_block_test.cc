#include "types/stream_block.h"

#include <gtest/gtest.h>

#include "types/allocate.h"
#include "types/stream_model.h"

namespace zedis::types {
namespace {

struct BlockTwin {
  std::vector<std::pair<StreamId, Texts>> entries;
  std::vector<bool> deleted;
};

void ExpectSame(const StreamBlock* block, const BlockTwin& twin) {
  ASSERT_TRUE(block->IsValid());
  ASSERT_EQ(block->Entries(), twin.entries.size());
  std::size_t offset = block->GroupOffset(0);
  for (std::size_t i = 0; i < twin.entries.size(); ++i) {
    const StreamEntry entry = block->Read(offset);
    ASSERT_EQ(entry.id, twin.entries[i].first);
    ASSERT_EQ(TextsOf(entry), twin.entries[i].second);
    ASSERT_EQ(entry.deleted, twin.deleted[i]);
    offset = block->OffsetBehind(entry);
  }
  ASSERT_EQ(offset, block->UsedBytes());
  ASSERT_EQ(block->LastId(), twin.entries.back().first);
}

void ExpectFound(const StreamBlock* block, const BlockTwin& twin, const StreamId& id) {
  const auto expected = std::lower_bound(twin.entries.begin(), twin.entries.end(), id,
                                         [](const auto& entry, const StreamId& other) { return entry.first < other; });
  const StreamBlock::Place place = block->LowerBound(id);
  ASSERT_EQ(place.index, static_cast<std::size_t>(expected - twin.entries.begin()));
  if (expected != twin.entries.end()) {
    ASSERT_EQ(block->Read(place.offset).id, expected->first);
  }
}

TEST(StreamBlock, KeepsWhatIsAppended) {
  for (int seed = 1; seed <= TestRounds(60); ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    StreamId id{random() % 2 == 0 ? 1'700'000'000'000 : random() % 4, random() % 3};
    BlockTwin twin;
    twin.entries.emplace_back(id, RandomEntry(random));
    twin.deleted.push_back(false);
    StreamBlock* block = StreamBlock::New(id, ViewsOf(twin.entries[0].second), random() % 100);
    block = StreamBlock::Append(block, id, ViewsOf(twin.entries[0].second));
    const std::size_t count = random() % 300;
    for (std::size_t i = 0; i < count && block->CanShare(); ++i) {
      id = RandomNextId(random, id);
      twin.entries.emplace_back(id, RandomEntry(random));
      twin.deleted.push_back(false);
      block = StreamBlock::Append(block, id, ViewsOf(twin.entries.back().second));
      if (random() % 8 == 0) {
        const std::size_t which = random() % twin.entries.size();
        if (!twin.deleted[which]) block->MarkDeleted(block->LowerBound(twin.entries[which].first).offset);
        twin.deleted[which] = true;
      }
    }
    ExpectSame(block, twin);
    block = StreamBlock::Seal(block);
    ExpectSame(block, twin);
    StreamBlock* copy = StreamBlock::Copy(block);
    StreamBlock::Delete(block);
    ExpectSame(copy, twin);
    for (const auto& [known, texts] : twin.entries) {
      ExpectFound(copy, twin, known);
      ExpectFound(copy, twin, *known.Next());
      if (const auto previous = known.Previous()) ExpectFound(copy, twin, *previous);
    }
    ExpectFound(copy, twin, {});
    ExpectFound(copy, twin, kStreamIdMax);
    StreamBlock::Delete(copy);
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
  }
}

TEST(StreamBlock, IdsAtBothEndsOfTheirRange) {
  const Texts texts = {"name", "value"};
  StreamBlock* block = StreamBlock::New({0, 1}, ViewsOf(texts), 0);
  const StreamId ids[] = {{0, 1}, {0, UINT64_MAX}, {62, 0}, {63, 0}, {64, 0}, {UINT64_MAX, 0}, kStreamIdMax};
  for (const StreamId& id : ids) block = StreamBlock::Append(block, id, ViewsOf(texts));
  std::size_t offset = block->GroupOffset(0);
  for (const StreamId& id : ids) {
    EXPECT_EQ(block->Read(offset).id, id);
    offset = block->OffsetBehind(block->Read(offset));
  }
  StreamBlock::Delete(block);
}

TEST(StreamBlock, TwoValuesOfTenBytesTakeTwentyFourWithTheSameNames) {
  const Texts texts = {"field1", "v000000000", "field2", "w000000000"};
  StreamBlock* block = StreamBlock::New({1'700'000'000'000, 0}, ViewsOf(texts), 0);
  block = StreamBlock::Append(block, {1'700'000'000'000, 0}, ViewsOf(texts));
  const std::size_t before = block->UsedBytes();
  block = StreamBlock::Append(block, {1'700'000'000'003, 7}, ViewsOf(texts));
  EXPECT_EQ(block->UsedBytes() - before, 24u);
  const Texts others = {"field1", "v000000000", "other", "w000000000"};
  const std::size_t same = block->UsedBytes();
  block = StreamBlock::Append(block, {1'700'000'000'003, 8}, ViewsOf(others));
  EXPECT_EQ(block->UsedBytes() - same, 24u + 1 + 7 + 6);
  StreamBlock::Delete(block);
}

TEST(StreamBlock, TakesNoMoreWhenItsTableCannotPointFurther) {
  const Texts texts = {"name", std::string(30'000, 'x')};
  StreamBlock* block = StreamBlock::New({1, 0}, ViewsOf(texts), 0);
  std::uint64_t count = 0;
  for (; block->CanShare(); ++count) block = StreamBlock::Append(block, {1, count}, ViewsOf(texts));
  EXPECT_EQ(count, 3u);
  EXPECT_TRUE(block->IsValid());
  StreamBlock::Delete(block);
}

}  // namespace
}  // namespace zedis::types

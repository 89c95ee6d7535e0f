#include "types/stream.h"

#include <gtest/gtest.h>

#include <memory>

#include "base/memory_count.h"
#include "types/stream_model.h"

namespace zedis::types {
namespace {

using Entries = std::vector<std::pair<StreamId, Texts>>;

Entries RangeOf(const Stream& stream, const StreamId& from, const StreamId& to, bool backward) {
  Entries entries;
  StreamCursor cursor(stream, from, to, backward);
  for (StreamEntry entry; cursor.Next(&entry);) entries.emplace_back(entry.id, TextsOf(entry));
  return entries;
}

// One random operation after the other, on a stream and on its model.
class Twins {
 public:
  explicit Twins(std::uint64_t seed) : random_(seed), stream_(std::make_unique<Stream>()) {
    static constexpr StreamNodeLimits kLimits[] = {{4096, 100}, {4096, 100}, {0, 1}, {100, 0}, {0, 0}, {0, 7}};
    limits_ = kLimits[seed % std::size(kLimits)];
  }

  void Step(bool growing) {
    switch (random_() % 24) {
      case 0:
        return Trim();
      case 1:
        return LookAtRange();
      case 2:
        return Copy();
      case 3:
        return SetLastId();
      case 4:
      case 5:
      case 6:
      case 7:
        return Find();
      default:
        random_() % 10 < (growing ? 9u : 3u) ? Append() : Delete();
    }
  }
  void Compare() const {
    stream_->CheckConsistency();
    ASSERT_EQ(stream_->Length(), model_.entries.size());
    ASSERT_EQ(stream_->LastId(), model_.last_id);
    ASSERT_EQ(stream_->max_deleted_id, model_.max_deleted_id);
    ASSERT_EQ(stream_->entries_added, model_.entries_added);
    ASSERT_EQ(stream_->FirstId(), model_.entries.empty() ? StreamId{} : model_.entries.begin()->first);
    ASSERT_EQ(stream_->LastEntryId(), model_.entries.empty() ? StreamId{} : model_.entries.rbegin()->first);
    for (const bool backward : {false, true}) {
      ASSERT_EQ(RangeOf(*stream_, {}, kStreamIdMax, backward), model_.Range({}, kStreamIdMax, backward));
    }
  }

 private:
  StreamId SomeId() {
    if (model_.entries.empty()) return {random_() % 10, 0};
    const std::uint64_t first = model_.entries.begin()->first.ms;
    const auto at = model_.entries.lower_bound({first + random_() % (model_.last_id.ms - first + 1), random_() % 3});
    if (at == model_.entries.end() || random_() % 8 == 0) return {first + random_() % 100, random_() % 5};
    return at->first;
  }

  void Append() {
    const StreamId id = RandomNextId(random_, model_.last_id);
    const Texts texts = RandomEntry(random_);
    stream_->Append(id, ViewsOf(texts), limits_);
    model_.entries.emplace(id, texts);
    model_.last_id = id;
    ++model_.entries_added;
  }
  void Delete() {
    const StreamId id = SomeId();
    const bool there = model_.entries.erase(id) == 1;
    if (there) model_.max_deleted_id = std::max(model_.max_deleted_id, id);
    ASSERT_EQ(stream_->Delete(id), there);
  }
  void Find() {
    const StreamId id = SomeId();
    StreamEntry entry;
    const auto expected = model_.entries.find(id);
    ASSERT_EQ(stream_->Find(id, &entry), expected != model_.entries.end());
    if (expected != model_.entries.end()) {
      ASSERT_EQ(TextsOf(entry), expected->second);
    }
  }
  void Trim() {
    StreamTrim trim;
    trim.by = random_() % 2 == 0 ? StreamTrim::By::kLength : StreamTrim::By::kId;
    trim.length_max = model_.entries.size() - std::min<std::uint64_t>(model_.entries.size(), random_() % 120);
    if (random_() % 40 == 0) trim.length_max = 0;
    trim.id_min = random_() % 4 == 0 ? SomeId() : stream_->FirstId();
    trim.approximate = random_() % 3 == 0;
    if (trim.approximate) trim.limit = random_() % 200;
    auto removed = std::make_unique<Stream>();
    const std::uint64_t count = stream_->Trim(trim, removed.get());
    while (!removed->FreeSlice(1)) {
    }
    if (!trim.approximate) {
      ASSERT_EQ(count, model_.Trim(trim));
      return;
    }
    // Not more than was asked for, and of the oldest.
    ASSERT_TRUE(trim.limit == 0 || count <= trim.limit);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto first = model_.entries.begin();
      ASSERT_TRUE(trim.by == StreamTrim::By::kLength ? model_.entries.size() > trim.length_max
                                                     : first->first < trim.id_min);
      model_.entries.erase(first);
    }
  }
  void LookAtRange() {
    const StreamId from = SomeId();
    const StreamId to = random_() % 4 == 0 ? from : SomeId();
    const bool backward = random_() % 2 == 0;
    ASSERT_EQ(RangeOf(*stream_, from, to, backward), model_.Range(from, to, backward));
  }
  void Copy() { stream_.reset(stream_->Duplicate()); }
  // As XSETID may set it with MAXDELETEDID: before entries that were deleted.
  void SetLastId() {
    if (random_() % 4 != 0) return;
    const StreamId least = model_.entries.empty() ? StreamId{} : model_.entries.rbegin()->first;
    model_.last_id = random_() % 2 == 0 ? least : RandomNextId(random_, model_.last_id);
    model_.max_deleted_id = stream_->max_deleted_id = std::min(model_.max_deleted_id, model_.last_id);
    stream_->SetLastId(model_.last_id);
  }

  std::mt19937_64 random_;
  StreamNodeLimits limits_;
  std::unique_ptr<Stream> stream_;
  StreamModel model_;
};

TEST(Stream, BehavesLikeItsModel) {
  const std::size_t before = base::MemoryCount::UsedBytes();
  for (int seed = 1; seed <= TestRounds(60); ++seed) {
    Twins twins(static_cast<std::uint64_t>(seed));
    for (int step = 0; step < 900 && !testing::Test::HasFatalFailure(); ++step) {
      twins.Step(step / 300 % 2 == 0);
      if (step % 50 == 0) twins.Compare();
    }
    twins.Compare();
    ASSERT_FALSE(testing::Test::HasFatalFailure()) << "seed " << seed;
  }
  EXPECT_EQ(base::MemoryCount::UsedBytes(), before);
}

// As bench/ measures it: two fields with values of ten bytes, some entries in each millisecond.
TEST(Stream, MillionEntriesOfTwoFieldsTakeLessThanTwentySevenBytesEach) {
  const auto stream = std::make_unique<Stream>();
  char one[16];
  char other[16];
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    std::snprintf(one, sizeof one, "v%09u", static_cast<unsigned>(i));
    std::snprintf(other, sizeof other, "w%09u", static_cast<unsigned>(i));
    const std::string_view pairs[] = {"field1", one, "field2", other};
    stream->Append({1'700'000'000'000 + i / 300, i % 300}, pairs, {});
  }
  EXPECT_LE(static_cast<double>(stream->MemoryBytes()) / 1e6, 27.0);
  EXPECT_EQ(stream->Length(), 1'000'000u);
}

TEST(Stream, MemoryIsCountedExactly) {
  const std::size_t before = base::MemoryCount::UsedBytes();
  auto stream = std::make_unique<Stream>();
  std::mt19937_64 random(5);
  for (int i = 0; i < 5000; ++i) {
    const Texts texts = RandomEntry(random);
    stream->Append(RandomNextId(random, stream->LastId()), ViewsOf(texts), {});
  }
  StreamGroup* group = stream->CreateGroup("a group with a long name, longer than what fits", {}, 0);
  for (const std::string_view name : {"one", "two", "a consumer with a long name, longer than what fits"}) {
    group->CreateConsumer(name, 1);
  }
  StreamCursor cursor(*stream, {}, kStreamIdMax, false);
  for (StreamEntry entry; cursor.Next(&entry);) group->Deliver(entry.id, group->Consumers()[random() % 3], 1);
  EXPECT_EQ(base::MemoryCount::UsedBytes() - before, stream->MemoryBytes());
  std::unique_ptr<Stream> copy(stream->Duplicate());
  copy->CheckConsistency();
  EXPECT_EQ(base::MemoryCount::UsedBytes() - before, stream->MemoryBytes() + copy->MemoryBytes());
  stream = nullptr;
  std::size_t slices = 1;
  while (!copy->FreeSlice(100)) ++slices;
  EXPECT_GT(slices, 50u);
  copy = nullptr;
  EXPECT_EQ(base::MemoryCount::UsedBytes(), before);
}

TEST(Stream, BlocksAreCutWhereTheLimitsSay) {
  for (const StreamNodeLimits& limits : {StreamNodeLimits{0, 100}, StreamNodeLimits{2400, 0}}) {
    Stream stream;
    for (std::uint64_t i = 0; i < 10'000; ++i) {
      const std::string_view pairs[] = {"field1", "vvvvvvvvvv", "field2", "wwwwwwwwww"};
      stream.Append({1, i}, pairs, limits);
    }
    EXPECT_GE(stream.Index().Size(), 100u);
    EXPECT_LE(stream.Index().Size(), 120u);
  }
}

// --- What a group knows of what it has not read

TEST(StreamLag, CountsWhatIsAddedUntilSomethingIsDeletedAhead) {
  Stream stream;
  const std::string_view pairs[] = {"a", "b"};
  StreamGroup* group = stream.CreateGroup("g", {}, std::nullopt);
  EXPECT_EQ(stream.Lag(*group), 0);
  for (std::uint64_t i = 1; i <= 5; ++i) stream.Append({i, 0}, pairs, {});
  EXPECT_EQ(stream.Lag(*group), 5);
  stream.NoteDelivered(*group, {1, 0}, stream.FirstId());
  stream.NoteDelivered(*group, {2, 0}, stream.FirstId());
  EXPECT_EQ(group->entries_read, 2);
  EXPECT_EQ(stream.Lag(*group), 3);
  EXPECT_TRUE(stream.Delete({4, 0}));
  EXPECT_EQ(stream.Lag(*group), std::nullopt);
  stream.NoteDelivered(*group, {3, 0}, stream.FirstId());
  EXPECT_EQ(group->entries_read, std::nullopt);
  stream.NoteDelivered(*group, {5, 0}, stream.FirstId());
  EXPECT_EQ(group->entries_read, 5);
  EXPECT_EQ(stream.Lag(*group), 0);
}

// Redis counted these wrong before 7.4.2.
TEST(StreamLag, IsTheLengthWhenAllThatIsGoneWasBeforeTheFirstEntry) {
  Stream stream;
  const std::string_view pairs[] = {"a", "b"};
  StreamGroup* group = stream.CreateGroup("g", {}, 0);
  for (std::uint64_t i = 1; i <= 4; ++i) stream.Append({0, i}, pairs, {});
  stream.NoteDelivered(*group, {0, 1}, stream.FirstId());
  stream.NoteDelivered(*group, {0, 2}, stream.FirstId());
  for (std::uint64_t i = 1; i <= 3; ++i) EXPECT_TRUE(stream.Delete({0, i}));
  EXPECT_EQ(stream.Lag(*group), 1);
  Stream removed;
  stream.Trim({.length_max = 0}, &removed);
  EXPECT_EQ(stream.Lag(*group), 0);
}

// --- Groups against a model

struct Owner {
  std::string consumer;
  std::uint64_t deliveries;
};

TEST(StreamGroup, BehavesLikeItsModel) {
  for (int seed = 1; seed <= TestRounds(8); ++seed) {
    std::mt19937_64 random(static_cast<std::uint64_t>(seed));
    auto group = std::make_unique<StreamGroup>("g", StreamId{}, std::nullopt);
    std::map<StreamId, Owner> pending;
    std::map<std::string, int> consumers;
    StreamId last{1, 0};
    for (int step = 0; step < 4000; ++step) {
      const std::string name = std::string(random() % 3, 'c') + std::to_string(random() % 6);
      const auto what = static_cast<unsigned>(random() % 100);
      StreamConsumer* consumer = group->FindConsumer(name);
      ASSERT_EQ(consumer != nullptr, consumers.contains(name));
      if (consumer == nullptr) {
        consumer = group->CreateConsumer(name, step);
        consumers[name] = 1;
      }
      auto at = pending.lower_bound({random() % (last.ms + 1), 0});
      const StreamId known = at == pending.end() ? StreamId{last.ms + 1, 0} : at->first;
      if (what < 60) {
        if (what < 55) last = RandomNextId(random, last);
        const StreamId id = what < 55 ? last : known;
        group->Deliver(id, consumer, step);
        pending[id] = {name, 1};
      } else if (what < 90) {
        const StreamId id = random() % 2 == 0 && !pending.empty() ? pending.begin()->first : known;
        ASSERT_EQ(group->Acknowledge(id), pending.erase(id) == 1);
      } else if (what < 98) {
        PendingEntry* entry = group->FindPending(known);
        ASSERT_EQ(entry != nullptr, pending.contains(known));
        if (entry == nullptr) continue;
        group->Assign(known, entry, consumer);
        ++entry->deliveries;
        pending[known].consumer = name;
        ++pending[known].deliveries;
      } else if (random() % 4 == 0) {
        const std::size_t own = consumer->Pending().Size();
        group->DeleteConsumer(consumer);
        consumers.erase(name);
        ASSERT_EQ(own, std::erase_if(pending, [&](const auto& one) { return one.second.consumer == name; }));
      } else {
        group.reset(group->Duplicate());
      }
    }
    group->CheckConsistency();
    ASSERT_EQ(group->Pending().Size(), pending.size());
    PendingMap::Cursor at = group->Pending().First();
    for (const auto& [id, owner] : pending) {
      ASSERT_EQ(group->Pending().IdAt(at), id);
      ASSERT_EQ(group->Pending().At(at)->consumer->Name(), owner.consumer);
      ASSERT_EQ(group->Pending().At(at)->deliveries, owner.deliveries);
      at = group->Pending().After(at);
    }
  }
}

}  // namespace
}  // namespace zedis::types

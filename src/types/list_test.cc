#include "types/list.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>
#include <vector>

#include "types/list_model.h"

namespace zedis::types {
namespace {

std::string TextOf(const Element& element) {
  IntegerText buffer;
  return std::string(element.Text(buffer));
}

std::vector<std::string> Range(const List& list, std::size_t start, std::size_t count, Direction direction) {
  std::vector<std::string> texts;
  list.ForRange(start, count, direction, [&](const Element& element) { texts.push_back(TextOf(element)); });
  return texts;
}

void ExpectSame(const List& list, const ListModel& model) {
  list.CheckConsistency();
  ASSERT_EQ(list.Size(), model.elements.size());
  ASSERT_EQ(Range(list, 0, list.Size(), Direction::kForward),
            std::vector<std::string>(model.elements.begin(), model.elements.end()));
  if (list.Empty()) return;
  ASSERT_EQ(Range(list, list.Size() - 1, SIZE_MAX, Direction::kBackward),
            std::vector<std::string>(model.elements.rbegin(), model.elements.rend()));
}

// One random operation after the other, on a list and on its model.
class Twins {
 public:
  Twins(const ListOptions& options, TextMix mix, std::uint64_t seed)
      : options_(options), mix_(mix), random_(seed), list_(std::make_unique<List>(options)) {}

  // Phases of growing and of shrinking: `grow` of 10 operations at the ends push.
  void Step(unsigned grow) {
    switch (random_() % 40) {
      case 0:
        return Remove();
      case 1:
        return Trim();
      case 2:
      case 3:
        return Find();
      case 4:
      case 5:
      case 6:
      case 7:
        return Set();
      case 8:
      case 9:
        return InsertBesidePivot();
      case 10:
      case 11:
      case 12:
      case 13:
        return Insert();
      case 14:
      case 15:
        return Get();
      case 16:
        return Copy();
      case 17:
        return Slice();
      case 18:
        return grow > 5 ? PushMany() : void();
      default:
        break;
    }
    for (int i = 0; i < 40; i++) random_() % 10 < grow ? Push() : Pop();
    nodes_max_ = std::max(nodes_max_, list_->NodeCount());
  }
  void Compare() const { ExpectSame(*list_, model_); }
  std::size_t nodes_max() const { return nodes_max_; }

 private:
  std::string Text() { return RandomText(random_, mix_); }
  std::size_t Index() { return random_() % model_.elements.size(); }
  std::string Existing() { return model_.elements.empty() || random_() % 8 == 0 ? Text() : model_.elements[Index()]; }

  void Push() {
    const std::string text = Text();
    if (random_() % 2 == 0) {
      list_->PushBack(text);
      model_.elements.push_back(text);
    } else {
      list_->PushFront(text);
      model_.elements.push_front(text);
    }
  }
  void PushMany() {
    const int count = mix_ == TextMix::kTiny ? 4000 : mix_ == TextMix::kTen ? 900 : 20;
    const bool back = random_() % 2 == 0;
    for (int i = 0; i < count; i++) {
      const std::string text = Text();
      back ? list_->PushBack(text) : list_->PushFront(text);
      back ? model_.elements.push_back(text) : model_.elements.push_front(text);
    }
  }
  void Pop() {
    std::string text;
    if (model_.elements.empty()) {
      EXPECT_FALSE(list_->PopFront(&text));
    } else if (random_() % 2 == 0) {
      EXPECT_TRUE(list_->PopFront(&text));
      EXPECT_EQ(text, model_.elements.front());
      model_.elements.pop_front();
    } else {
      EXPECT_TRUE(list_->PopBack(&text));
      EXPECT_EQ(text, model_.elements.back());
      model_.elements.pop_back();
    }
  }
  void Get() {
    const auto size = static_cast<std::int64_t>(model_.elements.size());
    const std::int64_t index = size == 0 ? 0 : static_cast<std::int64_t>(random_() % (2 * size + 2)) - size - 1;
    std::optional<std::string> text;
    const bool found = list_->Get(index, [&](const Element& element) { text = TextOf(element); });
    ASSERT_EQ(found, index >= -size && index < size);
    if (found) {
      ASSERT_EQ(*text, model_.elements[index < 0 ? index + size : index]);
    }
  }
  void Set() {
    const std::string text = Text();
    if (model_.elements.empty()) {
      EXPECT_FALSE(list_->Set(0, text));
      return;
    }
    const std::size_t index = Index();
    EXPECT_TRUE(list_->Set(static_cast<std::int64_t>(index), text));
    model_.elements[index] = text;
  }
  void Insert() {
    const std::size_t index = random_() % (model_.elements.size() + 1);
    const std::string text = Text();
    list_->Insert(index, text);
    model_.elements.insert(model_.elements.begin() + static_cast<std::ptrdiff_t>(index), text);
  }
  void InsertBesidePivot() {
    const std::string pivot = Existing();
    const std::string text = Text();
    auto at = std::find(model_.elements.begin(), model_.elements.end(), pivot);
    const bool exists = at != model_.elements.end();
    if (random_() % 2 == 0) {
      ASSERT_EQ(list_->InsertBefore(pivot, text), exists);
    } else {
      ASSERT_EQ(list_->InsertAfter(pivot, text), exists);
      if (exists) at++;
    }
    if (exists) model_.elements.insert(at, text);
  }
  void Remove() {
    const std::string text = Existing();
    const std::int64_t count = static_cast<std::int64_t>(random_() % 41) - 20;
    EXPECT_EQ(list_->Remove(text, count / 3), model_.Remove(text, count / 3));
  }
  void Trim() {
    if (model_.elements.empty()) return;
    const std::size_t start = random_() % (model_.elements.size() / 30 + 1);
    const std::size_t count =
        random_() % 15 == 0 ? 0 : model_.elements.size() - start - random_() % (model_.elements.size() / 30 + 1);
    List removed(options_);
    list_->Keep(start, count, random_() % 2 == 0 ? &removed : nullptr);
    while (!removed.FreeSlice(1)) {
    }
    model_.elements.erase(model_.elements.begin(), model_.elements.begin() + static_cast<std::ptrdiff_t>(start));
    model_.elements.resize(count);
  }
  void Find() {
    FindOptions options;
    options.rank = 1 + static_cast<std::int64_t>(random_() % 3);
    if (random_() % 2 == 0) options.rank = -options.rank;
    options.count = random_() % 4;
    options.max_seen = random_() % 2 == 0 ? 0 : random_() % (model_.elements.size() + 2);
    const std::string text = Existing();
    std::vector<std::size_t> found;
    list_->Find(text, options, [&](std::size_t index) { found.push_back(index); });
    EXPECT_EQ(found, model_.Find(text, options));
  }
  void Copy() {
    list_ = list_->Duplicate();
    const std::size_t capacity = 60'000;
    std::string buffer(capacity, '\0');
    const std::size_t bytes = list_->TryPack(buffer.data(), capacity);
    if (bytes == 0) return;
    buffer.resize(bytes);
    ASSERT_TRUE(ValidatePacked(buffer));
    if (random_() % 4 == 0) list_ = List::FromPacked(PackedListView(buffer), options_);
  }
  void Slice() {
    if (model_.elements.empty()) return;
    const std::size_t start = Index();
    const std::size_t count = random_() % 100;
    std::vector<std::string> expected;
    const bool forward = random_() % 2 == 0;
    for (std::size_t i = 0; i < count && (forward ? start + i < model_.elements.size() : i <= start); i++) {
      expected.push_back(model_.elements[forward ? start + i : start - i]);
    }
    EXPECT_EQ(Range(*list_, start, count, forward ? Direction::kForward : Direction::kBackward), expected);
  }

  ListOptions options_;
  TextMix mix_;
  std::mt19937_64 random_;
  std::unique_ptr<List> list_;
  ListModel model_;
  std::size_t nodes_max_ = 0;
};

class ListTwins : public testing::TestWithParam<std::tuple<int, TextMix, int>> {};

TEST_P(ListTwins, BehaveTheSame) {
  const auto [depth, mix, seed] = GetParam();
  Twins twins({.max_listpack_size = -2, .compress_depth = depth}, mix, static_cast<std::uint64_t>(seed));
  const int steps = mix == TextMix::kLarge ? 200 : 700;
  for (int step = 0; step < steps && !testing::Test::HasFatalFailure(); step++) {
    twins.Step(step / 150 % 2 == 0 ? 8 : 3);
    if (step % 16 == 0) twins.Compare();
  }
  twins.Compare();
  EXPECT_GT(twins.nodes_max(), mix == TextMix::kTiny ? 3U : 6U) << "the lists stayed too small to test much";
}

INSTANTIATE_TEST_SUITE_P(Depths, ListTwins,
                         testing::Combine(testing::Values(0, 1, 3),
                                          testing::Values(TextMix::kTiny, TextMix::kTen, TextMix::kMixed,
                                                          TextMix::kLarge),
                                          testing::Range(1, 3)));

TEST(List, MillionElementsOfTenBytesTakeElevenAndAHalfEach) {
  for (const Side side : {Side::kBack, Side::kFront}) {
    List list({});
    char text[16];
    for (int i = 0; i < 1'000'000; i++) {
      std::snprintf(text, sizeof(text), "m%09d", i);
      side == Side::kBack ? list.PushBack(text) : list.PushFront(text);
    }
    EXPECT_LE(static_cast<double>(list.MemoryBytes()) / 1e6, 11.5);
  }
}

TEST(List, SmallListsWasteLittle) {
  List list({});
  for (int i = 0; i < 700; i++) {
    list.PushBack("0123456789");
    if (i >= 50) {
      EXPECT_LE(list.MemoryBytes() - sizeof(List), list.Size() * 11 * 14 / 10) << list.Size();
    }
  }
}

TEST(List, QueuesInBothDirectionsKeepTheirMemory) {
  for (const std::size_t length : {3U, 100U, 600U, 5000U}) {
    for (const bool backward : {false, true}) {
      List list({});
      std::string text;
      for (std::size_t i = 0; i < length; i++) list.PushBack("0123456789");
      for (int i = 0; i < 20'000; i++) {
        backward ? list.PushFront("0123456789") : list.PushBack("0123456789");
        ASSERT_TRUE(backward ? list.PopBack(&text) : list.PopFront(&text));
      }
      list.CheckConsistency();
      EXPECT_LE(list.MemoryBytes(), length * 11 * 2 + (length > 500 ? 2 * Node::kBlockBytesMax : 1024)) << length;
    }
  }
}

TEST(List, InnerNodesAreCutToFit) {
  List list({});
  for (int i = 0; i < 1000; i++) list.PushBack(std::string(3000, 'x'));  // two to a node: 6 of 8 KiB
  EXPECT_LE(list.MemoryBytes(), 1000 * 3002 * 106 / 100U);
}

TEST(List, MemoryShrinksWithTheList) {
  List list({});
  for (int i = 0; i < 100'000; i++) list.PushBack("0123456789");
  std::string text;
  while (list.Size() > 10) ASSERT_TRUE(list.PopFront(&text));
  EXPECT_LE(list.MemoryBytes(), sizeof(List) + 1024);
  EXPECT_EQ(list.NodeCount(), 1U);
}

TEST(List, EmptyListHoldsNoMemory) {
  List list({});
  for (int i = 0; i < 100'000; i++) list.PushFront("x");
  list.Keep(0, 0);
  EXPECT_EQ(list.MemoryBytes(), sizeof(List));
}

TEST(List, CompressedNodesTakeLess) {
  List plain({});
  List compressed({.max_listpack_size = -2, .compress_depth = 1});
  for (int i = 0; i < 20'000; i++) {
    const std::string text = "user:" + std::to_string(i) + ":visited";
    plain.PushBack(text);
    compressed.PushBack(text);
  }
  EXPECT_LT(compressed.MemoryBytes(), plain.MemoryBytes() / 2);
  // Switched off, the ends must still be readable as they become ends.
  compressed.SetOptions({});
  std::string text;
  for (int i = 0; i < 20'000; i++) {
    ASSERT_TRUE(compressed.PopFront(&text));
    ASSERT_EQ(text, "user:" + std::to_string(i) + ":visited");
  }
}

TEST(List, FreeSliceFreesSoManyNodes) {
  List list({});
  for (int i = 0; i < 10'000; i++) list.PushBack("0123456789");
  const std::size_t nodes = list.NodeCount();
  ASSERT_GT(nodes, 10U);
  EXPECT_FALSE(list.FreeSlice(3));
  EXPECT_EQ(list.NodeCount(), nodes - 3);
  EXPECT_TRUE(list.FreeSlice(nodes));
  EXPECT_TRUE(list.Empty());
}

TEST(ListEncoding, CountLimitTwoGrowsAtThreeAndShrinksAtOne) {
  List list({.max_listpack_size = 2, .compress_depth = 0});
  std::string text;
  for (const bool packed : {true, true, false}) {
    list.NoteGrowth(1, 1);
    list.PushBack("x");
    EXPECT_EQ(list.EncodingIsPacked(), packed) << list.Size();
  }
  for (const bool packed : {false, true}) {
    ASSERT_TRUE(list.PopFront(&text));
    list.NoteShrink();
    EXPECT_EQ(list.EncodingIsPacked(), packed) << list.Size();
  }
}

TEST(ListEncoding, EightKibibytesAndBackBelowHalf) {
  List list({});
  const std::string element(100, 'x');  // 102 bytes with its head, 103 in a listpack
  std::string text;
  while (list.EncodingIsPacked()) {
    list.NoteGrowth(element.size(), 1);
    list.PushBack(element);
  }
  // 7 + 103 n + 100 > 8192 for n = 79 elements before the push.
  EXPECT_EQ(list.Size(), 80U);
  while (!list.EncodingIsPacked()) {
    ASSERT_TRUE(list.PopBack(&text));
    list.NoteShrink();
  }
  EXPECT_EQ(list.Size(), 39U);  // 7 + 103 * 39 = 4024, with one more 4127 > 4096
}

TEST(ListEncoding, OneLargeElementIsAQuicklist) {
  List list({});
  list.NoteGrowth(9000, 1);
  list.PushBack(std::string(9000, 'x'));
  list.NoteShrink();
  EXPECT_FALSE(list.EncodingIsPacked());
  List counted({.max_listpack_size = 128, .compress_depth = 0});
  counted.NoteGrowth(9000, 1);
  counted.PushBack(std::string(9000, 'x'));
  counted.NoteShrink();
  EXPECT_FALSE(counted.EncodingIsPacked());
}

}  // namespace
}  // namespace zedis::types

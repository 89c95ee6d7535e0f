#include "types/packed_list.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "types/list_model.h"

namespace zedis::types {
namespace {

std::string TextOf(const Element& element) {
  IntegerText buffer;
  return std::string(element.Text(buffer));
}

void ExpectSame(const PackedList& list, const ListModel& model) {
  ASSERT_TRUE(ValidatePacked(list.Bytes()));
  ASSERT_EQ(list.Size(), model.elements.size());
  std::deque<std::string> texts;
  for (const Element element : list.View()) texts.push_back(TextOf(element));
  ASSERT_EQ(texts, model.elements);
  if (texts.empty()) return;
  texts.clear();
  list.View().ForRange(list.Size() - 1, list.Size(), Direction::kBackward,
                       [&](const Element& element) { texts.push_front(TextOf(element)); });
  ASSERT_EQ(texts, model.elements);
}

TEST(PackedList, BehavesAsItsModel) {
  for (std::uint64_t seed = 1; seed <= 30; seed++) {
    std::mt19937_64 random(seed);
    const std::size_t capacity = seed % 2 == 0 ? 512 : 5000;
    std::vector<char> buffer(capacity);
    PackedList list(buffer.data(), capacity);
    ListModel model;
    for (int step = 0; step < 1000 && !testing::Test::HasFatalFailure(); step++) {
      const std::string text = RandomText(random, seed % 3 == 0 ? TextMix::kTiny : TextMix::kMixed);
      const std::size_t size = model.elements.size();
      const std::size_t index = size == 0 ? 0 : random() % size;
      const auto at = model.elements.begin() + static_cast<std::ptrdiff_t>(index);
      const std::string before(list.Bytes());
      bool fits = true;
      switch (random() % 10) {
        case 0:
        case 1:
          if ((fits = list.PushFront(text))) model.elements.push_front(text);
          break;
        case 2:
        case 3:
          if ((fits = list.PushBack(text))) model.elements.push_back(text);
          break;
        case 4:
          if ((fits = list.Insert(index, text))) model.elements.insert(at, text);
          break;
        case 5:
          if (size == 0) break;
          if ((fits = list.Replace(index, text))) *at = text;
          break;
        case 6: {
          const std::size_t count = size == 0 ? 0 : random() % std::min<std::size_t>(size - index + 1, 5);
          list.Erase(index, count);
          model.elements.erase(at, at + static_cast<std::ptrdiff_t>(count));
          break;
        }
        case 7: {
          const std::string target = size == 0 ? text : model.elements[index];
          const std::int64_t count = static_cast<std::int64_t>(random() % 5) - 2;
          ASSERT_EQ(list.Remove(target, count), model.Remove(target, count));
          break;
        }
        case 8: {
          const FindOptions options{
              .rank = random() % 2 == 0 ? 1 : -2, .count = random() % 3, .max_seen = random() % 20};
          const std::string target = size == 0 ? text : model.elements[index];
          std::vector<std::size_t> found;
          list.View().Find(target, options, [&](std::size_t i) { found.push_back(i); });
          ASSERT_EQ(found, model.Find(target, options));
          break;
        }
        default:
          if (size == 0) break;
          ASSERT_EQ(TextOf(*list.View().Get(-1)), model.elements.back());
          if (random() % 2 == 0) {
            list.PopFront();
            model.elements.pop_front();
          } else {
            list.PopBack();
            model.elements.pop_back();
          }
      }
      if (!fits) {
        ASSERT_EQ(before, list.Bytes()) << "a refused edit changed something";
      }
      ExpectSame(list, model);
    }
  }
}

TEST(PackedList, FillsItsBufferToTheLastByte) {
  char buffer[13];
  PackedList list(buffer, sizeof(buffer));
  EXPECT_FALSE(list.PushBack("01234567890"));
  EXPECT_TRUE(list.PushBack("0123456789"));
  EXPECT_EQ(list.Bytes().size(), 13U);
  EXPECT_FALSE(list.PushBack("1"));
  EXPECT_TRUE(list.Replace(0, "9876543210x") == false);
  EXPECT_TRUE(list.Replace(0, "m"));
  EXPECT_EQ(list.Bytes().size(), 4U);
}

TEST(PackedList, IsTakenUpFromItsBytes) {
  char buffer[100];
  PackedList list(buffer, sizeof(buffer));
  list.NoteGrowth({.max_listpack_size = 1, .compress_depth = 0}, 2, 2);
  ASSERT_TRUE(list.PushBack("a") && list.PushBack("1000"));
  char other[100];
  const PackedList copy(other, sizeof(other), list.Bytes());
  EXPECT_EQ(copy.Bytes(), list.Bytes());
  EXPECT_EQ(copy.Size(), 2U);
  EXPECT_FALSE(copy.EncodingIsPacked());
}

TEST(PackedList, EncodingFollowsTheLimit) {
  char buffer[512];
  PackedList list(buffer, sizeof(buffer));
  const ListOptions two{.max_listpack_size = 2, .compress_depth = 0};
  for (const bool packed : {true, true, false}) {
    list.NoteGrowth(two, 1, 1);
    ASSERT_TRUE(list.PushBack("x"));
    EXPECT_EQ(list.EncodingIsPacked(), packed);
  }
  for (const bool packed : {false, true}) {
    list.PopBack();
    list.NoteShrink(two);
    EXPECT_EQ(list.EncodingIsPacked(), packed);
    EXPECT_EQ(list.View().IsGrown(), !packed);
  }
}

TEST(ValidatePacked, RefusesWhatIsNotAList) {
  using std::string_view_literals::operator""sv;
  EXPECT_TRUE(ValidatePacked("\0\0"sv));
  EXPECT_TRUE(ValidatePacked("\1\0\5"sv));
  EXPECT_TRUE(ValidatePacked("\1\x80\5"sv));
  EXPECT_FALSE(ValidatePacked(""sv));
  EXPECT_FALSE(ValidatePacked("\0"sv));
  EXPECT_FALSE(ValidatePacked("\1\0"sv)) << "an element is missing";
  EXPECT_FALSE(ValidatePacked("\0\0\5"sv)) << "an element too many";
  EXPECT_FALSE(ValidatePacked("\1\0\x82x"sv)) << "a text that ends early";
  EXPECT_FALSE(ValidatePacked("\1\0\xC0"sv));
  EXPECT_FALSE(ValidatePacked("\1\0\xE0"sv));
  EXPECT_FALSE(ValidatePacked("\1\0\xF0\xFF\xFF\xFF\xFF"sv));
  EXPECT_FALSE(ValidatePacked("\1\0\xF0\1\0\0"sv));
  EXPECT_FALSE(ValidatePacked("\1\0\xF4\1\0\0\0\0\0\0"sv));
  EXPECT_FALSE(ValidatePacked("\1\0\xF5\0\0\0\0\0\0\0\0\0"sv)) << "an unknown tag";
}

TEST(ValidatePacked, RandomBytesAreEitherRefusedOrReadableInBounds) {
  std::mt19937_64 random(7);
  int valid = 0;
  for (int round = 0; round < 200'000; round++) {
    // Exactly as large as the bytes, so that the address sanitizer sees any step beyond them.
    std::vector<char> bytes(random() % 24);
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 16);
    if (bytes.size() > 1) bytes[1] = 0;
    const std::string_view view(bytes.data(), bytes.size());
    if (!ValidatePacked(view)) continue;
    valid++;
    std::size_t total = 0;
    for (const Element element : PackedListView(view)) total += TextOf(element).size();
    EXPECT_LE(total, bytes.size() * 3 + 20);
  }
  EXPECT_GT(valid, 100);
}

}  // namespace
}  // namespace zedis::types

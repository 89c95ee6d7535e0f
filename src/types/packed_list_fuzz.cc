// Two fuzzers in one, chosen by the first byte. Even: the rest is taken for a packed list; if it validates, every
// accessor must stay within it. Odd: the rest is a script of edits, done to a packed list, a large list and a vector.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "types/list.h"
#include "types/packed_list.h"

namespace zedis::types {
namespace {

std::string TextOf(const Element& element) {
  IntegerText buffer;
  return std::string(element.Text(buffer));
}

void ReadAll(std::string_view bytes) {
  if (!ValidatePacked(bytes)) return;
  const PackedListView view(bytes);
  std::vector<std::string> forward;
  for (const Element element : view) forward.push_back(TextOf(element));
  CHECK(forward.size() == view.Size());
  if (forward.empty()) return;
  std::vector<std::string> backward;
  view.ForRange(view.Size() - 1, view.Size(), Direction::kBackward,
                [&](const Element& element) { backward.push_back(TextOf(element)); });
  CHECK(std::vector<std::string>(backward.rbegin(), backward.rend()) == forward);
  CHECK(TextOf(*view.Get(-1)) == forward.back());
  std::size_t matches = 0;
  view.Find(forward[0], {.rank = -1, .count = 0, .max_seen = 0}, [&](std::size_t index) {
    CHECK(forward[index] == forward[0]);
    matches++;
  });
  CHECK(matches > 0);
  CHECK(ExactListpackSize(view).least > bytes.size());
  const std::unique_ptr<List> list = List::FromPacked(view, {});
  list->CheckConsistency();
  CHECK(list->Size() == forward.size());
}

// Takes numbers and texts from the script; zeros when it has ended.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}
  [[nodiscard]] bool Empty() const { return bytes_.empty(); }
  std::size_t Byte() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
    return byte;
  }
  // Either literal bytes of the script, or a longer text of one of them.
  std::string Text() {
    const std::size_t length = Byte();
    if (length >= 200) return std::string((length - 199) * 90, static_cast<char>(Byte()));
    const std::string_view text = bytes_.substr(0, length % 24);
    bytes_.remove_prefix(text.size());
    return std::string(text);
  }

 private:
  std::string_view bytes_;
};

class Twins {
 public:
  explicit Twins(int compress_depth) : list_({.max_listpack_size = -2, .compress_depth = compress_depth}) {}

  void Step(Script& script) {
    const std::size_t what = script.Byte() % 6;
    const std::size_t index = twin_.empty() ? 0 : script.Byte() * 7 % twin_.size();
    const auto at = twin_.begin() + static_cast<std::ptrdiff_t>(index);
    if (what <= 2) {
      const std::string text = script.Text();
      // What the packed list has no room for is not done to the others either.
      if (what == 0 && packed_.PushFront(text)) {
        list_.PushFront(text);
        twin_.insert(twin_.begin(), text);
      } else if (what == 1 && packed_.PushBack(text)) {
        list_.PushBack(text);
        twin_.push_back(text);
      } else if (what == 2 && packed_.Insert(index, text)) {
        list_.Insert(index, text);
        twin_.insert(at, text);
      }
    } else if (what == 3 && !twin_.empty()) {
      const std::string text = script.Text();
      if (packed_.Replace(index, text)) {
        CHECK(list_.Set(static_cast<std::int64_t>(index), text));
        *at = text;
      }
    } else if (what == 4 && !twin_.empty()) {
      const std::size_t count = script.Byte() % (twin_.size() - index + 1);
      packed_.Erase(index, count);
      list_.Keep(0, index);
      for (std::size_t i = index + count; i < twin_.size(); i++) list_.PushBack(twin_[i]);
      twin_.erase(at, at + static_cast<std::ptrdiff_t>(count));
    } else if (what == 5 && !twin_.empty()) {
      const std::string text = *at;
      const std::int64_t count = static_cast<std::int64_t>(script.Byte() % 7) - 3;
      const std::size_t removed = packed_.Remove(text, count);
      CHECK(removed > 0 && list_.Remove(text, count) == removed);
      RemoveFromTwin(text, count);
    }
  }

  void Compare() const {
    CHECK(ValidatePacked(packed_.Bytes()));
    list_.CheckConsistency();
    CHECK(packed_.Size() == twin_.size() && list_.Size() == twin_.size());
    std::size_t i = 0;
    for (const Element element : packed_.View()) CHECK(TextOf(element) == twin_[i++]);
    i = 0;
    list_.ForRange(0, SIZE_MAX, Direction::kForward,
                   [&](const Element& element) { CHECK(TextOf(element) == twin_[i++]); });
    CHECK(i == twin_.size());
    if (i == 0) return;
    list_.ForRange(i - 1, SIZE_MAX, Direction::kBackward,
                   [&](const Element& element) { CHECK(TextOf(element) == twin_[--i]); });
    CHECK(i == 0);
  }

 private:
  void RemoveFromTwin(const std::string& text, std::int64_t count) {
    std::size_t left = count == 0 ? SIZE_MAX : static_cast<std::size_t>(count < 0 ? -count : count);
    std::vector<std::string> kept;
    const std::size_t size = twin_.size();
    for (std::size_t k = 0; k < size; k++) {
      std::string& element = twin_[count < 0 ? size - 1 - k : k];
      if (left > 0 && element == text) {
        left--;
      } else {
        kept.push_back(element);
      }
    }
    twin_ = count < 0 ? std::vector<std::string>(kept.rbegin(), kept.rend()) : kept;
  }

  static constexpr std::size_t kCapacity = 40'000;
  std::vector<char> buffer_ = std::vector<char>(kCapacity);
  PackedList packed_{buffer_.data(), kCapacity};
  List list_;
  std::vector<std::string> twin_;
};

}  // namespace
}  // namespace zedis::types

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 0) {
    zedis::types::ReadAll(rest);
    return 0;
  }
  zedis::types::Twins twins(data[0] / 2 % 3);
  zedis::types::Script script(rest);
  for (int steps = 0; !script.Empty() && steps < 2000; steps++) {
    twins.Step(script);
    if (steps % 16 == 0) twins.Compare();
  }
  twins.Compare();
  return 0;
}

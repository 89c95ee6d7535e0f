// A small list as one string of bytes, which lives inside its key's entry.
//
//   +-----------------+-----------+-----------+-- --+
//   | u16: count, and | element 0 | element 1 | ... |      elements: types/element.h
//   | the grown bit   |           |           |     |
//   +-----------------+-----------+-----------+-- --+
//
// The top bit of the first field says that OBJECT ENCODING calls the list "quicklist" (list_options.h).
// There is no total length: whoever holds the bytes knows it. Finding an element means walking to it, a few
// nanoseconds each; from some hundred bytes on the chain of nodes (list.h) is the better form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "types/element.h"
#include "types/list_options.h"
#include "types/list_search.h"

namespace zedis::types {

struct PackedHeader {
  std::uint16_t count : 15;
  std::uint16_t grown : 1;
};
static_assert(sizeof(PackedHeader) == 2, "persisted: two bytes before the elements");

inline constexpr std::size_t kPackedHeaderBytes = sizeof(PackedHeader);
inline constexpr std::size_t kPackedCountMax = 0x7FFF;

// True if `bytes`, from wherever they came, are a packed list: all that follows relies on it.
[[nodiscard]] bool ValidatePacked(std::string_view bytes);

// Reads a packed list. Borrows the bytes.
class PackedListView {
 public:
  // REQUIRES: ValidatePacked(bytes)
  explicit PackedListView(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::size_t Size() const { return header().count; }
  [[nodiscard]] std::string_view Bytes() const { return bytes_; }
  [[nodiscard]] std::string_view ElementBytes() const { return bytes_.substr(kPackedHeaderBytes); }
  [[nodiscard]] bool IsGrown() const { return header().grown != 0; }

  // The element at `index`, from the tail if negative. O(index).
  [[nodiscard]] std::optional<Element> Get(std::int64_t index) const;

  // Goes forward: for (Element element : view).
  class Iterator {
   public:
    explicit Iterator(const char* at) : at_(at) {}
    Element operator*() const { return DecodeElement(at_); }
    Iterator& operator++() {
      at_ += ElementSize(at_);
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const char* at_;
  };
  [[nodiscard]] Iterator begin() const { return Iterator(bytes_.data() + kPackedHeaderBytes); }
  [[nodiscard]] Iterator end() const { return Iterator(bytes_.data() + bytes_.size()); }

  // Calls visit(Element) -> bool for the elements from `start` on in this direction, until it says false.
  // REQUIRES: start < Size()
  template <typename Visitor>
  void ForEach(std::size_t start, Direction direction, Visitor&& visit) const {
    if (direction == Direction::kForward) {
      for (const char* at = At(start); at != bytes_.data() + bytes_.size(); at += ElementSize(at)) {
        if (!visit(DecodeElement(at))) return;
      }
      return;
    }
    // Backward in steps: walk to the last few, remember where each begins, visit them in reverse.
    std::uint16_t offsets[kStep];
    for (std::size_t end = start + 1; end > 0;) {
      const std::size_t first = end > kStep ? end - kStep : 0;
      const char* at = At(first);
      for (std::size_t i = first; i < end; i++, at += ElementSize(at)) {
        offsets[i - first] = static_cast<std::uint16_t>(at - bytes_.data());
      }
      for (; end > first; end--) {
        if (!visit(DecodeElement(bytes_.data() + offsets[end - 1 - first]))) return;
      }
    }
  }

  // LRANGE: visit(Element) for up to `count` elements. REQUIRES: start < Size() or count == 0
  template <typename Visitor>
  void ForRange(std::size_t start, std::size_t count, Direction direction, Visitor&& visit) const {
    if (count == 0) return;
    ForEach(start, direction, [&](const Element& element) {
      visit(element);
      return --count > 0;
    });
  }

  // LPOS: visit(index from the head) for each match that the options ask for.
  template <typename Visitor>
  void Find(std::string_view text, const FindOptions& options, Visitor&& visit) const {
    const std::size_t size = Size();
    if (size == 0) return;
    const Needle needle(text);
    MatchCounter counter(options);
    const bool forward = options.direction() == Direction::kForward;
    std::size_t seen = 0;
    ForEach(forward ? 0 : size - 1, options.direction(), [&](const Element& element) {
      if (needle.Matches(element) && counter.Report()) visit(forward ? seen : size - 1 - seen);
      seen++;
      return !counter.Done() && seen != options.max_seen;
    });
  }

 private:
  static constexpr std::size_t kStep = 64;

  [[nodiscard]] PackedHeader header() const {
    PackedHeader header;
    std::memcpy(&header, bytes_.data(), sizeof(header));
    return header;
  }
  [[nodiscard]] const char* At(std::size_t index) const;

  std::string_view bytes_;
};

// Edits a packed list in a caller's buffer. What does not fit in the buffer is refused: the function returns
// false and has changed nothing, and it is time for the chain of nodes.
class PackedList {
 public:
  // Starts with a copy of `bytes`, or empty.
  // REQUIRES: ValidatePacked(bytes) or bytes.empty(); capacity >= bytes.size(), >= 2 and < 64 KiB
  PackedList(char* buffer, std::size_t capacity, std::string_view bytes = {});

  [[nodiscard]] PackedListView View() const { return PackedListView(Bytes()); }
  [[nodiscard]] std::string_view Bytes() const { return {buffer_, size_}; }
  [[nodiscard]] std::size_t Size() const { return count_; }

  [[nodiscard]] bool PushFront(std::string_view text) { return InsertAt(kPackedHeaderBytes, text); }
  [[nodiscard]] bool PushBack(std::string_view text) { return InsertAt(size_, text); }
  // Before the element at `index`; at the end if index == Size().
  [[nodiscard]] bool Insert(std::size_t index, std::string_view text);
  [[nodiscard]] bool Replace(std::size_t index, std::string_view text);

  // Remove `count` elements from `index` on. REQUIRES: index + count <= Size()
  void Erase(std::size_t index, std::size_t count = 1);
  void PopFront() { Erase(0); }
  void PopBack() { Erase(count_ - 1); }

  // LREM: removes up to |count| elements equal to `text`, from the tail if negative, all if 0. Returns how many.
  std::size_t Remove(std::string_view text, std::int64_t count);

  // LINSERT's search: the index of the first element equal to `text`.
  [[nodiscard]] std::optional<std::size_t> IndexOf(std::string_view text) const;

  // To be called before `count` texts of `text_bytes` together are added (LSET counts as adding), and after a
  // removal or LSET: they decide what EncodingIsPacked says, as Redis 7.2 does.
  void NoteGrowth(const ListOptions& options, std::size_t text_bytes, std::size_t count);
  void NoteShrink(const ListOptions& options);
  [[nodiscard]] bool EncodingIsPacked() const { return !grown_; }

 private:
  [[nodiscard]] bool InsertAt(std::size_t offset, std::string_view text);
  [[nodiscard]] std::size_t OffsetOf(std::size_t index) const;
  void SetCount(std::size_t count);

  char* buffer_;
  std::size_t capacity_;
  std::size_t size_;
  std::size_t count_;
  bool grown_;
};

// What this packed list takes as a Redis listpack, exactly. O(elements).
ListpackSize ExactListpackSize(PackedListView view);

}  // namespace zedis::types

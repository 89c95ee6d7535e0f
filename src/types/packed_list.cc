#include "types/packed_list.h"

#include "base/check.h"

namespace zedis::types {

bool ValidatePacked(std::string_view bytes) {
  if (bytes.size() < kPackedHeaderBytes) return false;
  PackedHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  bytes.remove_prefix(sizeof(header));
  std::size_t left = header.count;
  for (; left > 0 && !bytes.empty(); left--) {
    const std::optional<std::size_t> size = CheckedElementSize(bytes);
    if (!size) return false;
    bytes.remove_prefix(*size);
  }
  return left == 0 && bytes.empty();
}

const char* PackedListView::At(std::size_t index) const {
  const char* at = bytes_.data() + kPackedHeaderBytes;
  for (; index > 0; index--) at += ElementSize(at);
  return at;
}

std::optional<Element> PackedListView::Get(std::int64_t index) const {
  const auto size = static_cast<std::int64_t>(Size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return DecodeElement(At(static_cast<std::size_t>(index)));
}

PackedList::PackedList(char* buffer, std::size_t capacity, std::string_view bytes)
    : buffer_(buffer), capacity_(capacity), size_(kPackedHeaderBytes), count_(0), grown_(false) {
  CHECK(capacity >= kPackedHeaderBytes && capacity <= UINT16_MAX && bytes.size() <= capacity);
  if (bytes.empty()) {
    SetCount(0);
    return;
  }
  std::memcpy(buffer_, bytes.data(), bytes.size());
  size_ = bytes.size();
  count_ = View().Size();
  grown_ = View().IsGrown();
}

void PackedList::SetCount(std::size_t count) {
  DCHECK(count <= kPackedCountMax);
  count_ = count;
  const PackedHeader header{.count = static_cast<std::uint16_t>(count & kPackedCountMax), .grown = grown_};
  std::memcpy(buffer_, &header, sizeof(header));
}

std::size_t PackedList::OffsetOf(std::size_t index) const {
  std::size_t offset = kPackedHeaderBytes;
  for (; index > 0; index--) offset += ElementSize(buffer_ + offset);
  return offset;
}

bool PackedList::InsertAt(std::size_t offset, std::string_view text) {
  if (text.size() >= capacity_ || count_ == kPackedCountMax) return false;
  const EncodedElement element(text);
  if (element.size() > capacity_ - size_) return false;
  std::memmove(buffer_ + offset + element.size(), buffer_ + offset, size_ - offset);
  element.WriteTo(buffer_ + offset);
  size_ += element.size();
  SetCount(count_ + 1);
  return true;
}

bool PackedList::Insert(std::size_t index, std::string_view text) {
  CHECK(index <= count_);
  return InsertAt(index == count_ ? size_ : OffsetOf(index), text);
}

bool PackedList::Replace(std::size_t index, std::string_view text) {
  CHECK(index < count_);
  if (text.size() >= capacity_) return false;
  const EncodedElement element(text);
  const std::size_t offset = OffsetOf(index);
  const std::size_t old_size = ElementSize(buffer_ + offset);
  if (size_ - old_size + element.size() > capacity_) return false;
  std::memmove(buffer_ + offset + element.size(), buffer_ + offset + old_size, size_ - offset - old_size);
  element.WriteTo(buffer_ + offset);
  size_ = size_ - old_size + element.size();
  return true;
}

void PackedList::Erase(std::size_t index, std::size_t count) {
  CHECK(index <= count_ && count <= count_ - index);
  const std::size_t from = OffsetOf(index);
  std::size_t to = size_;
  if (index + count < count_) {
    to = from;
    for (std::size_t i = 0; i < count; i++) to += ElementSize(buffer_ + to);
  }
  std::memmove(buffer_ + from, buffer_ + to, size_ - to);
  size_ -= to - from;
  SetCount(count_ - count);
}

std::size_t PackedList::Remove(std::string_view text, std::int64_t count) {
  const Needle needle(text);
  std::uint64_t matches = 0;
  for (const Element element : View()) matches += needle.Matches(element);
  const std::uint64_t wanted = count < 0 ? -static_cast<std::uint64_t>(count) : static_cast<std::uint64_t>(count);
  const std::uint64_t removed = wanted == 0 || wanted > matches ? matches : wanted;
  if (removed == 0) return 0;

  // From the tail: keep the first ones. Then one pass that closes the gaps.
  std::uint64_t keep = count < 0 ? matches - removed : 0;
  std::uint64_t left = removed;
  std::size_t to = kPackedHeaderBytes;
  for (std::size_t at = to; at < size_;) {
    const std::size_t size = ElementSize(buffer_ + at);
    bool drop = left > 0 && needle.Matches(DecodeElement(buffer_ + at));
    if (drop && keep > 0) {
      keep--;
      drop = false;
    }
    if (drop) {
      left--;
    } else {
      std::memmove(buffer_ + to, buffer_ + at, size);
      to += size;
    }
    at += size;
  }
  size_ = to;
  SetCount(count_ - removed);
  return removed;
}

std::optional<std::size_t> PackedList::IndexOf(std::string_view text) const {
  std::optional<std::size_t> found;
  View().Find(text, FindOptions{}, [&](std::size_t index) { found = index; });
  return found;
}

void PackedList::NoteGrowth(const ListOptions& options, std::size_t text_bytes, std::size_t count) {
  if (grown_) return;
  const ListpackSize size = ListpackSize::Estimate(size_ - kPackedHeaderBytes, count_);
  LimitAnswer answer = ExceedsListpack(options, size.Plus(text_bytes, count));
  if (answer == LimitAnswer::kLookCloser) {
    answer = ExceedsListpack(options, ExactListpackSize(View()).Plus(text_bytes, count));
  }
  grown_ = answer == LimitAnswer::kYes;
  SetCount(count_);
}

void PackedList::NoteShrink(const ListOptions& options) {
  if (!grown_) return;
  LimitAnswer answer = ShrinksToListpack(options, ListpackSize::Estimate(size_ - kPackedHeaderBytes, count_));
  if (answer == LimitAnswer::kLookCloser) answer = ShrinksToListpack(options, ExactListpackSize(View()));
  grown_ = answer != LimitAnswer::kYes;
  SetCount(count_);
}

ListpackSize ExactListpackSize(PackedListView view) {
  const std::string_view bytes = view.ElementBytes();
  std::size_t total = kListpackFrameBytes;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = ElementSize(bytes.data() + at);
    total += ListpackElementBytes(size);
    at += size;
  }
  return {.least = total, .most = total, .count = view.Size()};
}

}  // namespace zedis::types

#include "types/packed_set.h"

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_set>

#include "base/check.h"

namespace zedis::types {
namespace {

static_assert(std::endian::native == std::endian::little, "values are copied as they are");

constexpr std::size_t kElementsHeaderBytes = 3;

unsigned WidthFor(std::int64_t value) {
  if (value == static_cast<std::int16_t>(value)) return 2;
  return value == static_cast<std::int32_t>(value) ? 4 : 8;
}

template <class Int>
std::int64_t ReadAs(const char* at) {
  Int value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
std::int64_t ReadInteger(const char* at, unsigned width) {
  if (width == 2) return ReadAs<std::int16_t>(at);
  return width == 4 ? ReadAs<std::int32_t>(at) : ReadAs<std::int64_t>(at);
}

template <class Int>
std::size_t LowerBoundAs(const char* values, std::size_t count, std::int64_t wanted) {
  std::size_t first = 0;
  while (count != 0) {
    const std::size_t half = count / 2;
    const bool less = ReadAs<Int>(values + (first + half) * sizeof(Int)) < wanted;
    first = less ? first + half + 1 : first;
    count = less ? count - half - 1 : half;
  }
  return first;
}

std::size_t TextBytes(std::int64_t value) {
  char digits[base::kInt64CharsMax];
  return static_cast<std::size_t>(base::FormatInt64(digits, value) - digits);
}

bool ValidateIntegers(std::string_view bytes, unsigned width) {
  if ((width != 2 && width != 4 && width != 8) || (bytes.size() - 1) % width != 0) return false;
  for (std::size_t at = 1 + width; at < bytes.size(); at += width) {
    if (ReadInteger(&bytes[at - width], width) >= ReadInteger(&bytes[at], width)) return false;
  }
  return true;
}

}  // namespace

SetLimits SetLimitsFrom(const base::Tunables& tunables) {
  // Redis, too, has an end whatever the directive says; there 2^30. A block of them has less than 4 GiB.
  constexpr std::int64_t kIntegersMax = std::int64_t{1} << 28;
  return {.intset_entries = static_cast<std::size_t>(std::min(tunables.set_max_intset_entries.Get(), kIntegersMax)),
          .listpack_entries = static_cast<std::size_t>(tunables.set_max_listpack_entries.Get()),
          .listpack_value_bytes = static_cast<std::size_t>(tunables.set_max_listpack_value_bytes.Get())};
}

bool ValidatePackedSet(std::string_view bytes) {
  if (bytes.empty()) return false;
  if (bytes[0] != 0) return ValidateIntegers(bytes, static_cast<unsigned char>(bytes[0]));
  if (bytes.size() < kElementsHeaderBytes) return false;
  const auto count = static_cast<std::size_t>(static_cast<std::uint16_t>(ReadAs<std::uint16_t>(&bytes[1])));
  std::unordered_set<std::string> seen;
  IntegerText digits;
  std::size_t at = kElementsHeaderBytes;
  for (; at < bytes.size() && seen.size() <= count;) {
    const auto size = CheckedElementSize(bytes.substr(at));
    if (!size) return false;
    const Element element = DecodeElement(&bytes[at]);
    // An integer that was written as text would never be found.
    if (!element.is_integer && base::ParseInt64(element.text)) return false;
    if (!seen.emplace(element.Text(digits)).second) return false;
    at += *size;
  }
  return at == bytes.size() && seen.size() == count;
}

std::int64_t PackedSetView::IntegerAt(std::size_t index) const {
  const unsigned width = Width();
  return ReadInteger(bytes_.data() + 1 + index * width, width);
}

std::size_t PackedSetView::LowerBound(std::int64_t value) const {
  const char* values = bytes_.data() + 1;
  switch (Width()) {
    case 2:
      return LowerBoundAs<std::int16_t>(values, Size(), value);
    case 4:
      return LowerBoundAs<std::int32_t>(values, Size(), value);
    default:
      return LowerBoundAs<std::int64_t>(values, Size(), value);
  }
}

const char* PackedSetView::Find(const SetMember& member) const {
  const char* const end = End();
  if (member.IsInteger()) {
    for (const char* at = First(); at != end; at += ElementSize(at)) {
      const Element element = DecodeElement(at);
      if (element.is_integer && element.integer == member.Integer()) return at;
    }
    return end;
  }
  const std::string_view text = member.Text();
  for (const char* at = First(); at != end; at += ElementSize(at)) {
    const Element element = DecodeElement(at);
    if (!element.is_integer && element.text == text) return at;
  }
  return end;
}

bool PackedSetView::Contains(const SetMember& member) const {
  if (!IsIntegers()) return Find(member) != End();
  if (!member.IsInteger()) return false;
  const std::size_t index = LowerBound(member.Integer());
  return index < Size() && IntegerAt(index) == member.Integer();
}

Element PackedSetView::At(std::size_t index) const {
  if (IsIntegers()) return {.text = {}, .integer = IntegerAt(index), .is_integer = true};
  const char* at = First();
  for (; index != 0; --index) at += ElementSize(at);
  return DecodeElement(at);
}

// --- editing ---

PackedSet::PackedSet(char* buffer, std::size_t capacity, std::string_view bytes)
    : buffer_(buffer), capacity_(capacity), size_(std::max<std::size_t>(bytes.size(), 1)) {
  if (bytes.empty()) {
    buffer_[0] = 2;
  } else {
    std::memcpy(buffer_, bytes.data(), bytes.size());
  }
}

PackedSet PackedSet::EmptyElements(char* buffer, std::size_t capacity) {
  std::memset(buffer, 0, kElementsHeaderBytes);
  return InPlace(buffer, capacity, kElementsHeaderBytes);
}

PackedSet PackedSet::InPlace(char* buffer, std::size_t capacity, std::size_t size) {
  PackedSet set;
  set.buffer_ = buffer;
  set.capacity_ = capacity;
  set.size_ = size;
  return set;
}

PackedSet::Result PackedSet::Add(const SetMember& member, const SetLimits& limits) {
  if (!View().IsIntegers()) {
    if (View().Find(member) != View().End()) return Result::kNothing;
    return AddElement(member, limits);
  }
  if (member.IsInteger()) return AddInteger(member.Integer(), limits);
  return BecomeElements(member, limits);
}

PackedSet::Result PackedSet::AddInteger(std::int64_t value, const SetLimits& limits) {
  const PackedSetView view = View();
  const std::size_t size = view.Size();
  const std::size_t index = view.LowerBound(value);
  if (index < size && view.IntegerAt(index) == value) return Result::kNothing;
  if (size >= limits.intset_entries) return Result::kTooLarge;
  const unsigned width = std::max(view.Width(), WidthFor(value));
  if (1 + (size + 1) * width > capacity_) return Result::kNoRoom;
  if (width != view.Width() && !Widen(width)) return Result::kNoRoom;
  char* at = buffer_ + 1 + index * width;
  std::memmove(at + width, at, (size - index) * width);
  PutInteger(index, width, value);
  size_ += width;
  return Result::kDone;
}

void PackedSet::PutInteger(std::size_t index, unsigned width, std::int64_t value) {
  std::memcpy(buffer_ + 1 + index * width, &value, width);
}

// From the last value on, so that none is overwritten before it is read.
bool PackedSet::Widen(unsigned width) {
  const PackedSetView view = View();
  const std::size_t size = view.Size();
  if (1 + size * width > capacity_) return false;
  for (std::size_t i = size; i-- > 0;) PutInteger(i, width, view.IntegerAt(i));
  buffer_[0] = static_cast<char>(width);
  size_ = 1 + size * width;
  return true;
}

PackedSet::Result PackedSet::AddElement(const SetMember& member, const SetLimits& limits) {
  const std::size_t count = Size();
  const std::string_view text = member.Text();
  if (count >= std::min(limits.listpack_entries, kPackedSetMembersMax) || text.size() > limits.listpack_value_bytes) {
    return Result::kTooLarge;
  }
  const EncodedElement element(text);
  if (size_ + element.size() > capacity_) return Result::kNoRoom;
  element.WriteTo(buffer_ + size_);
  size_ += element.size();
  SetCount(count + 1);
  return Result::kDone;
}

// Integers become elements, because a text is added.
PackedSet::Result PackedSet::BecomeElements(const SetMember& first, const SetLimits& limits) {
  const PackedSetView view = View();
  const std::size_t count = view.Size();
  std::size_t longest = first.Text().size();
  if (count != 0) longest = std::max({longest, TextBytes(view.IntegerAt(0)), TextBytes(view.IntegerAt(count - 1))});
  if (count >= std::min(limits.listpack_entries, kPackedSetMembersMax) || longest > limits.listpack_value_bytes) {
    return Result::kTooLarge;
  }
  std::size_t bytes = kElementsHeaderBytes + EncodedElement(first.Text()).size();
  view.ForEach([&](const Element& element) {
    IntegerText digits;
    bytes += EncodedElement(element.Text(digits)).size();
    return true;
  });
  if (bytes > capacity_) return Result::kNoRoom;
  // At most kPackedSetMembersMax values, and those that were in an entry are few: a copy is the simple way.
  const std::string integers(view.Bytes());
  std::memset(buffer_, 0, kElementsHeaderBytes);
  size_ = kElementsHeaderBytes;
  PackedSetView(integers).ForEach([&](const Element& value) {
    IntegerText digits;
    const EncodedElement element(value.Text(digits));
    element.WriteTo(buffer_ + size_);
    size_ += element.size();
    return true;
  });
  SetCount(count);
  return AddElement(first, limits);
}

void PackedSet::SetCount(std::size_t count) {
  const auto field = static_cast<std::uint16_t>(count);
  std::memcpy(buffer_ + 1, &field, sizeof field);
}

void PackedSet::Cut(std::size_t offset, std::size_t bytes) {
  std::memmove(buffer_ + offset, buffer_ + offset + bytes, size_ - offset - bytes);
  size_ -= bytes;
}

PackedSet::Result PackedSet::Remove(const SetMember& member) {
  const PackedSetView view = View();
  if (view.IsIntegers()) {
    if (!view.Contains(member)) return Result::kNothing;
    RemoveAt(view.LowerBound(member.Integer()));
    return Result::kDone;
  }
  const char* at = view.Find(member);
  if (at == view.End()) return Result::kNothing;
  SetCount(view.Size() - 1);
  Cut(static_cast<std::size_t>(at - buffer_), ElementSize(at));
  return Result::kDone;
}

void PackedSet::RemoveAt(std::size_t index) {
  const PackedSetView view = View();
  if (const unsigned width = view.Width(); width != 0) return Cut(1 + index * width, width);
  const char* at = view.First();
  for (; index != 0; --index) at += ElementSize(at);
  SetCount(view.Size() - 1);
  Cut(static_cast<std::size_t>(at - buffer_), ElementSize(at));
}

}  // namespace zedis::types

#include "types/packed_hash.h"

#include <algorithm>
#include <bit>
#include <string>
#include <unordered_set>

#include "base/check.h"
#include "base/numbers.h"

namespace zedis::types {
namespace {

constexpr std::size_t kPairBytesMin = 2;

}  // namespace

static_assert(std::endian::native == std::endian::little, "times are copied as they are");

HashLimits HashLimitsFrom(const base::Tunables& tunables) {
  return {.listpack_entries = static_cast<std::size_t>(tunables.hash_max_listpack_entries.Get()),
          .listpack_value_bytes = static_cast<std::size_t>(tunables.hash_max_listpack_value_bytes.Get())};
}

bool ValidatePackedHash(std::string_view bytes) {
  const PackedHashView view(bytes);
  std::size_t at = 0;
  if (view.HasTimes()) {
    at = PackedHashView::kTimesBytes;
    if (bytes.size() < at) return false;
  }
  std::unordered_set<std::string> seen;
  std::int64_t earliest_ms = kNoFieldExpiry;
  IntegerText digits;
  // Takes one element; false if there is none. An integer that was written as text would never be found.
  const auto take = [&](Element& element) {
    const auto size = CheckedElementSize(bytes.substr(at));
    if (!size) return false;
    element = DecodeElement(&bytes[at]);
    at += *size;
    return element.is_integer || !base::ParseInt64(element.text);
  };
  while (at < bytes.size()) {
    if (bytes[at] == PackedHashView::kTimeTag) {
      if (!view.HasTimes() || bytes.size() - at < PackedHashView::kTimeBytes) return false;
      const std::int64_t time_ms = ReadFieldExpiry(&bytes[at + 1]);
      if (time_ms > kFieldExpiryMax) return false;
      earliest_ms = std::min(earliest_ms, time_ms);
      at += PackedHashView::kTimeBytes;
    }
    Element field;
    Element value;
    if (!take(field) || !seen.emplace(field.Text(digits)).second || !take(value)) return false;
  }
  return earliest_ms == view.Earliest();
}

std::size_t PackedHashView::Size() const {
  std::size_t size = 0;
  for (const char* at = First(); at != End(); at = Pair(at).end) ++size;
  return size;
}

std::size_t PackedHashView::CountDue(std::int64_t now_ms) const {
  if (Earliest() > now_ms) return 0;
  std::size_t due = 0;
  ForEach([&](const HashItem& item) {
    due += item.IsDue(now_ms) ? 1 : 0;
    return true;
  });
  return due;
}

std::int64_t PackedHashView::LeastTime() const {
  std::int64_t least_ms = kNoFieldExpiry;
  ForEach([&](const HashItem& item) {
    least_ms = std::min(least_ms, item.expire_at_ms);
    return true;
  });
  return least_ms;
}

const char* PackedHashView::Locate(const HashField& field, std::size_t& index) const {
  const char* const end = End();
  index = 0;
  if (field.IsInteger()) {
    for (const char* at = First(); at != end; ++index) {
      const Pair pair(at);
      const Element element = DecodeElement(pair.field);
      if (element.is_integer && element.integer == field.Integer()) return at;
      at = pair.end;
    }
    return end;
  }
  const std::string_view text = field.Text();
  for (const char* at = First(); at != end; ++index) {
    const Pair pair(at);
    const Element element = DecodeElement(pair.field);
    if (!element.is_integer && element.text == text) return at;
    at = pair.end;
  }
  return end;
}

std::optional<HashItem> PackedHashView::Find(const HashField& field) const {
  std::size_t index;
  const char* at = Locate(field, index);
  if (at == End()) return std::nullopt;
  const Pair pair(at);
  return HashItem{DecodeElement(pair.field), DecodeElement(pair.value), pair.expire_at_ms};
}

// --- editing ---

char* PackedHash::Resize(std::size_t offset, std::size_t bytes, std::size_t wanted) {
  char* at = buffer_ + offset;
  if (bytes != wanted) std::memmove(at + wanted, at + bytes, size_ - offset - bytes);
  size_ += wanted - bytes;
  DCHECK(size_ <= capacity_);
  return at;
}

void PackedHash::WriteEarliest(std::int64_t earliest_ms) { std::memcpy(buffer_ + 1, &earliest_ms, sizeof earliest_ms); }

void PackedHash::NoteTimes(std::int64_t come_ms, std::int64_t gone_ms) {
  if (!View().HasTimes()) return;
  const std::int64_t earliest_ms = View().Earliest();
  if (come_ms <= earliest_ms) {
    WriteEarliest(come_ms);
  } else if (gone_ms == earliest_ms) {
    WriteEarliest(View().LeastTime());
  }
}

HashPut PackedHash::Put(const HashField& field, const HashWrite& write, const HashLimits& limits) {
  const std::string_view name = field.Text();
  if (std::max(name.size(), write.value.size()) > limits.listpack_value_bytes) return HashPut::kTooLarge;
  const PackedHashView view = View();
  std::size_t count;
  const char* found = view.Locate(field, count);
  const bool is_there = found != view.End();
  // A hash that has more than the limit, since it was lowered, gets its index by any write, as in Redis.
  if (!is_there) ++count;
  if (is_there && size_ / kPairBytesMin > limits.listpack_entries) count = view.Size();
  if (count > limits.listpack_entries) return HashPut::kTooLarge;
  std::size_t offset = static_cast<std::size_t>(found - buffer_);
  std::int64_t old_ms = kNoFieldExpiry;
  std::size_t old_bytes = 0;
  if (is_there) {
    const PackedHashView::Pair pair(found);
    old_ms = pair.expire_at_ms;
    old_bytes = static_cast<std::size_t>(pair.end - found);
  }
  const std::int64_t new_ms = is_there ? write.ExpiryOver(old_ms) : write.expire_at_ms;
  const bool has_time = new_ms != kNoFieldExpiry;
  const EncodedElement encoded_field(name);
  const EncodedElement encoded_value(write.value);
  const std::size_t new_bytes =
      (has_time ? PackedHashView::kTimeBytes : 0) + encoded_field.size() + encoded_value.size();
  const std::size_t times_bytes = has_time && !view.HasTimes() ? PackedHashView::kTimesBytes : 0;
  const std::size_t bytes = size_ - old_bytes + new_bytes + times_bytes;
  if (bytes > kBytesMax) return HashPut::kTooLarge;
  if (bytes > capacity_) return HashPut::kNoRoom;
  if (times_bytes != 0) {
    *Resize(0, 0, times_bytes) = PackedHashView::kTimesTag;
    WriteEarliest(kNoFieldExpiry);
    offset += times_bytes;
  }
  char* at = Resize(offset, old_bytes, new_bytes);
  if (has_time) {
    *at = PackedHashView::kTimeTag;
    WriteFieldExpiry(at + 1, new_ms);
    at += PackedHashView::kTimeBytes;
  }
  encoded_field.WriteTo(at);
  encoded_value.WriteTo(at + encoded_field.size());
  NoteTimes(new_ms, old_ms);
  return is_there && old_ms > write.now_ms ? HashPut::kReplaced : HashPut::kAdded;
}

bool PackedHash::Remove(const HashField& field, std::int64_t now_ms) {
  std::size_t index;
  const char* at = View().Locate(field, index);
  if (at == View().End()) return false;
  const PackedHashView::Pair pair(at);
  const std::int64_t gone_ms = pair.expire_at_ms;
  Resize(static_cast<std::size_t>(at - buffer_), static_cast<std::size_t>(pair.end - at), 0);
  NoteTimes(kNoFieldExpiry, gone_ms);
  return gone_ms > now_ms;
}

bool PackedHash::SetExpiry(const HashField& field, std::int64_t expire_at_ms) {
  const PackedHashView view = View();
  std::size_t index;
  const char* found = view.Locate(field, index);
  CHECK(found != view.End());
  const std::int64_t old_ms = PackedHashView::Pair(found).expire_at_ms;
  const std::size_t old_bytes = old_ms != kNoFieldExpiry ? PackedHashView::kTimeBytes : 0;
  const std::size_t new_bytes = expire_at_ms != kNoFieldExpiry ? PackedHashView::kTimeBytes : 0;
  const std::size_t times_bytes = new_bytes != 0 && !view.HasTimes() ? PackedHashView::kTimesBytes : 0;
  if (size_ - old_bytes + new_bytes + times_bytes > capacity_) return false;
  std::size_t offset = static_cast<std::size_t>(found - buffer_);
  if (times_bytes != 0) {
    *Resize(0, 0, times_bytes) = PackedHashView::kTimesTag;
    WriteEarliest(kNoFieldExpiry);
    offset += times_bytes;
  }
  char* at = Resize(offset, old_bytes, new_bytes);
  if (new_bytes != 0) {
    *at = PackedHashView::kTimeTag;
    WriteFieldExpiry(at + 1, expire_at_ms);
  }
  NoteTimes(expire_at_ms, old_ms);
  return true;
}

std::size_t PackedHash::RemoveDue(std::int64_t now_ms) {
  if (View().Earliest() > now_ms) return 0;
  std::size_t removed = 0;
  std::size_t kept = PackedHashView::kTimesBytes;
  for (const char *at = View().First(), *end = View().End(); at != end;) {
    const PackedHashView::Pair pair(at);
    const auto bytes = static_cast<std::size_t>(pair.end - at);
    if (pair.expire_at_ms <= now_ms) {
      ++removed;
    } else {
      std::memmove(buffer_ + kept, at, bytes);
      kept += bytes;
    }
    at = pair.end;
  }
  size_ = kept;
  WriteEarliest(View().LeastTime());
  return removed;
}

}  // namespace zedis::types

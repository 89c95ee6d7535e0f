#include "types/packed_sorted_set.h"

#include <cmath>
#include <string>
#include <unordered_set>

#include "base/check.h"

namespace zedis::types {
namespace {

constexpr std::size_t kBytesMax = std::size_t{1} << 30;  // whatever the limits say; as in Redis
constexpr double kWholeMax = 9007199254740992.0;         // 2^53

bool IsWhole(double score) {
  return score >= -kWholeMax && score <= kWholeMax && static_cast<double>(static_cast<std::int64_t>(score)) == score;
}

// A score as bytes.
class EncodedScore {
 public:
  EncodedScore(double score, unsigned char double_tag, unsigned char float_tag) {
    if (IsWhole(score)) {
      const EncodedElement encoded(static_cast<std::int64_t>(score));
      encoded.WriteTo(bytes_);
      size_ = encoded.size();
    } else if (const auto narrow = static_cast<float>(score); static_cast<double>(narrow) == score) {
      Fixed(float_tag, narrow);
    } else {
      Fixed(double_tag, score);
    }
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  void WriteTo(char* to) const { std::memcpy(to, bytes_, size_); }

 private:
  template <class Real>
  void Fixed(unsigned char tag, Real value) {
    bytes_[0] = static_cast<char>(tag);
    std::memcpy(bytes_ + 1, &value, sizeof value);
    size_ = 1 + sizeof value;
  }

  char bytes_[9];
  std::size_t size_;
};

}  // namespace

// --- reading ---

double PackedSortedSetView::RealAt(const char* at) {
  if (static_cast<unsigned char>(*at) == kDoubleTag) {
    double value;
    std::memcpy(&value, at + 1, sizeof value);
    return value;
  }
  float value;
  std::memcpy(&value, at + 1, sizeof value);
  return static_cast<double>(value);
}

std::optional<std::size_t> PackedSortedSetView::CheckedScoreSize(std::string_view bytes) {
  if (bytes.empty()) return std::nullopt;
  const auto tag = static_cast<unsigned char>(bytes[0]);
  if (tag != kDoubleTag && tag != kFloatTag) {
    const auto size = CheckedElementSize(bytes);
    if (!size || !DecodeElement(bytes.data()).is_integer || !IsWhole(ScoreAt(bytes.data()))) return std::nullopt;
    return size;
  }
  const std::size_t size = ScoreSize(bytes.data());
  if (size > bytes.size()) return std::nullopt;
  const double score = RealAt(bytes.data());
  if (std::isnan(score) || IsWhole(score)) return std::nullopt;
  return size;
}

SortedSetLimits SortedSetLimitsFrom(const base::Tunables& tunables) {
  return {.entries = static_cast<std::size_t>(tunables.zset_max_listpack_entries.Get()),
          .value_bytes = static_cast<std::size_t>(tunables.zset_max_listpack_value_bytes.Get())};
}

bool ValidatePackedSortedSet(std::string_view bytes) {
  constexpr std::size_t kHeaderBytes = PackedSortedSetView::kHeaderBytes;
  if (bytes.size() < kHeaderBytes) return false;
  const std::size_t count = PackedSortedSetView(bytes).Size();
  std::unordered_set<std::string> seen;
  double previous_score = 0;
  std::string previous_text;
  std::size_t at = kHeaderBytes;
  while (at < bytes.size() && seen.size() < count) {
    const auto score_size = PackedSortedSetView::CheckedScoreSize(bytes.substr(at));
    if (!score_size) return false;
    const double score = PackedSortedSetView::ScoreAt(&bytes[at]);
    at += *score_size;
    const auto member_size = CheckedElementSize(bytes.substr(at));
    if (!member_size) return false;
    const Element element = DecodeElement(&bytes[at]);
    // An integer that was written as text would never be found.
    if (!element.is_integer && base::ParseInt64(element.text)) return false;
    at += *member_size;
    IntegerText digits;
    std::string text(element.Text(digits));
    if (!seen.empty() && (score < previous_score || (score == previous_score && text <= previous_text))) return false;
    previous_score = score;
    previous_text = text;
    if (!seen.insert(std::move(text)).second) return false;
  }
  return at == bytes.size() && seen.size() == count;
}

std::optional<PackedSortedSetView::Found> PackedSortedSetView::Find(const SetMember& member) const {
  const char* const end = End();
  const bool is_integer = member.IsInteger();
  const std::string_view wanted = is_integer ? std::string_view{} : member.Text();
  std::size_t rank = 0;
  for (const char* at = First(); at != end; ++rank) {
    const char* const text = at + ScoreSize(at);
    const Element element = DecodeElement(text);
    if (element.is_integer == is_integer &&
        (is_integer ? element.integer == member.Integer() : element.text == wanted)) {
      return Found{.rank = rank, .offset = static_cast<std::size_t>(at - bytes_.data()), .score = ScoreAt(at)};
    }
    at = text + ElementSize(text);
  }
  return std::nullopt;
}

const char* PackedSortedSetView::PlaceFor(double score, std::string_view text) const {
  const char* at = First();
  for (; at != End(); at += EntrySize(at)) {
    const double other = ScoreAt(at);
    if (other < score) continue;
    if (other > score) break;
    IntegerText digits;
    if (DecodeElement(at + ScoreSize(at)).Text(digits) > text) break;
  }
  return at;
}

// --- editing ---

PackedSortedSet::PackedSortedSet(char* buffer, std::size_t capacity, std::string_view bytes)
    : buffer_(buffer), capacity_(capacity), size_(bytes.size()) {
  std::memcpy(buffer_, bytes.data(), bytes.size());
}

PackedSortedSet PackedSortedSet::InPlace(char* buffer, std::size_t capacity, std::size_t size) {
  PackedSortedSet set;
  set.buffer_ = buffer;
  set.capacity_ = capacity;
  set.size_ = size;
  return set;
}

void PackedSortedSet::SetCount(std::size_t count) {
  const auto field = static_cast<std::uint16_t>(count);
  std::memcpy(buffer_, &field, sizeof field);
}

void PackedSortedSet::Cut(std::size_t offset, std::size_t bytes) {
  std::memmove(buffer_ + offset, buffer_ + offset + bytes, size_ - offset - bytes);
  size_ -= bytes;
}

PackedSortedSet::Result PackedSortedSet::Add(std::string_view text, double score, const SortedSetLimits& limits) {
  const std::size_t count = Size();
  if (count >= std::min(limits.entries, kPackedSortedSetMembersMax) || text.size() > limits.value_bytes) {
    return Result::kTooLarge;
  }
  const EncodedScore encoded(score, PackedSortedSetView::kDoubleTag, PackedSortedSetView::kFloatTag);
  const EncodedElement element(text);
  const std::size_t bytes = encoded.size() + element.size();
  if (size_ + bytes > kBytesMax) return Result::kTooLarge;
  if (size_ + bytes > capacity_) return Result::kNoRoom;
  const auto offset = static_cast<std::size_t>(View().PlaceFor(score, text) - buffer_);
  char* const at = buffer_ + offset;
  std::memmove(at + bytes, at, size_ - offset);
  encoded.WriteTo(at);
  element.WriteTo(at + encoded.size());
  size_ += bytes;
  SetCount(count + 1);
  return Result::kDone;
}

PackedSortedSet::Result PackedSortedSet::SetScore(const PackedSortedSetView::Found& found, std::string_view text,
                                                  double score) {
  const std::size_t old_size = PackedSortedSetView::ScoreSize(buffer_ + found.offset);
  const EncodedScore encoded(score, PackedSortedSetView::kDoubleTag, PackedSortedSetView::kFloatTag);
  if (size_ - old_size + encoded.size() > capacity_) return Result::kNoRoom;
  Remove(found);
  return Add(text, score, {.entries = SIZE_MAX, .value_bytes = SIZE_MAX});
}

void PackedSortedSet::Remove(const PackedSortedSetView::Found& found) {
  SetCount(Size() - 1);
  Cut(found.offset, PackedSortedSetView::EntrySize(buffer_ + found.offset));
}

void PackedSortedSet::RemoveRange(RankRange range) {
  if (range.size() == 0) return;
  const PackedSortedSetView view = View();
  const char* const first = view.EntryAt(range.first);
  const char* end = first;
  for (std::size_t left = range.size(); left > 0; --left) end += PackedSortedSetView::EntrySize(end);
  SetCount(view.Size() - range.size());
  Cut(static_cast<std::size_t>(first - buffer_), static_cast<std::size_t>(end - first));
}

}  // namespace zedis::types

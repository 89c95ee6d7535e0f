// A small sorted set as one string of bytes: inside its key's entry, or in a block of its own (sorted_set.h).
//
//   +----------------+--------------+---------------+-----
//   | count, 2 bytes | score        | member        | ...        in their order: by score, then by member
//   +----------------+--------------+---------------+-----
//
// A member is an element (element.h). So is a score that is a whole number of up to 2^53; any other is a tag and a
// float, if it fits into one, or a double:
//
//   11110101  v:double          11110110  v:float
//
// A score of 1 with a member of 10 bytes takes 12 bytes, one of 1.5 takes 16. Finding a member means walking to it, a
// few nanoseconds each; sets of more than `zset-max-listpack-entries` have an index (indexed_sorted_set.h). OBJECT
// ENCODING calls this form "listpack". -0 becomes 0, as in Redis.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "base/tunables.h"
#include "types/element.h"
#include "types/list_search.h"
#include "types/score_range.h"
#include "types/set_member.h"

namespace zedis::types {

// Up to where a sorted set stays packed: the directives zset-max-listpack-*.
struct SortedSetLimits {
  std::size_t entries = 128;
  std::size_t value_bytes = 64;
};

SortedSetLimits SortedSetLimitsFrom(const base::Tunables& tunables);

inline constexpr std::size_t kPackedSortedSetMembersMax = 0xffff;  // the field has two bytes
inline constexpr std::string_view kEmptyPackedSortedSet{"\0\0", 2};

// True if `bytes`, from wherever they came, are a packed sorted set in order and without duplicates: all that follows
// relies on it. O(n log n)
[[nodiscard]] bool ValidatePackedSortedSet(std::string_view bytes);

// Reads a packed sorted set. Borrows the bytes.
class PackedSortedSetView {
 public:
  // REQUIRES: ValidatePackedSortedSet(bytes)
  explicit PackedSortedSetView(std::string_view bytes) : bytes_(bytes) {}

  [[nodiscard]] std::string_view Bytes() const { return bytes_; }
  [[nodiscard]] std::size_t Size() const {
    std::uint16_t count;
    std::memcpy(&count, bytes_.data(), sizeof count);
    return count;
  }

  struct Found {
    std::size_t rank;
    std::size_t offset;  // of its score, in the bytes
    double score;
  };
  // O(n), like all that follow.
  [[nodiscard]] std::optional<Found> Find(const SetMember& member) const;

  // ScoreRange or LexRange.
  template <class Range>
  [[nodiscard]] RankRange RanksOf(const Range& range) const;

  // visit(const Element&, double score) -> bool for `count` members from `rank` on, in either direction, until it says
  // false. REQUIRES: they are there.
  template <class Visit>
  void ForRange(std::size_t rank, std::size_t count, Direction direction, Visit visit) const;

 private:
  friend class PackedSortedSet;
  static constexpr std::size_t kHeaderBytes = 2;
  static constexpr unsigned char kDoubleTag = 0xF5;
  static constexpr unsigned char kFloatTag = 0xF6;

  static std::size_t ScoreSize(const char* at) {
    const auto tag = static_cast<unsigned char>(*at);
    if (tag < kDoubleTag) [[likely]]
      return ElementSize(at);
    return tag == kDoubleTag ? 1 + sizeof(double) : 1 + sizeof(float);
  }
  static double ScoreAt(const char* at) {
    const auto tag = static_cast<unsigned char>(*at);
    if (tag < kDoubleTag) [[likely]]
      return static_cast<double>(DecodeElement(at).integer);
    return RealAt(at);
  }
  static double RealAt(const char* at);
  static std::size_t EntrySize(const char* at) {
    const std::size_t score = ScoreSize(at);
    return score + ElementSize(at + score);
  }

  friend bool ValidatePackedSortedSet(std::string_view bytes);
  [[nodiscard]] static std::optional<std::size_t> CheckedScoreSize(std::string_view bytes);
  [[nodiscard]] const char* First() const { return bytes_.data() + kHeaderBytes; }
  [[nodiscard]] const char* End() const { return bytes_.data() + bytes_.size(); }
  [[nodiscard]] const char* EntryAt(std::size_t rank) const {
    const char* at = First();
    for (; rank != 0; --rank) at += EntrySize(at);
    return at;
  }
  // Where such an entry belongs.
  [[nodiscard]] const char* PlaceFor(double score, std::string_view text) const;

  std::string_view bytes_;
};

// Edits a packed sorted set in a caller's buffer.
class PackedSortedSet {
 public:
  enum class Result : std::uint8_t {
    kDone,
    kNoRoom,    // the buffer is too small; nothing has changed
    kTooLarge,  // beyond the limits: time for an index; nothing has changed
  };

  // Starts with a copy of `bytes`. REQUIRES: ValidatePackedSortedSet(bytes); capacity >= bytes.size()
  PackedSortedSet(char* buffer, std::size_t capacity, std::string_view bytes = kEmptyPackedSortedSet);
  // What lies in the buffer already. REQUIRES: ValidatePackedSortedSet of it
  static PackedSortedSet InPlace(char* buffer, std::size_t capacity, std::size_t size);

  [[nodiscard]] PackedSortedSetView View() const { return PackedSortedSetView({buffer_, size_}); }
  [[nodiscard]] std::string_view Bytes() const { return {buffer_, size_}; }
  [[nodiscard]] std::size_t Size() const { return View().Size(); }

  // REQUIRES: the member is not there; the score is no NaN.
  [[nodiscard]] Result Add(std::string_view text, double score, const SortedSetLimits& limits);
  // Never kTooLarge. REQUIRES: `found` is of this member, and still right.
  [[nodiscard]] Result SetScore(const PackedSortedSetView::Found& found, std::string_view text, double score);
  // REQUIRES: range.last <= Size()
  void RemoveRange(RankRange range);
  void Remove(const PackedSortedSetView::Found& found);

 private:
  PackedSortedSet() = default;
  void Put(std::string_view text, double score);
  void Cut(std::size_t offset, std::size_t bytes);
  void SetCount(std::size_t count);

  char* buffer_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
};

template <class Range>
RankRange PackedSortedSetView::RanksOf(const Range& range) const {
  RankRange ranks;
  for (const char* at = First(); at != End();) {
    const double score = ScoreAt(at);
    at += ScoreSize(at);
    IntegerText digits;
    const std::string_view text = Range::kReadsMembers ? DecodeElement(at).Text(digits) : std::string_view{};
    at += ElementSize(at);
    if (range.IsBehind(score, text)) break;
    if (range.IsBefore(score, text)) ++ranks.first;
    ++ranks.last;
  }
  // An empty range may begin behind its end.
  return ranks.first < ranks.last ? ranks : RankRange{};
}

template <class Visit>
void PackedSortedSetView::ForRange(std::size_t rank, std::size_t count, Direction direction, Visit visit) const {
  const auto visit_at = [&](const char* at) {
    const double score = ScoreAt(at);
    return visit(DecodeElement(at + ScoreSize(at)), score);
  };
  if (count == 0) return;
  if (direction == Direction::kForward) {
    for (const char* at = EntryAt(rank); visit_at(at) && --count > 0;) at += EntrySize(at);
    return;
  }
  // Entries do not tell where the one before them begins.
  constexpr std::size_t kUsual = 128;
  const char* usual[kUsual];
  std::vector<const char*> many(count > kUsual ? count : 0);
  const char** places = count > kUsual ? many.data() : usual;
  const char* at = EntryAt(rank + 1 - count);
  for (std::size_t i = 0; i < count; ++i, at += EntrySize(at)) places[i] = at;
  while (count > 0) {
    if (!visit_at(places[--count])) return;
  }
}

}  // namespace zedis::types

// A block of a stream: up to some hundred entries, packed.
//
//   +-------------+--------------+-----------+-------------+-- - - --+-------------+
//   | StreamBlock | field names  | entry     | entry ...   | free    | u16 table[] |
//   +-------------+--------------+-----------+-------------+-- - - --+-------------+
//                  0              names_size_               used_     capacity_
//
// The names are those of the first entry; entries that have the same do not repeat them. An entry:
//
//   tag      deleted 1 bit | same names 1 | milliseconds behind the first entry, 6 (63: a varint of the rest follows)
//   varint   its seq, less that of the first entry if both have the same milliseconds
//   varint   the number of pairs, only if the names are not the same
//   elements the values, or name and value in turn (types/element.h: texts and small integers)
//
// Two values of ten bytes take 24: tag, seq, and two times 11. Deltas are to the first entry, not to the previous one,
// so that any entry can be read without those before it. The table tells where every 16th entry begins; finding an id
// is a binary search in it and 15 steps at most, and walking backward goes group by group. That is an eighth of a byte
// an entry, where Redis's listpack has a length of one byte behind every element and one more behind every entry.
//
// Deleting marks an entry; the space comes back with the block. The first entry's id stays the block's, deleted or not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "types/element.h"
#include "types/stream_id.h"

namespace zedis::types {

// Names and values in turn. REQUIRES: an even number, two at least.
using StreamPairs = std::span<const std::string_view>;

// An entry as it lies in its block: it lives until the block changes.
struct StreamEntry {
  StreamId id;
  std::uint32_t pairs = 0;
  bool deleted = false;
  const char* names = nullptr;  // null: each name stands before its value
  const char* body = nullptr;   // the first element

  // visit(Element name, Element value). Returns where the entry ends.
  template <class Visit>
  const char* ForEachPair(Visit visit) const;
};

class StreamBlock {
 public:
  // What the first entry of a block may be away from the last, so that the table's 16 bits suffice.
  static constexpr std::size_t kSharedBytesMax = 65'535;
  static constexpr std::size_t kGroup = 16;
  static constexpr std::size_t kEntriesMax = 65'535;

  // An empty block with the names of these pairs, for entries of which this is the first. `room` is a hint: bytes that
  // entries are going to take.
  static StreamBlock* New(const StreamId& first, StreamPairs pairs, std::size_t room);
  static StreamBlock* Copy(const StreamBlock* block);
  static void Delete(StreamBlock* block);

  // Appends an entry and returns the block, which may have moved. REQUIRES: id is greater than that of all entries,
  // CanShare() or there are none. `same_names`: the caller knows that the names are those of the block.
  [[nodiscard]] static StreamBlock* Append(StreamBlock* block, const StreamId& id, StreamPairs pairs,
                                           bool same_names = false);
  // Gives back what is free, when no more is going to be appended. The block may move.
  [[nodiscard]] static StreamBlock* Seal(StreamBlock* block);

  [[nodiscard]] const StreamId& FirstId() const { return first_; }
  // Entries that were ever appended, deleted ones too.
  [[nodiscard]] std::size_t Entries() const { return entries_; }
  [[nodiscard]] std::size_t UsedBytes() const { return used_; }
  // The names of the first entry, which others need not repeat: visit(Element).
  [[nodiscard]] std::size_t NameCount() const { return pairs_; }
  template <class Visit>
  void ForEachName(Visit visit) const {
    for (const char* at = Data(); at != Data() + names_size_; at += ElementSize(at)) visit(DecodeElement(at));
  }
  // Whether another entry may be appended at all.
  [[nodiscard]] bool CanShare() const { return used_ - names_size_ <= kSharedBytesMax && entries_ < kEntriesMax; }
  // Of the last entry, deleted or not.
  [[nodiscard]] StreamId LastId() const;

  // The entry at an offset, and where the one behind it begins. REQUIRES: one begins there.
  [[nodiscard]] StreamEntry Read(std::size_t offset) const;
  [[nodiscard]] std::size_t OffsetBehind(const StreamEntry& entry) const {
    return static_cast<std::size_t>(entry.ForEachPair([](const Element&, const Element&) {}) - Data());
  }
  // The offset of the first entry of a group of 16, and the number of groups.
  [[nodiscard]] std::size_t GroupOffset(std::size_t group) const {
    return names_size_ + (group == 0 ? 0 : Table(group - 1));
  }
  [[nodiscard]] std::size_t Groups() const { return (entries_ + kGroup - 1) / kGroup; }

  struct Place {
    std::size_t index;
    std::size_t offset;
  };
  // The first entry, deleted or not, whose id is not less; {Entries(), UsedBytes()} if there is none. A binary search
  // and 15 steps.
  [[nodiscard]] Place LowerBound(const StreamId& id) const;

  // REQUIRES: an entry that is not deleted begins there.
  void MarkDeleted(std::size_t offset) { MutableData()[offset] = static_cast<char>(Data()[offset] | kDeletedBit); }

  // For tests and fuzzing: whether bytes that claim to be a block are one.
  [[nodiscard]] bool IsValid() const;

 private:
  static constexpr unsigned kDeletedBit = 1;
  static constexpr unsigned kSameNamesBit = 2;
  static constexpr unsigned kDeltaShift = 2;
  static constexpr std::uint64_t kLongDelta = 63;

  StreamBlock() = default;
  [[nodiscard]] const char* Data() const { return reinterpret_cast<const char*>(this + 1); }
  char* MutableData() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] std::size_t Table(std::size_t slot) const {
    std::uint16_t offset;
    std::memcpy(&offset, Data() + capacity_ - 2 * (slot + 1), sizeof offset);
    return offset;
  }
  void SetTable(std::size_t slot, std::size_t offset) {
    const auto word = static_cast<std::uint16_t>(offset);
    std::memcpy(MutableData() + capacity_ - 2 * (slot + 1), &word, sizeof word);
  }
  [[nodiscard]] std::size_t TableBytes() const { return entries_ == 0 ? 0 : 2 * ((entries_ - 1) / kGroup); }
  static StreamBlock* WithCapacity(std::size_t bytes);
  static StreamBlock* Move(StreamBlock* block, std::size_t data_bytes);
  [[nodiscard]] bool HasSameNames(StreamPairs pairs) const;
  void WriteNames(StreamPairs pairs);
  [[nodiscard]] StreamId IdAt(std::size_t offset) const;

  StreamId first_;
  std::uint32_t capacity_;  // bytes behind this header
  std::uint32_t used_;      // names and entries
  std::uint32_t names_size_;
  std::uint32_t pairs_;  // how many names
  std::uint32_t entries_;
  std::uint32_t unused_;
};
static_assert(sizeof(StreamBlock) == 40);

template <class Visit>
const char* StreamEntry::ForEachPair(Visit visit) const {
  const char* at = body;
  const char* name = names;
  for (std::uint32_t i = 0; i < pairs; ++i) {
    if (names != nullptr) {
      visit(DecodeElement(name), DecodeElement(at));
      name += ElementSize(name);
    } else {
      const char* value = at + ElementSize(at);
      visit(DecodeElement(at), DecodeElement(value));
      at = value;
    }
    at += ElementSize(at);
  }
  return at;
}

}  // namespace zedis::types

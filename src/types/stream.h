// A stream: entries in packed blocks (stream_block.h) under an index by first id (id_map.h), and its consumer groups.
//
// A million entries with two values of ten bytes take 26 bytes each: 24 in their block, the rest for its header, what
// the allocator rounds up, and the index. Appending and trimming the oldest are O(1), finding an id is O(log n). How
// many live entries a block has stands in the index, so that trimming passes over blocks without touching them.
//
// Not for several threads at once: the owner's lock protects it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "types/counted.h"
#include "types/id_map.h"
#include "types/stream_block.h"
#include "types/stream_group.h"
#include "types/stream_id.h"

namespace zedis::types {

// When a block takes no further entry: stream-node-max-bytes and -entries, 0 for no limit. Blocks have a limit of
// their own beside that.
struct StreamNodeLimits {
  std::int64_t bytes = 4096;
  std::int64_t entries = 100;
};

// What XTRIM, and XADD with trimming, may remove.
struct StreamTrim {
  enum class By : std::uint8_t { kLength, kId };
  By by = By::kLength;
  std::uint64_t length_max = 0;  // kLength: how many stay
  StreamId id_min = {};          // kId: the least that stays
  bool approximate = false;      // whole blocks only
  std::uint64_t limit = 0;       // remove so many at most; 0: no limit
};

class Stream : public Counted {
 public:
  struct BlockRef {
    StreamBlock* block;
    std::uint32_t live;   // entries that are not deleted; at least one
    std::uint32_t bytes;  // of the block, as the allocator rounds
  };
  using Blocks = IdMap<BlockRef>;

  Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream();

  // --- What is in it.
  [[nodiscard]] std::uint64_t Length() const { return length_; }
  [[nodiscard]] const Blocks& Index() const { return blocks_; }
  // Of the first and last entry; 0-0 if there is none. O(1) but for deleted entries beside them.
  [[nodiscard]] StreamId FirstId() const;
  [[nodiscard]] StreamId LastEntryId() const;
  // False if there is no such entry. O(log n).
  [[nodiscard]] bool Find(const StreamId& id, StreamEntry* entry) const;
  // What the stream takes, itself included. O(groups and consumers). REQUIRES: it was made by new.
  [[nodiscard]] std::size_t MemoryBytes() const;
  // How many blocks, pending entries and consumers have to be freed.
  [[nodiscard]] std::size_t PartsToFree() const;
  [[nodiscard]] Stream* Duplicate() const;

  // --- Changes.
  // REQUIRES: id is greater than LastId().
  void Append(const StreamId& id, StreamPairs pairs, const StreamNodeLimits& limits);
  // The same for entries that come cut into blocks, from a file: into the last block, or a new one if `new_block` or
  // that can take no more. A new block has the names of `names`, whatever those of the entry are. `same_names`: they
  // are those, as was the case when the last block was begun. True if a block was begun.
  struct Cut {
    StreamPairs names;
    bool new_block;
    bool same_names;
  };
  bool AppendCut(const StreamId& id, StreamPairs pairs, const Cut& cut);
  // False if there is no such entry.
  bool Delete(const StreamId& id);
  // Returns how many entries went. Their blocks go to `removed`, so that they can be freed in slices.
  std::uint64_t Trim(const StreamTrim& trim, Stream* removed);

  // --- Groups, in the order of their names' bytes.
  [[nodiscard]] const CountedVector<StreamGroup*>& Groups() const { return groups_; }
  [[nodiscard]] StreamGroup* FindGroup(std::string_view name) const;
  // Null if there is one by this name.
  StreamGroup* CreateGroup(std::string_view name, const StreamId& last, std::optional<std::int64_t> entries_read);
  // The group goes to `removed`, so that it can be freed in slices. REQUIRES: it is one of this stream.
  void RemoveGroup(StreamGroup* group, Stream* removed);

  // How many entries the group has still to read, if that can be told: it cannot when entries were deleted beyond what
  // the group has read.
  [[nodiscard]] std::optional<std::int64_t> Lag(const StreamGroup& group) const;
  // The group has got the entry of this id. `first` is FirstId(). Nothing if the group was beyond it already.
  void NoteDelivered(StreamGroup& group, const StreamId& id, const StreamId& first) const;

  // How many entries were ever added up to this id, if that can be told. `first` is FirstId().
  [[nodiscard]] std::optional<std::int64_t> EntriesUpTo(const StreamId& id, const StreamId& first) const;

  // Exchanges blocks and groups, for what only collects them.
  void SwapParts(Stream& other) {
    blocks_.Swap(other.blocks_);
    groups_.swap(other.groups_);
  }
  // Frees a part; true when nothing is left but the object itself.
  bool FreeSlice(std::size_t steps);

  // For tests: CHECKs all that holds between calls.
  void CheckConsistency() const;

  // Of the last entry that was ever added, or what XSETID has made of it. REQUIRES: not less than LastEntryId().
  [[nodiscard]] const StreamId& LastId() const { return last_id_; }
  void SetLastId(const StreamId& id);

  // What XSETID sets, too.
  StreamId max_deleted_id;          // the greatest that was deleted by its id
  std::uint64_t entries_added = 0;  // ever

 private:
  // Whether an entry of this id or beyond was deleted.
  [[nodiscard]] bool HasTombstoneFrom(const StreamId& id) const {
    return length_ > 0 && !max_deleted_id.IsZero() && id <= max_deleted_id;
  }
  [[nodiscard]] CountedVector<StreamGroup*>::const_iterator PlaceOf(std::string_view name) const;
  void AppendToLast(const StreamId& id, StreamPairs pairs, bool same_names);
  void AddBlock(const StreamId& id, StreamPairs pairs, std::size_t room);
  // Puts the block, which may have moved, into the index.
  void SetBlock(BlockRef& ref, StreamBlock* block);
  // Frees the block at `at`.
  void DropBlock(Blocks::Cursor at);
  // Marks the first entries of the first block as deleted, as far as the trim asks. Returns how many.
  std::uint64_t TrimFirstBlock(const StreamTrim& trim);
  [[nodiscard]] bool GoesWhole(Blocks::Cursor at, const StreamTrim& trim) const;
  // Takes as many blocks at once as lie together in the index, if all of them go; returns how many entries went.
  std::uint64_t TrimChunk(const StreamTrim& trim, std::uint64_t limit, Stream* removed);

  Blocks blocks_;
  StreamId last_id_;
  std::uint64_t length_ = 0;
  std::size_t block_bytes_ = 0;
  bool needs_block_ = false;  // the next entry begins a block
  CountedVector<StreamGroup*> groups_;
};

// Walks over the entries of a range, both ends included, in either direction, past those that are deleted. It is dead
// when the stream changes.
class StreamCursor {
 public:
  StreamCursor(const Stream& stream, const StreamId& from, const StreamId& to, bool backward);
  // False at the end.
  bool Next(StreamEntry* entry) { return backward_ ? NextBackward(entry) : NextForward(entry); }

 private:
  bool NextForward(StreamEntry* entry);
  bool NextBackward(StreamEntry* entry);
  void LoadGroup(std::size_t group);

  const Stream::Blocks& blocks_;
  const StreamId from_;
  const StreamId to_;
  const bool backward_;
  bool done_ = false;
  Stream::Blocks::Cursor at_;
  const StreamBlock* block_ = nullptr;
  std::size_t index_ = 0;   // forward: of the next entry; backward: of the one after it
  std::size_t offset_ = 0;  // forward: of the next entry
  std::size_t group_ = SIZE_MAX;
  std::uint32_t offsets_[StreamBlock::kGroup];  // backward: of the entries of group_
};

}  // namespace zedis::types

// An ordered map from stream ids to small values: the blocks of a stream by their first id, the pending entries of a
// group and of each consumer.
//
// Almost everything comes in order: ids grow, the oldest are trimmed and acknowledged first. So the map is a sorted
// array cut into chunks of up to 511 elements, and a sorted array of the chunks. Appending and removing at the front
// are O(1); finding is two binary searches, each in a few lines of memory; a change in the middle moves half a chunk.
// 24 bytes an element when it was filled in order. A tree whose leaves are such chunks would do no better below some
// hundred millions of elements, for the array of chunks takes 24 bytes for each of them.
//
// A chunk:   | size, begin, capacity 16 | ids: 16 each | values |      what is used lies at begin ... begin + size
//
// Values are trivially copyable. Cursors and pointers to values are dead after the next insertion or removal.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "base/check.h"
#include "types/counted.h"
#include "types/stream_id.h"

namespace zedis::types {

template <class Value>
class IdMap {
  static_assert(std::is_trivially_copyable_v<Value>);

 public:
  // The place of an element, or one behind all.
  struct Cursor {
    std::size_t chunk = 0;
    std::size_t index = 0;
    friend bool operator==(const Cursor&, const Cursor&) = default;
  };

  IdMap() = default;
  IdMap(const IdMap&) = delete;
  IdMap& operator=(const IdMap&) = delete;
  ~IdMap() {
    for (std::size_t i = head_; i < tops_.size(); ++i) FreeChunk(tops_[i].chunk);
  }

  [[nodiscard]] std::size_t Size() const { return size_; }
  [[nodiscard]] bool Empty() const { return size_ == 0; }
  // What it has taken beside itself.
  [[nodiscard]] std::size_t HeapBytes() const { return chunk_bytes_ + types::HeapBytes(tops_); }

  // --- Cursors.
  [[nodiscard]] Cursor First() const { return {head_, 0}; }
  [[nodiscard]] Cursor End() const { return {tops_.size(), 0}; }
  // REQUIRES: !Empty().
  [[nodiscard]] Cursor Last() const { return {tops_.size() - 1, tops_.back().chunk->size - std::size_t{1}}; }
  // The first element whose id is not less. O(log n).
  [[nodiscard]] Cursor LowerBound(const StreamId& id) const;
  // The last element whose id is not greater, or the first of all. REQUIRES: !Empty().
  [[nodiscard]] Cursor Floor(const StreamId& id) const {
    const Cursor at = LowerBound(id);
    if (at != End() && IdAt(at) == id) return at;
    return at == First() ? at : Before(at);
  }
  [[nodiscard]] Cursor After(Cursor at) const {
    return ++at.index < tops_[at.chunk].chunk->size ? at : Cursor{at.chunk + 1, 0};
  }
  // REQUIRES: at != First().
  [[nodiscard]] Cursor Before(Cursor at) const {
    if (at.index > 0) return {at.chunk, at.index - 1};
    return {at.chunk - 1, tops_[at.chunk - 1].chunk->size - std::size_t{1}};
  }
  // REQUIRES: at != End().
  [[nodiscard]] const StreamId& IdAt(Cursor at) const { return tops_[at.chunk].chunk->Ids()[at.index]; }
  [[nodiscard]] Value& At(Cursor at) { return tops_[at.chunk].chunk->Values()[at.index]; }
  [[nodiscard]] const Value& At(Cursor at) const { return tops_[at.chunk].chunk->Values()[at.index]; }

  // Null if there is none. O(log n).
  [[nodiscard]] Value* Find(const StreamId& id) {
    const Cursor at = LowerBound(id);
    return at != End() && IdAt(at) == id ? &At(at) : nullptr;
  }

  // --- Changes.
  // False, and nothing is done, if the id is there. O(1) behind the last, else O(log n + chunk).
  bool Insert(const StreamId& id, const Value& value);
  // False if the id is not there.
  bool Erase(const StreamId& id) {
    const Cursor at = LowerBound(id);
    if (at == End() || IdAt(at) != id) return false;
    EraseAt(at);
    return true;
  }
  void EraseAt(Cursor at);
  // Forgets some elements from the end, in O(1); false if there are none.
  bool DropLastChunk() {
    if (size_ == 0) return false;
    size_ -= tops_.back().chunk->size;
    DropChunk(tops_.size() - 1);
    return true;
  }

  // Chunks as wholes, for what removes very many: the place behind the first chunk, and the way of it to the end of
  // another map whose ids are less. O(1). REQUIRES: !Empty().
  [[nodiscard]] Cursor BehindFirstChunk() const { return {head_ + 1, 0}; }
  void MoveFirstChunk(IdMap& to) {
    const Top top = tops_[head_];
    const std::size_t bytes = AllocatedBytes(top.chunk);
    to.tops_.push_back(top);
    to.size_ += top.chunk->size;
    to.chunk_bytes_ += bytes;
    size_ -= top.chunk->size;
    chunk_bytes_ -= bytes;
    DropTop(head_);
  }

  void Swap(IdMap& other) {
    std::swap(tops_, other.tops_);
    std::swap(head_, other.head_);
    std::swap(size_, other.size_);
    std::swap(chunk_bytes_, other.chunk_bytes_);
  }

  // For tests: CHECKs all that holds between calls.
  void CheckConsistency() const;

 private:
  struct Chunk {
    std::uint16_t size;
    std::uint16_t begin;
    std::uint16_t capacity;
    std::uint16_t unused[5];
    StreamId slots[1];  // and more: capacity ids, then capacity values

    StreamId* Ids() { return slots + begin; }
    Value* Values() { return reinterpret_cast<Value*>(slots + capacity) + begin; }
  };
  // `first` is not greater than the first id of the chunk, but greater than all before it.
  struct Top {
    StreamId first;
    Chunk* chunk;
  };

  static constexpr std::size_t kHeaderBytes = 16;
  static constexpr std::size_t kElementBytes = sizeof(StreamId) + sizeof(Value);
  static constexpr std::size_t kCapacityMax = (12 * 1024 - kHeaderBytes) / kElementBytes;
  static constexpr std::size_t kCapacityMin = 4;

  Chunk* NewChunk(std::size_t capacity) {
    const std::size_t bytes = RoundToSizeClass(kHeaderBytes + std::max(capacity, kCapacityMin) * kElementBytes);
    auto* chunk = static_cast<Chunk*>(Allocate(bytes));
    chunk->size = 0;
    chunk->begin = 0;
    chunk->capacity = static_cast<std::uint16_t>(std::min((bytes - kHeaderBytes) / kElementBytes, kCapacityMax));
    chunk_bytes_ += AllocatedBytes(chunk);
    return chunk;
  }
  void FreeChunk(Chunk* chunk) {
    chunk_bytes_ -= AllocatedBytes(chunk);
    Free(chunk);
  }
  static void Copy(Chunk* from, std::size_t start, std::size_t count, Chunk* to) {
    std::memcpy(to->Ids() + to->size, from->Ids() + start, count * sizeof(StreamId));
    std::memcpy(static_cast<void*>(to->Values() + to->size), from->Values() + start, count * sizeof(Value));
    to->size = static_cast<std::uint16_t>(to->size + count);
  }
  // Moves the chunk at `i` to one of another capacity.
  void Resize(std::size_t i, std::size_t capacity) {
    Chunk* old = tops_[i].chunk;
    Chunk* chunk = NewChunk(capacity);
    Copy(old, 0, old->size, chunk);
    FreeChunk(old);
    tops_[i].chunk = chunk;
  }
  // The chunk that holds `id` or has to. REQUIRES: !Empty().
  [[nodiscard]] std::size_t ChunkFor(const StreamId& id) const {
    const auto begin = tops_.begin() + static_cast<std::ptrdiff_t>(head_);
    const auto after = std::upper_bound(begin, tops_.end(), id,
                                        [](const StreamId& left, const Top& right) { return left < right.first; });
    return after == begin ? head_ : static_cast<std::size_t>(after - tops_.begin()) - 1;
  }
  void Append(const StreamId& id, const Value& value);
  void InsertInChunk(std::size_t i, std::size_t index, const StreamId& id, const Value& value);
  void Split(std::size_t i);
  void DropChunk(std::size_t i) {
    FreeChunk(tops_[i].chunk);
    DropTop(i);
  }
  void DropTop(std::size_t i);
  // Joins the chunk at `i` with the one behind it, or gives memory back, if it has become sparse.
  void Tidy(std::size_t i);

  CountedVector<Top> tops_;  // those before head_ are gone
  std::size_t head_ = 0;
  std::size_t size_ = 0;
  std::size_t chunk_bytes_ = 0;
};

template <class Value>
typename IdMap<Value>::Cursor IdMap<Value>::LowerBound(const StreamId& id) const {
  if (size_ == 0) return End();
  const std::size_t i = ChunkFor(id);
  Chunk* chunk = tops_[i].chunk;
  // What is asked for is most often the oldest.
  const StreamId* ids = chunk->Ids();
  if (id <= ids[0]) return {i, 0};
  const auto index = static_cast<std::size_t>(std::lower_bound(ids, ids + chunk->size, id) - ids);
  return index < chunk->size ? Cursor{i, index} : Cursor{i + 1, 0};
}

template <class Value>
bool IdMap<Value>::Insert(const StreamId& id, const Value& value) {
  if (size_ == 0 || IdAt(Last()) < id) {
    Append(id, value);
    return true;
  }
  std::size_t i = ChunkFor(id);
  const StreamId* ids = tops_[i].chunk->Ids();
  auto index = static_cast<std::size_t>(std::lower_bound(ids, ids + tops_[i].chunk->size, id) - ids);
  if (index < tops_[i].chunk->size && ids[index] == id) return false;
  if (tops_[i].chunk->size == kCapacityMax) {
    Split(i);
    const std::size_t left = tops_[i].chunk->size;
    if (index > left) {
      index -= left;
      ++i;
    }
  }
  InsertInChunk(i, index, id, value);
  if (id < tops_[i].first) tops_[i].first = id;
  ++size_;
  return true;
}

template <class Value>
void IdMap<Value>::Append(const StreamId& id, const Value& value) {
  if (size_ == 0 || tops_.back().chunk->size == kCapacityMax) tops_.push_back({id, NewChunk(kCapacityMin)});
  const std::size_t i = tops_.size() - 1;
  InsertInChunk(i, tops_[i].chunk->size, id, value);
  ++size_;
}

template <class Value>
void IdMap<Value>::InsertInChunk(std::size_t i, std::size_t index, const StreamId& id, const Value& value) {
  if (tops_[i].chunk->begin + tops_[i].chunk->size == tops_[i].chunk->capacity) {
    const std::size_t size = tops_[i].chunk->size;
    Resize(i, std::min(size + std::max<std::size_t>(size, kCapacityMin), kCapacityMax));
  }
  Chunk* chunk = tops_[i].chunk;
  const std::size_t behind = chunk->size - index;
  StreamId* ids = chunk->Ids() + index;
  Value* values = chunk->Values() + index;
  std::memmove(ids + 1, ids, behind * sizeof(StreamId));
  std::memmove(static_cast<void*>(values + 1), values, behind * sizeof(Value));
  *ids = id;
  *values = value;
  ++chunk->size;
}

template <class Value>
void IdMap<Value>::Split(std::size_t i) {
  Chunk* whole = tops_[i].chunk;
  const std::size_t left = whole->size / 2;
  Chunk* right = NewChunk(kCapacityMax);
  Copy(whole, left, whole->size - left, right);
  whole->size = static_cast<std::uint16_t>(left);
  tops_.insert(tops_.begin() + static_cast<std::ptrdiff_t>(i) + 1, Top{right->Ids()[0], right});
}

template <class Value>
void IdMap<Value>::EraseAt(Cursor at) {
  Chunk* chunk = tops_[at.chunk].chunk;
  const std::size_t behind = chunk->size - at.index - 1;
  StreamId* ids = chunk->Ids();
  Value* values = chunk->Values();
  if (at.index < behind) {
    std::memmove(ids + 1, ids, at.index * sizeof(StreamId));
    std::memmove(static_cast<void*>(values + 1), values, at.index * sizeof(Value));
    ++chunk->begin;
  } else {
    std::memmove(ids + at.index, ids + at.index + 1, behind * sizeof(StreamId));
    std::memmove(static_cast<void*>(values + at.index), values + at.index + 1, behind * sizeof(Value));
  }
  --chunk->size;
  --size_;
  if (chunk->size == 0) {
    DropChunk(at.chunk);
  } else if (chunk->size * 4U < chunk->capacity) {
    Tidy(at.chunk);
  }
}

template <class Value>
void IdMap<Value>::DropTop(std::size_t i) {
  if (i == head_) {
    ++head_;
  } else {
    tops_.erase(tops_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (head_ == tops_.size()) {
    CountedVector<Top>().swap(tops_);
    head_ = 0;
  } else if (head_ > 16 && head_ > tops_.size() / 2) {
    tops_.erase(tops_.begin(), tops_.begin() + static_cast<std::ptrdiff_t>(head_));
    tops_.shrink_to_fit();
    head_ = 0;
  }
}

template <class Value>
void IdMap<Value>::Tidy(std::size_t i) {
  const std::size_t size = tops_[i].chunk->size;
  if (i + 1 < tops_.size() && size + tops_[i + 1].chunk->size <= kCapacityMax / 2) {
    Resize(i, kCapacityMax / 2);
    Chunk* next = tops_[i + 1].chunk;
    Copy(next, 0, next->size, tops_[i].chunk);
    DropChunk(i + 1);
  } else if (tops_[i].chunk->capacity > 2 * kCapacityMin) {
    Resize(i, size * 2);
  }
}

template <class Value>
void IdMap<Value>::CheckConsistency() const {
  std::size_t count = 0;
  std::size_t bytes = 0;
  const StreamId* last = nullptr;
  for (std::size_t i = head_; i < tops_.size(); ++i) {
    Chunk* chunk = tops_[i].chunk;
    CHECK(chunk->size > 0 && chunk->begin + chunk->size <= chunk->capacity && chunk->capacity <= kCapacityMax);
    CHECK(tops_[i].first <= chunk->Ids()[0] && (last == nullptr || *last < tops_[i].first));
    for (std::size_t k = 0; k < chunk->size; ++k) {
      CHECK(last == nullptr || *last < chunk->Ids()[k]);
      last = &chunk->Ids()[k];
    }
    count += chunk->size;
    bytes += AllocatedBytes(chunk);
  }
  CHECK(count == size_ && bytes == chunk_bytes_);
}

}  // namespace zedis::types

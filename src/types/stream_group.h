// A consumer group of a stream: how far it has read, and what it has delivered to whom without being told that it is
// done. What is pending is a record that the group and the consumer share; each has an index of its own by id, so that
// reading on, acknowledging and claiming cost O(log n), in order O(1).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "types/counted.h"
#include "types/id_map.h"
#include "types/stream_id.h"

namespace zedis::types {

class StreamConsumer;

// One entry that was delivered and not yet acknowledged.
struct PendingEntry : Counted {
  std::int64_t delivered_at_ms = 0;
  std::uint64_t deliveries = 1;
  StreamConsumer* consumer = nullptr;
};

using PendingMap = IdMap<PendingEntry*>;

class StreamConsumer : public Counted {
 public:
  static constexpr std::int64_t kNever = -1;

  StreamConsumer(std::string_view name, std::int64_t now_ms) : seen_at_ms(now_ms), name_(name) {}

  [[nodiscard]] std::string_view Name() const { return name_; }
  [[nodiscard]] const PendingMap& Pending() const { return pending_; }
  [[nodiscard]] std::size_t MemoryBytes() const {
    return AllocatedBytes(const_cast<StreamConsumer*>(this)) + HeapBytes(name_) + pending_.HeapBytes();
  }

  std::int64_t seen_at_ms;             // when it last asked for entries
  std::int64_t active_at_ms = kNever;  // when it last got any

 private:
  friend class StreamGroup;
  CountedString name_;
  PendingMap pending_;
};

class StreamGroup : public Counted {
 public:
  StreamGroup(std::string_view name, const StreamId& last, std::optional<std::int64_t> read)
      : last_id(last), entries_read(read), name_(name) {}
  StreamGroup(const StreamGroup&) = delete;
  StreamGroup& operator=(const StreamGroup&) = delete;
  ~StreamGroup();

  [[nodiscard]] std::string_view Name() const { return name_; }
  [[nodiscard]] const PendingMap& Pending() const { return pending_; }
  // In the order of their names' bytes.
  [[nodiscard]] const CountedVector<StreamConsumer*>& Consumers() const { return consumers_; }
  // O(consumers).
  [[nodiscard]] std::size_t MemoryBytes() const;
  [[nodiscard]] StreamGroup* Duplicate() const;

  // Null if there is none by this name. O(log consumers).
  [[nodiscard]] StreamConsumer* FindConsumer(std::string_view name) const;
  // REQUIRES: there is none by this name.
  StreamConsumer* CreateConsumer(std::string_view name, std::int64_t now_ms);
  // What it had pending goes with it. O(its pending entries).
  void DeleteConsumer(StreamConsumer* consumer);

  // Null if it is not pending.
  [[nodiscard]] PendingEntry* FindPending(const StreamId& id) {
    PendingEntry** found = pending_.Find(id);
    return found != nullptr ? *found : nullptr;
  }
  // Makes it pending for this consumer, delivered now for the first time, whoever had it before.
  void Deliver(const StreamId& id, StreamConsumer* consumer, std::int64_t now_ms);
  // The consumer that has it becomes another. REQUIRES: `entry` is what is pending under this id.
  void Assign(const StreamId& id, PendingEntry* entry, StreamConsumer* consumer);
  // It is done: false if it was not pending.
  bool Acknowledge(const StreamId& id);

  // Frees a part of it and takes from `steps` what that took; true when all is gone but itself.
  bool FreeSlice(std::size_t& steps);

  // For tests: CHECKs all that holds between calls.
  void CheckConsistency() const;

  StreamId last_id;                          // of what was delivered
  std::optional<std::int64_t> entries_read;  // how many entries there were up to that, if that is known

 private:
  [[nodiscard]] CountedVector<StreamConsumer*>::const_iterator PlaceOf(std::string_view name) const;

  CountedString name_;
  PendingMap pending_;
  CountedVector<StreamConsumer*> consumers_;
};

}  // namespace zedis::types

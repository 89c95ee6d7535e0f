// The one door for writes. A handler that has changed a key says so once, through Context::Changed; everything that
// follows from a change is done by observers that handlers do not know: WATCH, blocked clients, keyspace notifications,
// client-side caching, the command log.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/tunables.h"
#include "store/database.h"

namespace zedis::engine {

class Context;

// An event of keyspace notification: its class and its name.
struct Event {
  base::NotifyFlag event_class;
  std::string_view name;
  // False: how far groups have read a stream has changed and not what is in it. As in Redis, that does not touch those
  // who watch the key or keep its value.
  bool new_value = true;
};

// Of a change that Redis tells no subscriber of: a string that only grew, by zeros.
inline constexpr Event kUnannounced{static_cast<base::NotifyFlag>(0), "unannounced"};

struct Change {
  const store::Key& key;
  int database;
  Event event;
};

class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  // Called by the worker that changed the key, under the lock of its shard. An observer may note what it saw and post
  // tasks; it takes no lock of a shard and runs no command.
  virtual void OnChange(Context& ctx, const Change& change) = 0;
  // A key was read that is not there; nothing has changed. Under the lock of its shard. Only told while
  // notify-keyspace-events has an m.
  virtual void OnMiss(Context& /*ctx*/, const Change& /*what*/) {}
  // All keys of a database are about to go. Under all locks.
  virtual void OnFlush(Context& /*ctx*/, int /*database*/) {}
  // Two databases have exchanged their keys. Under all locks.
  virtual void OnSwap(Context& /*ctx*/, int /*one*/, int /*other*/) {}
};

class WriteDoor {
 public:
  // Whether an observer hears of everything, or only while there is interest.
  enum class Hears : std::uint8_t { kAlways, kOnInterest };

  // REQUIRES: no worker runs yet.
  void AddObserver(WriteObserver& observer, Hears hears = Hears::kAlways) {
    observers_.push_back(&observer);
    if (hears == Hears::kAlways) AddInterest();
  }

  // How many things there are that a change of a key may concern: watched keys, waiting clients, clients that cache.
  // While there are none a change costs one look at this counter. Any thread; who adds interest in one key does so
  // under the lock of its shard, so the next change of the key is seen.
  void AddInterest(int count = 1) const { interest_.fetch_add(count, std::memory_order_relaxed); }
  void RemoveInterest(int count = 1) const { interest_.fetch_sub(count, std::memory_order_relaxed); }

  void Report(Context& ctx, const Change& change) const {
    if (interest_.load(std::memory_order_relaxed) == 0) [[likely]]
      return;
    for (WriteObserver* observer : observers_) observer->OnChange(ctx, change);
  }
  void ReportMiss(Context& ctx, const Change& what) const {
    for (WriteObserver* observer : observers_) observer->OnMiss(ctx, what);
  }
  void ReportFlush(Context& ctx, int database) const {
    for (WriteObserver* observer : observers_) observer->OnFlush(ctx, database);
  }
  void ReportSwap(Context& ctx, int one, int other) const {
    for (WriteObserver* observer : observers_) observer->OnSwap(ctx, one, other);
  }

 private:
  std::vector<WriteObserver*> observers_;
  mutable std::atomic<int> interest_{0};
};

}  // namespace zedis::engine

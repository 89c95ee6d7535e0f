// The one door for writes. A handler that has changed a key says so once, through Context::Changed; everything that
// follows from a change is done by observers that handlers do not know: WATCH, blocked clients, keyspace notifications,
// client-side caching, the command log.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/tunables.h"
#include "store/database.h"

namespace zedis::engine {

// An event of keyspace notification: its class and its name.
struct Event {
  base::NotifyFlag event_class;
  std::string_view name;
};

struct Change {
  const store::Key& key;
  int database;
  Event event;
};

class WriteObserver {
 public:
  virtual ~WriteObserver() = default;
  // Called by the worker that changed the key, under the lock of its shard.
  virtual void OnChange(const Change& change) = 0;
  // A key was read that is not there; nothing has changed. Under the lock of its shard. Only told while
  // notify-keyspace-events has an m.
  virtual void OnMiss(const Change& /*what*/) {}
  // All keys of a database are about to go. Under all locks.
  virtual void OnFlush(int /*database*/) {}
  // Two databases have exchanged their keys. Under all locks.
  virtual void OnSwap(int /*one*/, int /*other*/) {}
};

class WriteDoor {
 public:
  // REQUIRES: no worker runs yet.
  void AddObserver(WriteObserver& observer) { observers_.push_back(&observer); }
  void Report(const Change& change) const {
    for (WriteObserver* observer : observers_) observer->OnChange(change);
  }
  void ReportMiss(const Change& what) const {
    for (WriteObserver* observer : observers_) observer->OnMiss(what);
  }
  void ReportFlush(int database) const {
    for (WriteObserver* observer : observers_) observer->OnFlush(database);
  }
  void ReportSwap(int one, int other) const {
    for (WriteObserver* observer : observers_) observer->OnSwap(one, other);
  }

 private:
  std::vector<WriteObserver*> observers_;
};

}  // namespace zedis::engine

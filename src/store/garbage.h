// What is to be freed in slices, so that no command pays for a large value: collections taken out of their entries,
// and the tables of flushed databases with everything in them. Belongs to one shard, under its lock.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include "store/database.h"

namespace zedis::store {

class GarbageList {
 public:
  GarbageList() = default;
  GarbageList(const GarbageList&) = delete;
  GarbageList& operator=(const GarbageList&) = delete;
  ~GarbageList();

  void AddValue(Type type, void* far) { values_.push_back({type, far}); }
  void AddDatabase(std::unique_ptr<Database> database) { databases_.push_back(std::move(database)); }

  bool empty() const { return values_.empty() && databases_.empty(); }
  std::size_t size() const { return values_.size() + databases_.size(); }

  // One slice, some tens of microseconds. False when nothing is left.
  bool FreeSlice();

 private:
  struct FarValue {
    Type type;
    void* far;
  };
  std::deque<FarValue> values_;
  std::deque<std::unique_ptr<Database>> databases_;
};

}  // namespace zedis::store

// Watches: which sessions watch which keys. WATCH adds, a change of the key touches: the session's EXEC is going to do
// nothing. Everything here is guarded by the lock of the key's shard.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "engine/door.h"
#include "engine/key_table.h"
#include "engine/session.h"

namespace zedis::engine {

class Watches final : public WriteObserver {
 public:
  Watches(const store::Keyspace& keyspace, const WriteDoor& door)
      : keyspace_(keyspace), door_(door), table_(keyspace) {}

  // REQUIRES: the lock of the key's shard. False if the session watches it already.
  bool Add(const store::Key& key, int database, Session& session);
  // REQUIRES: the lock of the key's shard, and that the session watches it.
  void Remove(const store::Key& key, int database, Session& session);

  // Any thread.
  std::uint64_t keys() const { return keys_.load(std::memory_order_relaxed); }

  void OnChange(Context& ctx, const Change& change) override;
  void OnFlush(Context& ctx, int database) override;
  void OnSwap(Context& ctx, int one, int other) override;

 private:
  struct Watcher {
    Session* session;
    // The key that was absent when it was watched has come by SWAPDB and was due already, which makes it as absent as
    // before: that it is erased some day is no change.
    bool came_due = false;

    void Touch() const { session->watch_touched.Set(true); }
  };
  using Watchers = std::vector<Watcher>;

  void Swapped(Context& ctx, int database, int other);

  const store::Keyspace& keyspace_;
  const WriteDoor& door_;
  KeyTable<Watchers> table_;
  std::atomic<std::uint64_t> keys_{0};
};

}  // namespace zedis::engine

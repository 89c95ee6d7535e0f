// The lock discipline. Dispatch takes the locks of a command before its handler runs and releases them after.
//
// One key: its shard's lock. Several: all their shards' locks, by trying; if one is busy, all are released, the busy
// one is waited for while holding nothing, and it starts over from there (as std::lock does). Nobody who holds a lock
// ever waits for another, with one exception: the holder of the one token. Since there is at most one such party, and
// everybody else lets go, no cycle of waiters can form.
//
// The token is taken before any lock, by commands on the whole keyspace, and by a command on several keys that has
// failed kAttemptsMax times, so that nobody starves.
//
// With one worker there is nobody to lock out, and locking is skipped.
#pragma once

#include <cstdint>
#include <vector>

#include "base/lock.h"
#include "store/keyspace.h"

namespace zedis::engine {

class LockTable {
 public:
  LockTable(store::Keyspace& keyspace, bool several_threads) : keyspace_(keyspace), several_threads_(several_threads) {}

  store::Keyspace& keyspace() const { return keyspace_; }
  bool several_threads() const { return several_threads_; }

 private:
  friend class LockSet;
  store::Keyspace& keyspace_;
  const bool several_threads_;
  base::SpinLock token_;
};

// The locks one worker holds for the command it runs. Reused from command to command.
class LockSet {
 public:
  explicit LockSet(LockTable& table) : table_(table) {}
  LockSet(const LockSet&) = delete;
  LockSet& operator=(const LockSet&) = delete;

  // False with one worker: there is nobody to lock out.
  bool needed() const { return table_.several_threads_; }

  void LockOne(int shard) {
    if (table_.several_threads_) table_.keyspace_.shard(shard).lock.Lock();
  }
  void UnlockOne(int shard) {
    if (table_.several_threads_) table_.keyspace_.shard(shard).lock.Unlock();
  }
  // For periodic work: whoever serves clients goes first.
  bool TryLockOne(int shard) { return !table_.several_threads_ || table_.keyspace_.shard(shard).lock.TryLock(); }

  // Collect shards, in any order, each as often as it comes; then lock them all.
  void Add(int shard) { wanted_.push_back(static_cast<std::uint16_t>(shard)); }
  void LockAdded();
  void UnlockAdded();

  void LockAll();
  void UnlockAll();
  bool holds_all() const { return holds_all_; }

 private:
  static constexpr int kAttemptsMax = 32;

  bool TryFrom(std::size_t first_held, std::size_t& failed);

  LockTable& table_;
  std::vector<std::uint16_t> wanted_;
  bool holds_token_ = false;
  bool holds_all_ = false;
};

}  // namespace zedis::engine

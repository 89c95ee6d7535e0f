#include "engine/locks.h"

#include <algorithm>

namespace zedis::engine {

// Tries all wanted locks but `held`, which is held already. On failure holds nothing and says which was busy.
bool LockSet::TryFrom(std::size_t held, std::size_t& failed) {
  store::Keyspace& keyspace = table_.keyspace_;
  for (std::size_t i = 0; i < wanted_.size(); ++i) {
    if (i == held || keyspace.shard(wanted_[i]).lock.TryLock()) continue;
    for (std::size_t j = 0; j < i; ++j) {
      if (j != held) keyspace.shard(wanted_[j]).lock.Unlock();
    }
    if (held < wanted_.size()) keyspace.shard(wanted_[held]).lock.Unlock();
    failed = i;
    return false;
  }
  return true;
}

void LockSet::LockAdded() {
  if (!table_.several_threads_) return;
  std::sort(wanted_.begin(), wanted_.end());
  wanted_.erase(std::unique(wanted_.begin(), wanted_.end()), wanted_.end());
  std::size_t held = wanted_.size();  // none
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    std::size_t failed = 0;
    if (TryFrom(held, failed)) return;
    held = failed;
    table_.keyspace_.shard(wanted_[held]).lock.Lock();
  }
  if (held < wanted_.size()) table_.keyspace_.shard(wanted_[held]).lock.Unlock();
  table_.token_.Lock();
  holds_token_ = true;
  for (const std::uint16_t shard : wanted_) table_.keyspace_.shard(shard).lock.Lock();
}

void LockSet::UnlockAdded() {
  if (table_.several_threads_) {
    for (const std::uint16_t shard : wanted_) table_.keyspace_.shard(shard).lock.Unlock();
    if (holds_token_) table_.token_.Unlock();
    holds_token_ = false;
  }
  wanted_.clear();
}

void LockSet::LockAll() {
  holds_all_ = true;
  if (!table_.several_threads_) return;
  table_.token_.Lock();
  for (int i = 0; i < table_.keyspace_.shards(); ++i) table_.keyspace_.shard(i).lock.Lock();
}

void LockSet::UnlockAll() {
  holds_all_ = false;
  if (!table_.several_threads_) return;
  for (int i = 0; i < table_.keyspace_.shards(); ++i) table_.keyspace_.shard(i).lock.Unlock();
  table_.token_.Unlock();
}

}  // namespace zedis::engine

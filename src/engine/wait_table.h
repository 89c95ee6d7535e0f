// WaitTable: which clients wait at which key, first come first served. Shared by all workers; what concerns a key is
// guarded by the lock of its shard, which whoever looks for nothing and then waits holds all the time, so that no
// change comes between.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

#include "engine/door.h"
#include "engine/key_table.h"
#include "engine/waiter.h"

namespace zedis::engine {

class WaitTable : public WriteObserver {
 public:
  WaitTable(const store::Keyspace& keyspace, const WriteDoor& door) : door_(door), queues_(keyspace) {}

  std::uint64_t NewNumber() { return next_number_.fetch_add(1, std::memory_order_relaxed); }

  // All REQUIRE the locks of the keys' shards.
  void Enter(const std::shared_ptr<Waiter>& waiter);
  void Leave(const Waiter& waiter);
  // The first behind number `after` that may be served with what the key holds; null: nobody.
  std::shared_ptr<Waiter> Next(const store::Key& key, int database, std::uint64_t after, const store::Entry* entry);
  // Whether somebody waits for this at the key.
  bool IsAwaited(const store::Key& key, int database, WaitFor what);

  // For INFO; any thread.
  std::int64_t keys() const { return keys_.load(std::memory_order_relaxed); }
  std::int64_t keys_of_groups() const { return keys_of_groups_.load(std::memory_order_relaxed); }
  std::int64_t clients() const { return clients_.load(std::memory_order_relaxed); }
  std::int64_t clients_with_deadline() const { return clients_with_deadline_.load(std::memory_order_relaxed); }
  void CountClient(const Waiter& waiter, int change) {
    clients_.fetch_add(change, std::memory_order_relaxed);
    if (waiter.deadline_ms != 0) clients_with_deadline_.fetch_add(change, std::memory_order_relaxed);
  }

  void OnChange(Context& ctx, const Change& change) override;
  void OnFlush(Context& ctx, int database) override;
  void OnSwap(Context& ctx, int one, int other) override;

 private:
  struct Queue {
    std::map<std::uint64_t, std::shared_ptr<Waiter>> waiters;  // by their numbers
    std::size_t of_groups = 0;
  };

  void NoteAll(Context& ctx, int database);

  const WriteDoor& door_;
  KeyTable<Queue> queues_;
  std::atomic<std::uint64_t> next_number_{1};
  std::atomic<std::int64_t> keys_{0};
  std::atomic<std::int64_t> keys_of_groups_{0};
  std::atomic<std::int64_t> clients_{0};
  std::atomic<std::int64_t> clients_with_deadline_{0};
};

}  // namespace zedis::engine

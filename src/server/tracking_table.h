// TrackingTable: which clients cache which keys of one shard. Under the lock of the shard.
//
// A key is its 64-bit hash and nothing else: a collision would only tell a client to forget a key that has not changed.
// Hash and clients are 12 bytes, in tables of open addressing (linear probing, entries moved back when one goes) that
// grow by a quarter when they are 4/5 full: 15 to 19 bytes a key. There are several tables in each shard, so that
// growing one moves some thousand keys and not a million.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "server/client_sets.h"

namespace zedis::server {

class TrackingTable {
 public:
  // `parts`: into how many tables it is cut, a power of two. Positions come from the hash's lower bits.
  explicit TrackingTable(std::size_t parts) : parts_(parts) {}

  std::size_t keys() const { return keys_; }
  // Clients of all keys together.
  std::size_t items() const { return items_; }
  std::size_t bytes() const;

  void Add(std::uint64_t hash, ClientNumber client);

  // Calls visit(ClientNumber) for each client of the key, and forgets the key. False if nobody caches it.
  template <class Visit>
  bool Take(std::uint64_t hash, Visit visit) {
    Part& part = PartOf(hash);
    const std::size_t slot = part.Find(hash);
    if (slot == kNowhere) return false;
    TakeSlot(part, slot, visit);
    return true;
  }

  // The same for some key, chosen by a random number; visit(hash, ClientNumber). REQUIRES: keys() != 0.
  template <class Visit>
  void TakeAny(std::uint64_t random, Visit visit) {
    std::size_t number = random % parts_.size();
    while (parts_[number].used == 0) number = (number + 1) % parts_.size();
    Part& part = parts_[number];
    const std::size_t slot = part.FirstFrom((random >> 32) % part.capacity);
    const std::uint64_t hash = part.entries[slot].hash();
    TakeSlot(part, slot, [&](ClientNumber client) { visit(hash, client); });
  }

  void Clear();

 private:
  static constexpr std::size_t kNowhere = ~std::size_t{0};
  static constexpr std::size_t kCapacityMin = 8;

  struct Entry {
    std::uint32_t low, high;
    ClientSets::Name clients;

    std::uint64_t hash() const { return std::uint64_t{high} << 32 | low; }
  };
  static_assert(sizeof(Entry) == 12, "a key that one client caches");

  struct Part {
    std::unique_ptr<Entry[]> entries;
    std::uint32_t capacity = 0;
    std::uint32_t used = 0;

    std::size_t Home(std::uint64_t hash) const;
    std::size_t Next(std::size_t slot) const { return slot + 1 == capacity ? 0 : slot + 1; }
    std::size_t Find(std::uint64_t hash) const;
    std::size_t FirstFrom(std::size_t slot) const;
    void Insert(const Entry& entry);
    void Erase(std::size_t slot);
    void Resize(std::size_t new_capacity);
  };

  Part& PartOf(std::uint64_t hash) { return parts_[hash & (parts_.size() - 1)]; }
  template <class Visit>
  void TakeSlot(Part& part, std::size_t slot, Visit visit) {
    const ClientSets::Name clients = part.entries[slot].clients;
    part.Erase(slot);
    --keys_;
    for (const ClientNumber client : sets_.Members(clients)) {
      --items_;
      visit(client);
    }
    sets_.Release(clients);
  }

  std::vector<Part> parts_;
  ClientSets sets_;
  std::size_t keys_ = 0;
  std::size_t items_ = 0;
};

}  // namespace zedis::server

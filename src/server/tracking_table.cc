#include "server/tracking_table.h"

#include <algorithm>

namespace zedis::server {
namespace {

// A place without a key has no client; numbers begin at 1.
constexpr ClientSets::Name kEmpty = 0;

}  // namespace

// The shard is chosen by the hash's upper bits, the part by its lowest; what is between is spread over the table.
std::size_t TrackingTable::Part::Home(std::uint64_t hash) const {
  const auto middle = static_cast<std::uint32_t>(hash >> 12);
  return static_cast<std::size_t>(std::uint64_t{middle} * capacity >> 32);
}

std::size_t TrackingTable::Part::Find(std::uint64_t hash) const {
  if (used == 0) return kNowhere;
  for (std::size_t slot = Home(hash); entries[slot].clients != kEmpty; slot = Next(slot)) {
    if (entries[slot].hash() == hash) return slot;
  }
  return kNowhere;
}

std::size_t TrackingTable::Part::FirstFrom(std::size_t slot) const {
  while (entries[slot].clients == kEmpty) slot = Next(slot);
  return slot;
}

void TrackingTable::Part::Insert(const Entry& entry) {
  std::size_t slot = Home(entry.hash());
  while (entries[slot].clients != kEmpty) slot = Next(slot);
  entries[slot] = entry;
  ++used;
}

// Whoever was pushed behind the hole moves into it, so that no search ends too early.
void TrackingTable::Part::Erase(std::size_t slot) {
  --used;
  std::size_t hole = slot;
  for (std::size_t i = Next(hole); entries[i].clients != kEmpty; i = Next(i)) {
    const std::size_t home = Home(entries[i].hash());
    // Distances around the table: the entry may move if its home is not behind the hole.
    const std::size_t from_home = (i + capacity - home) % capacity;
    const std::size_t from_hole = (i + capacity - hole) % capacity;
    if (from_home < from_hole) continue;
    entries[hole] = entries[i];
    hole = i;
  }
  entries[hole].clients = kEmpty;
  if (capacity > kCapacityMin && used < capacity / 2) Resize(capacity * 5 / 8);
}

void TrackingTable::Part::Resize(std::size_t new_capacity) {
  const std::unique_ptr<Entry[]> old = std::move(entries);
  const std::size_t old_capacity = capacity;
  capacity = static_cast<std::uint32_t>(std::max(new_capacity, kCapacityMin));
  entries = std::make_unique<Entry[]>(capacity);
  used = 0;
  for (std::size_t i = 0; i < old_capacity; ++i) {
    if (old[i].clients != kEmpty) Insert(old[i]);
  }
}

void TrackingTable::Add(std::uint64_t hash, ClientNumber client) {
  Part& part = PartOf(hash);
  if (const std::size_t slot = part.Find(hash); slot != kNowhere) {
    ClientSets::Name& clients = part.entries[slot].clients;
    const std::size_t before = sets_.Members(clients).size();
    clients = sets_.Add(clients, client);
    items_ += sets_.Members(clients).size() - before;
    return;
  }
  if ((std::size_t{part.used} + 1) * 5 > std::size_t{part.capacity} * 4)
    part.Resize(std::size_t{part.capacity} * 5 / 4 + 1);
  part.Insert({static_cast<std::uint32_t>(hash), static_cast<std::uint32_t>(hash >> 32), ClientSets::Only(client)});
  ++keys_;
  ++items_;
}

std::size_t TrackingTable::bytes() const {
  std::size_t bytes = parts_.capacity() * sizeof(Part);
  for (const Part& part : parts_) bytes += part.capacity * sizeof(Entry);
  return bytes;
}

void TrackingTable::Clear() {
  for (Part& part : parts_) part = {};
  sets_ = {};
  keys_ = items_ = 0;
}

}  // namespace zedis::server

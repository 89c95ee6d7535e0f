// KeyTable: something kept for single keys that somebody is interested in (watched keys, keys that clients wait for).
// Cut into shards like the keyspace: what belongs to a key is guarded by the lock of the key's shard.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/keyspace.h"

namespace zedis::engine {

template <class T>
class KeyTable {
 public:
  explicit KeyTable(const store::Keyspace& keyspace)
      : keyspace_(keyspace), parts_(static_cast<std::size_t>(keyspace.shards())) {}

  // All REQUIRE the lock of the key's shard.
  T* Find(const store::Key& key, int database) {
    Part& part = PartOf(key);
    if (part.empty()) return nullptr;
    const auto found = part.find(NameView{key.hash, database, key.bytes});
    return found == part.end() ? nullptr : &found->second;
  }
  T& FindOrMake(const store::Key& key, int database) {
    if (T* found = Find(key, database)) return *found;
    return PartOf(key).emplace(Name{key.hash, database, std::string(key.bytes)}, T{}).first->second;
  }
  void Erase(const store::Key& key, int database) {
    Part& part = PartOf(key);
    const auto found = part.find(NameView{key.hash, database, key.bytes});
    if (found != part.end()) part.erase(found);
  }

  // Calls visit(const store::Key&, T&) for what is kept of one shard and database. `visit` must not add or erase.
  template <class Visit>
  void ForEach(int shard, int database, Visit visit) {
    for (auto& [name, value] : parts_[static_cast<std::size_t>(shard)]) {
      if (name.database == database) visit(store::Key{name.bytes, name.hash, {}}, value);
    }
  }

 private:
  struct NameView {
    std::uint64_t hash;
    int database;
    std::string_view bytes;
    bool operator==(const NameView&) const = default;
  };
  struct Name {
    std::uint64_t hash;
    int database;
    std::string bytes;
    operator NameView() const { return {hash, database, bytes}; }  // NOLINT: meant to convert
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const NameView& name) const {
      return name.hash + static_cast<std::size_t>(name.database) * 0x9e3779b97f4a7c15ull;
    }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const NameView& one, const NameView& other) const { return one == other; }
  };
  struct alignas(64) Part : std::unordered_map<Name, T, Hash, Equal> {};

  Part& PartOf(const store::Key& key) { return parts_[static_cast<std::size_t>(keyspace_.ShardOf(key))]; }

  const store::Keyspace& keyspace_;
  std::vector<Part> parts_;
};

}  // namespace zedis::engine

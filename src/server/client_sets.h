// ClientSets: which clients cache a key, as 32 bits. Nearly always it is one client, and those bits are its number;
// where there are several they name a set, and keys that the same clients cache share one. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace zedis::server {

// A client that caches, as the tables name it. Never used again for another.
using ClientNumber = std::uint32_t;

class ClientSets {
 public:
  // A client's number, or with kIsSet an index of sets_.
  using Name = std::uint32_t;
  static constexpr ClientNumber kClientNumberMax = 0x7fffffff;

  // The name of the set with the client added. `name` is given up. O(log sets + members).
  Name Add(Name name, ClientNumber client);
  void Release(Name name);

  static constexpr Name Only(ClientNumber client) { return client; }
  // Good until the next call that changes the sets.
  std::span<const ClientNumber> Members(const Name& name) const {
    return (name & kIsSet) == 0 ? std::span(&name, 1) : sets_[name & ~kIsSet]->first;
  }
  std::size_t sets() const { return by_members_.size(); }

 private:
  static constexpr Name kIsSet = 0x80000000;
  struct Use {
    std::uint32_t index;
    std::uint32_t keys;
  };
  using ByMembers = std::map<std::vector<ClientNumber>, Use>;  // members in ascending order

  ByMembers by_members_;
  std::vector<ByMembers::iterator> sets_;
  std::vector<std::uint32_t> free_;
};

}  // namespace zedis::server

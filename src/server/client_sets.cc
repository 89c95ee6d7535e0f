#include "server/client_sets.h"

#include <algorithm>

namespace zedis::server {

ClientSets::Name ClientSets::Add(Name name, ClientNumber client) {
  const std::span<const ClientNumber> before = Members(name);
  const auto place = std::ranges::lower_bound(before, client);
  if (place != before.end() && *place == client) return name;
  std::vector<ClientNumber> members(before.begin(), before.end());
  members.insert(members.begin() + (place - before.begin()), client);
  const auto [found, is_new] = by_members_.try_emplace(std::move(members), Use{0, 0});
  if (is_new) {
    if (free_.empty()) {
      found->second.index = static_cast<std::uint32_t>(sets_.size());
      sets_.push_back(found);
    } else {
      found->second.index = free_.back();
      free_.pop_back();
      sets_[found->second.index] = found;
    }
  }
  ++found->second.keys;
  Release(name);
  return kIsSet | found->second.index;
}

void ClientSets::Release(Name name) {
  if ((name & kIsSet) == 0) return;
  const ByMembers::iterator set = sets_[name & ~kIsSet];
  if (--set->second.keys != 0) return;
  free_.push_back(set->second.index);
  by_members_.erase(set);
}

}  // namespace zedis::server

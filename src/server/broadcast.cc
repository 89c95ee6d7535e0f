#include "server/broadcast.h"

#include <iterator>
#include <mutex>

namespace zedis::server {

std::shared_ptr<const Broadcast::Prefixes> Broadcast::Current() const {
  const std::lock_guard lock(lock_);
  return prefixes_;
}

std::size_t Broadcast::prefixes() const { return Current()->size(); }

void Broadcast::Join(ClientNumber number, std::span<const std::string> prefixes) {
  const std::lock_guard lock(lock_);
  auto changed = std::make_shared<Prefixes>(*prefixes_);
  for (const std::string& prefix : prefixes) (*changed)[prefix].push_back(number);
  prefixes_ = std::move(changed);
  listeners_.fetch_add(1, std::memory_order_relaxed);
}

void Broadcast::Leave(ClientNumber number) {
  const std::lock_guard lock(lock_);
  auto changed = std::make_shared<Prefixes>(*prefixes_);
  for (auto prefix = changed->begin(); prefix != changed->end();) {
    std::erase(prefix->second, number);
    prefix = prefix->second.empty() ? changed->erase(prefix) : std::next(prefix);
  }
  prefixes_ = std::move(changed);
  listeners_.fetch_sub(1, std::memory_order_relaxed);
}

void Broadcast::Tell(engine::Context& ctx, const InvalidationPost& post, const ChangedKeys& keys) const {
  const std::shared_ptr<const Prefixes> prefixes = Current();
  std::vector<std::string_view> concerned;
  std::vector<std::string_view> of_others;
  for (const auto& [prefix, clients] : *prefixes) {
    concerned.clear();
    const auto begin = keys.lower_bound(prefix);
    auto end = begin;
    for (; end != keys.end() && end->first.starts_with(prefix); ++end) concerned.push_back(end->first);
    if (concerned.empty()) continue;
    const ForgottenKeys all = ManyForgottenKeys(concerned, concerned.size());
    for (const ClientNumber client : clients) {
      of_others.clear();
      for (auto key = begin; key != end; ++key) {
        if (!post.IsLoop(client, key->second)) of_others.push_back(key->first);
      }
      if (of_others.empty()) continue;
      const bool are_all = of_others.size() == concerned.size();
      post.Tell(ctx, client, 0, are_all ? all : ManyForgottenKeys(of_others, of_others.size()));
    }
  }
}

}  // namespace zedis::server

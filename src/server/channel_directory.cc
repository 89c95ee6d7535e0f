#include "server/channel_directory.h"

#include "base/check.h"

namespace zedis::server {

std::shared_ptr<Seat> Enter(ChannelTable& table, ChannelKind kind, std::string_view name, DeliveryQueue& queue) {
  auto found = table.find(name);
  if (found == table.end()) found = table.emplace(name, Channel{}).first;
  Channel& channel = found->second;
  ++channel.subscribers;
  for (const std::shared_ptr<Seat>& seat : channel.seats) {
    if (&seat->queue == &queue) return seat;
  }
  return channel.seats.emplace_back(std::make_shared<Seat>(kind, std::string(name), queue));
}

void Leave(ChannelTable& table, const Seat& seat) {
  const auto found = table.find(std::string_view(seat.name));
  CHECK(found != table.end());
  Channel& channel = found->second;
  if (seat.members.empty()) {
    std::erase_if(channel.seats, [&](const std::shared_ptr<Seat>& one) { return one.get() == &seat; });
  }
  if (--channel.subscribers == 0) table.erase(found);
}

ChannelDirectory::ChannelDirectory(ChannelKind kind, std::uint64_t seed) : kind_(kind) {
  for (std::size_t i = 0; i < kStripes; ++i) stripes_.emplace_back(seed);
}

std::shared_ptr<Seat> ChannelDirectory::Enter(std::string_view name, DeliveryQueue& queue) {
  Stripe& stripe = StripeOf(name);
  const std::lock_guard lock(stripe.lock);
  const std::size_t before = stripe.table.size();
  std::shared_ptr<Seat> seat = server::Enter(stripe.table, kind_, name, queue);
  size_.fetch_add(stripe.table.size() - before, std::memory_order_relaxed);
  return seat;
}

void ChannelDirectory::Leave(const Seat& seat) {
  Stripe& stripe = StripeOf(seat.name);
  const std::lock_guard lock(stripe.lock);
  const std::size_t before = stripe.table.size();
  server::Leave(stripe.table, seat);
  size_.fetch_sub(before - stripe.table.size(), std::memory_order_relaxed);
}

std::shared_ptr<Seat> PatternDirectory::Enter(std::string_view name, DeliveryQueue& queue) {
  const std::lock_guard lock(lock_);
  list_.reset();
  std::shared_ptr<Seat> seat = server::Enter(table_, ChannelKind::kPattern, name, queue);
  size_.store(table_.size(), std::memory_order_relaxed);
  return seat;
}

void PatternDirectory::Leave(const Seat& seat) {
  const std::lock_guard lock(lock_);
  list_.reset();
  server::Leave(table_, seat);
  size_.store(table_.size(), std::memory_order_relaxed);
}

std::shared_ptr<const PatternDirectory::List> PatternDirectory::Current() {
  const std::lock_guard lock(lock_);
  if (list_ == nullptr) {
    auto list = std::make_shared<List>();
    for (const auto& [name, channel] : table_) {
      const std::size_t begin = list->seats.size();
      list->seats.insert(list->seats.end(), channel.seats.begin(), channel.seats.end());
      list->patterns.push_back({channel.subscribers, begin, list->seats.size()});
    }
    list_ = std::move(list);
  }
  return list_;
}

}  // namespace zedis::server

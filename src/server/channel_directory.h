// ChannelDirectory: which channels (or patterns) have subscribers, how many, and in which workers. Any thread may use
// one.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/hash.h"
#include "base/lock.h"
#include "server/subscriptions.h"

namespace zedis::server {

// Its name is the key of the table that holds it.
struct Channel {
  std::size_t subscribers = 0;               // in all workers
  std::vector<std::shared_ptr<Seat>> seats;  // one for each worker that has some
};

// Names come from clients, so they are hashed with a seed.
struct ChannelHash {
  using is_transparent = void;
  std::uint64_t seed;
  std::size_t operator()(std::string_view name) const { return base::HashBytes(name, seed); }
};
using ChannelTable = std::unordered_map<std::string, Channel, ChannelHash, std::equal_to<>>;

// One subscriber more in the worker of `queue`: its seat, which is new if it is the worker's first.
std::shared_ptr<Seat> Enter(ChannelTable& table, ChannelKind kind, std::string_view name, DeliveryQueue& queue);
// One less. REQUIRES: it has left the seat's members; this is the thread of the seat's worker.
void Leave(ChannelTable& table, const Seat& seat);

// Cut into stripes by name, so that publishers of different channels do not wait for each other.
class ChannelDirectory {
 public:
  ChannelDirectory(ChannelKind kind, std::uint64_t seed);

  std::shared_ptr<Seat> Enter(std::string_view name, DeliveryQueue& queue);
  void Leave(const Seat& seat);

  // How many channels there are.
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  // Calls visit(const Channel&) if there are subscribers, under the lock of its stripe. Costs one look at a counter
  // while there are no channels at all.
  template <class Visit>
  void Find(std::string_view name, Visit visit) const {
    if (size() == 0) return;
    const Stripe& stripe = StripeOf(name);
    const std::lock_guard lock(stripe.lock);
    const auto found = stripe.table.find(name);
    if (found != stripe.table.end()) visit(found->second);
  }
  // Calls visit(name) for all.
  template <class Visit>
  void ForEach(Visit visit) const {
    for (const Stripe& stripe : stripes_) {
      const std::lock_guard lock(stripe.lock);
      for (const auto& [name, channel] : stripe.table) visit(std::string_view(name));
    }
  }

 private:
  struct alignas(64) Stripe {
    mutable base::SpinLock lock;
    ChannelTable table;
    explicit Stripe(std::uint64_t seed) : table(0, ChannelHash{seed}) {}
  };
  static constexpr std::size_t kStripes = 16;

  const Stripe& StripeOf(std::string_view name) const {
    return stripes_[stripes_.front().table.hash_function()(name) >> 60];
  }
  Stripe& StripeOf(std::string_view name) { return const_cast<Stripe&>(std::as_const(*this).StripeOf(name)); }

  const ChannelKind kind_;
  std::deque<Stripe> stripes_;
  std::atomic<std::size_t> size_{0};
};

// Patterns are matched with every message, so publishers share a list of them, which is made anew when one of them
// finds it out of date.
class PatternDirectory {
 public:
  struct List {
    struct Pattern {
      std::size_t subscribers;
      std::size_t seats_begin, seats_end;
    };
    std::vector<std::shared_ptr<Seat>> seats;
    std::vector<Pattern> patterns;
  };

  explicit PatternDirectory(std::uint64_t seed) : table_(0, ChannelHash{seed}) {}

  std::shared_ptr<Seat> Enter(std::string_view name, DeliveryQueue& queue);
  void Leave(const Seat& seat);

  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

  // O(1), or O(patterns and workers) if anybody has subscribed or unsubscribed since the last call.
  std::shared_ptr<const List> Current();

 private:
  base::SpinLock lock_;
  ChannelTable table_;
  std::shared_ptr<const List> list_;  // null: out of date
  std::atomic<std::size_t> size_{0};
};

}  // namespace zedis::server

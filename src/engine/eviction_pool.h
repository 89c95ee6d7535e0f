// EvictionPool: the best candidates for eviction among the keys that were sampled lately.
//
// Sampling a few keys and evicting the best of them approximates LRU poorly; keeping the runners-up for the next time
// makes it good (the idea is Redis's, with 16 places). A key is remembered by its hash: no copy, and one that is gone
// or was used since is noticed when it is looked up again.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace zedis::engine {

struct EvictionCandidate {
  std::uint64_t score;  // the greater, the sooner it goes
  std::uint64_t hash;
  int database;
};

class EvictionPool {
 public:
  static constexpr std::size_t kSize = 16;

  bool empty() const { return size_ == 0; }
  void Clear() { size_ = 0; }

  // Keeps it if there is room or a worse one.
  void Offer(const EvictionCandidate& candidate) {
    const EvictionCandidate* const begin = places_.data();
    if (std::any_of(begin, begin + size_, [&](const EvictionCandidate& place) {
          return place.hash == candidate.hash && place.database == candidate.database;
        })) {
      return;
    }
    if (size_ == kSize) {
      if (places_[0].score >= candidate.score) return;
      std::move(places_.begin() + 1, places_.end(), places_.begin());
      --size_;
    }
    std::size_t at = size_++;
    for (; at > 0 && places_[at - 1].score > candidate.score; --at) places_[at] = places_[at - 1];
    places_[at] = candidate;
  }

  // Takes the best out.
  std::optional<EvictionCandidate> Take() {
    if (size_ == 0) return std::nullopt;
    return places_[--size_];
  }

 private:
  std::array<EvictionCandidate, kSize> places_;  // worst first
  std::size_t size_ = 0;
};

}  // namespace zedis::engine

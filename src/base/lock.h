// The lock of a shard: four bytes, a few nanoseconds when free. Waiters spin for about a microsecond, which is
// longer than most holders need, and then sleep in the kernel (a futex, by std::atomic::wait).
// Source: the three-state mutex of U. Drepper, "Futexes Are Tricky".
#pragma once

#include <immintrin.h>

#include <atomic>
#include <cstdint>

namespace zedis::base {

class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  bool TryLock() {
    std::uint32_t expected = kFree;
    return state_.compare_exchange_strong(expected, kHeld, std::memory_order_acquire, std::memory_order_relaxed);
  }
  void Lock() {
    if (!TryLock()) LockSlow();
  }
  void Unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kHeldWithWaiters) [[unlikely]]
      state_.notify_one();
  }

  // For std::scoped_lock.
  void lock() { Lock(); }
  void unlock() { Unlock(); }
  bool try_lock() { return TryLock(); }

 private:
  enum : std::uint32_t { kFree, kHeld, kHeldWithWaiters };
  static constexpr int kSpins = 50;

  [[gnu::noinline]] void LockSlow() {
    for (int i = 0; i < kSpins; ++i) {
      _mm_pause();
      if (state_.load(std::memory_order_relaxed) == kFree && TryLock()) return;
    }
    while (state_.exchange(kHeldWithWaiters, std::memory_order_acquire) != kFree) {
      state_.wait(kHeldWithWaiters, std::memory_order_relaxed);
    }
  }

  std::atomic<std::uint32_t> state_{kFree};
};

}  // namespace zedis::base

// Poller: epoll with a pointer per descriptor, and Waker, which wakes a poller from another thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "net/socket.h"

namespace zedis::net {

class Poller {
 public:
  static constexpr int kEventsMax = 1024;

  Poller();

  void Add(int descriptor, std::uint32_t events, void* owner);
  void Change(int descriptor, std::uint32_t events, void* owner);
  void Remove(int descriptor);

  // Waits for at most timeout_ms (-1: for ever). Valid until the next Wait.
  std::span<epoll_event> Wait(int timeout_ms);

 private:
  Descriptor epoll_;
  std::array<epoll_event, kEventsMax> events_;
};

// Wakes its poller. The system call is spared while the owner is awake anyway.
class Waker {
 public:
  Waker();
  int descriptor() const { return event_.get(); }

  // Any thread.
  void Wake();

  // The owner, around Poller::Wait: announces that it will sleep; false if it was woken meanwhile and must not.
  void WillSleep() { sleeping_.store(true, std::memory_order_seq_cst); }
  void Awake() { sleeping_.store(false, std::memory_order_relaxed); }
  void Drain();

 private:
  Descriptor event_;
  std::atomic<bool> sleeping_{false};
};

}  // namespace zedis::net

#include "net/poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"

namespace zedis::net {

Poller::Poller() : epoll_(epoll_create1(EPOLL_CLOEXEC)) { CHECK(epoll_); }

void Poller::Add(int descriptor, std::uint32_t events, void* owner) {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, descriptor, &event) == 0);
}

void Poller::Change(int descriptor, std::uint32_t events, void* owner) {
  epoll_event event{.events = events, .data = {.ptr = owner}};
  CHECK(epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, descriptor, &event) == 0);
}

void Poller::Remove(int descriptor) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, descriptor, nullptr); }

std::span<epoll_event> Poller::Wait(int timeout_ms) {
  const int count = epoll_wait(epoll_.get(), events_.data(), kEventsMax, timeout_ms);
  CHECK(count >= 0 || errno == EINTR);
  return {events_.data(), static_cast<std::size_t>(count < 0 ? 0 : count)};
}

Waker::Waker() : event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) { CHECK(event_); }

void Waker::Wake() {
  if (!sleeping_.load(std::memory_order_seq_cst)) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event_.get(), &one, sizeof one);
}

void Waker::Drain() {
  std::uint64_t count;
  [[maybe_unused]] const ssize_t taken = read(event_.get(), &count, sizeof count);
}

}  // namespace zedis::net

// DeliveryQueue: messages on their way to the subscribers of one worker.
//
// A message is delivered at once if the subscribers belong to the worker that publishes, and nothing waits for them;
// otherwise it goes through their worker's queue. So all that one client publishes, and all that happens to one key,
// arrives in its order, wherever the subscribers are.
//
// A message is formatted once for each protocol, not once for each subscriber; the bytes behind its head are shared by
// all workers.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/inbox.h"
#include "engine/context.h"
#include "server/subscriptions.h"

namespace zedis::server {

// The channel and the payload as bulk strings: what every form of the message ends with.
using MessageTail = std::shared_ptr<const std::string>;

class DeliveryQueue {
 public:
  // `desk` is the worker's; null where there is no other worker.
  explicit DeliveryQueue(engine::Desk* desk) : desk_(desk) {}

  engine::Desk* desk() const { return desk_; }

  // Sends a message to a seat of this worker. Any worker; may be called under the lock of a shard.
  void Deliver(engine::Context& ctx, const std::shared_ptr<Seat>& seat, const MessageTail& tail);

 private:
  struct Delivery {
    std::shared_ptr<Seat> seat;
    MessageTail tail;

    std::size_t bytes() const { return sizeof(Delivery) + tail->size(); }
  };

  // Whoever publishes faster than this worker can pass it on rests while more than so much is waiting.
  static constexpr std::size_t kWaitingBytesMax = std::size_t{8} << 20;
  // What is passed on before sockets are written to.
  static constexpr std::size_t kPushedBytesAmple = std::size_t{1} << 20;
  static constexpr std::size_t kFormBytesKept = std::size_t{64} << 10;

  void Send(engine::Context& ctx, Delivery delivery);
  void Wake();
  void Rest(engine::Context& ctx);
  void Drain(engine::Context& ctx);
  void ResumeSenders();
  void Push(engine::Context& ctx, const Seat& seat, const std::string& tail);

  engine::Desk* const desk_;
  base::Inbox<Delivery> inbox_;
  std::atomic<bool> awake_{false};  // a task that drains is posted
  std::atomic<std::size_t> waiting_bytes_{0};
  std::mutex resting_mutex_;
  std::vector<std::shared_ptr<engine::Address>> resting_;  // senders that wait for room

  // Of the worker's own thread.
  std::deque<Delivery> taken_;  // out of the inbox
  std::array<std::string, 2> forms_;
};

}  // namespace zedis::server

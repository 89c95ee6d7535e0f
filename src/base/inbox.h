// Inbox: messages from any thread to one. Lock free: senders push onto a stack with one compare-and-swap, the receiver
// takes the whole stack with one exchange and reverses it, so messages of one sender arrive in order.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

namespace zedis::base {

template <class Message>
class Inbox {
 public:
  Inbox() = default;
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;
  ~Inbox() {
    TakeAll([](Message&&) {});
  }

  // Any thread.
  void Send(Message message) {
    Node* node = new Node{std::move(message), head_.load(std::memory_order_relaxed)};
    while (!head_.compare_exchange_weak(node->next, node, std::memory_order_seq_cst, std::memory_order_relaxed)) {
    }
  }

  bool empty() const { return head_.load(std::memory_order_seq_cst) == nullptr; }

  // The receiver: calls take(Message&&) for all that is there, oldest first.
  template <class Take>
  void TakeAll(Take take) {
    if (head_.load(std::memory_order_relaxed) == nullptr) return;
    Node* newest = head_.exchange(nullptr, std::memory_order_acquire);
    Node* oldest = nullptr;
    while (newest != nullptr) {
      Node* next = std::exchange(newest->next, oldest);
      oldest = std::exchange(newest, next);
    }
    while (oldest != nullptr) {
      const std::unique_ptr<Node> node(oldest);
      oldest = node->next;
      take(std::move(node->message));
    }
  }

 private:
  struct Node {
    Message message;
    Node* next;
  };
  std::atomic<Node*> head_{nullptr};
};

}  // namespace zedis::base

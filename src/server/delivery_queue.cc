#include "server/delivery_queue.h"

#include <fmt/format.h>

#include <iterator>

#include "resp/reply.h"

namespace zedis::server {
namespace {

using engine::Context;
using engine::Session;

// What stands before the tail.
void AppendHead(const Seat& seat, bool resp3, std::string& out) {
  const char marker = resp3 ? '>' : '*';
  switch (seat.kind) {
    case ChannelKind::kChannel:
      out += marker;
      out += "3\r\n$7\r\nmessage\r\n";
      break;
    case ChannelKind::kShard:
      out += marker;
      out += "3\r\n$8\r\nsmessage\r\n";
      break;
    case ChannelKind::kPattern:
      fmt::format_to(std::back_inserter(out), "{}4\r\n$8\r\npmessage\r\n${}\r\n", marker, seat.name.size());
      out += seat.name;
      out += "\r\n";
      break;
  }
}

}  // namespace

void DeliveryQueue::Deliver(Context& ctx, const std::shared_ptr<Seat>& seat, const MessageTail& tail) {
  // Nothing may overtake what waits already.
  if (ctx.desk == desk_ && taken_.empty() && inbox_.empty()) {
    Push(ctx, *seat, *tail);
  } else {
    Send(ctx, {seat, tail});
  }
}

void DeliveryQueue::Send(Context& ctx, Delivery delivery) {
  const std::size_t bytes = delivery.bytes();
  const std::size_t before = waiting_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  inbox_.Send(std::move(delivery));
  if (before + bytes > kWaitingBytesMax) Rest(ctx);
  Wake();
}

void DeliveryQueue::Wake() {
  if (awake_.exchange(true, std::memory_order_seq_cst)) return;
  desk_->Post([this](Context& ctx) { Drain(ctx); });
}

// The session whose command sends has its further requests wait. The next Drain that leaves room lets them run; one is
// sure to come, since Send wakes the worker after this.
void DeliveryQueue::Rest(Context& ctx) {
  if (ctx.session == nullptr || ctx.session->stalled) return;
  ctx.outbox.Stall(*ctx.session);
  const std::lock_guard lock(resting_mutex_);
  resting_.push_back(engine::AddressOf(ctx, *ctx.session));
}

void DeliveryQueue::Drain(Context& ctx) {
  awake_.store(false, std::memory_order_seq_cst);
  inbox_.TakeAll([&](Delivery&& delivery) { taken_.push_back(std::move(delivery)); });
  while (!taken_.empty() && ctx.outbox.pushed_bytes() < kPushedBytesAmple) {
    const Delivery delivery = std::move(taken_.front());
    taken_.pop_front();
    waiting_bytes_.fetch_sub(delivery.bytes(), std::memory_order_relaxed);
    Push(ctx, *delivery.seat, *delivery.tail);
  }
  const bool has_room = waiting_bytes_.load(std::memory_order_relaxed) <= kWaitingBytesMax / 2;
  if (has_room) ResumeSenders();
  if (!has_room || !taken_.empty()) Wake();
}

void DeliveryQueue::ResumeSenders() {
  std::vector<std::shared_ptr<engine::Address>> senders;
  {
    const std::lock_guard lock(resting_mutex_);
    senders.swap(resting_);
  }
  for (std::shared_ptr<engine::Address>& sender : senders) {
    engine::Desk& desk = sender->desk;
    desk.Post([sender = std::move(sender)](Context& ctx) {
      if (sender->session != nullptr) ctx.outbox.Resume(*sender->session);
    });
  }
}

void DeliveryQueue::Push(Context& ctx, const Seat& seat, const std::string& tail) {
  for (const Seat::Member& member : seat.members) {
    const bool resp3 = member.session->protocol.Get() == resp::Protocol::kResp3;
    std::string& form = forms_[resp3 ? 1 : 0];
    if (form.empty()) {
      AppendHead(seat, resp3, form);
      form += tail;
    }
    ctx.outbox.Push(*member.session, form);
  }
  for (std::string& form : forms_) {
    form.clear();
    if (form.capacity() > kFormBytesKept) form.shrink_to_fit();
  }
}

}  // namespace zedis::server

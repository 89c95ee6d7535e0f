#include "server/pubsub.h"

#include <fmt/format.h>

#include <span>
#include <string>

#include "base/glob.h"
#include "server/session_fields.h"

namespace zedis::server {
namespace {

using engine::Context;
using engine::Session;

MessageTail MakeTail(std::string_view channel, std::string_view payload) {
  return std::make_shared<const std::string>(
      fmt::format("${}\r\n{}\r\n${}\r\n{}\r\n", channel.size(), channel, payload.size(), payload));
}

// One message on its way: the tail is made when somebody wants it, and only once.
class Message {
 public:
  Message(Context& ctx, std::string_view channel, std::string_view payload)
      : ctx_(ctx), channel_(channel), payload_(payload) {}

  void DeliverTo(const std::shared_ptr<Seat>& seat) {
    if (tail_ == nullptr) tail_ = MakeTail(channel_, payload_);
    seat->queue.Deliver(ctx_, seat, tail_);
  }

 private:
  Context& ctx_;
  std::string_view channel_;
  std::string_view payload_;
  MessageTail tail_;
};

}  // namespace

Pubsub::Pubsub(std::uint64_t seed)
    : channels_(ChannelKind::kChannel, seed), shard_channels_(ChannelKind::kShard, seed), patterns_(seed) {}

void Pubsub::Subscribe(Context& ctx, ChannelKind kind, std::string_view name) {
  Session& session = *ctx.session;
  if (session.subscriptions == nullptr) session.subscriptions = std::make_unique<Subscriptions>();
  Subscriptions::Places& places = Of(session)->Of(kind);
  if (places.contains(name)) return;
  DeliveryQueue& queue = QueueOf(ctx);
  std::shared_ptr<Seat> seat;
  switch (kind) {
    case ChannelKind::kChannel:
      seat = channels_.Enter(name, queue);
      break;
    case ChannelKind::kShard:
      seat = shard_channels_.Enter(name, queue);
      break;
    case ChannelKind::kPattern:
      seat = patterns_.Enter(name, queue);
      break;
  }
  const std::string_view own_name = seat->name;
  places.emplace(own_name, Place{std::move(seat)}).first->second.Take(session);
  session.output_class = base::OutputClass::kPubsub;
  ShowCounts(session);
}

void Pubsub::Unsubscribe(Context& ctx, ChannelKind kind, std::string_view name) {
  Session& session = *ctx.session;
  Subscriptions* subscriptions = Of(session);
  if (subscriptions == nullptr) return;
  const auto found = subscriptions->Of(kind).find(name);
  if (found == subscriptions->Of(kind).end()) return;
  const std::shared_ptr<Seat> seat = found->second.seat;  // holds the name
  Leave(found->second);
  subscriptions->Of(kind).erase(found);
  if (subscriptions->empty()) {
    UnsubscribeAll(session);
  } else {
    ShowCounts(session);
  }
}

void Pubsub::UnsubscribeAll(Session& session) {
  Subscriptions* subscriptions = Of(session);
  if (subscriptions == nullptr) return;
  for (Subscriptions::Places& places : subscriptions->places) {
    for (const auto& [name, place] : places) Leave(place);
  }
  session.subscriptions.reset();
  session.output_class = base::OutputClass::kNormal;
  ShowCounts(session);
}

void Pubsub::Leave(const Place& place) {
  const Seat& seat = *place.seat;
  place.Leave();
  switch (seat.kind) {
    case ChannelKind::kChannel:
      return channels_.Leave(seat);
    case ChannelKind::kShard:
      return shard_channels_.Leave(seat);
    case ChannelKind::kPattern:
      return patterns_.Leave(seat);
  }
}

void Pubsub::ShowCounts(Session& session) {
  Subscriptions* subscriptions = Of(session);
  const auto count = [&](ChannelKind kind) {
    return static_cast<std::uint32_t>(subscriptions == nullptr ? 0 : subscriptions->Of(kind).size());
  };
  session.shown_channels.Set(count(ChannelKind::kChannel));
  session.shown_patterns.Set(count(ChannelKind::kPattern));
  session.shown_shard_channels.Set(count(ChannelKind::kShard));
  Show(session, Session::kShowPubsub, subscriptions != nullptr);
}

DeliveryQueue& Pubsub::QueueOf(const Context& ctx) {
  const std::lock_guard lock(queues_mutex_);
  for (const auto& queue : queues_) {
    if (queue->desk() == ctx.desk) return *queue;
  }
  return *queues_.emplace_back(std::make_unique<DeliveryQueue>(ctx.desk));
}

std::size_t Pubsub::Publish(Context& ctx, ChannelKind kind, std::string_view channel, std::string_view payload) {
  Message message(ctx, channel, payload);
  std::size_t receivers = 0;
  // Delivered when the lock is released: messages may be long and subscribers many.
  std::vector<std::shared_ptr<Seat>> seats_of_channel;
  Channels(kind).Find(channel, [&](const Channel& found) {
    receivers = found.subscribers;
    seats_of_channel = found.seats;
  });
  for (const std::shared_ptr<Seat>& seat : seats_of_channel) message.DeliverTo(seat);
  if (kind == ChannelKind::kShard || patterns_.size() == 0) return receivers;
  const std::shared_ptr<const PatternDirectory::List> list = patterns_.Current();
  for (const PatternDirectory::List::Pattern& pattern : list->patterns) {
    const auto seats = std::span(list->seats).subspan(pattern.seats_begin, pattern.seats_end - pattern.seats_begin);
    if (!base::GlobMatch(seats.front()->name, channel)) continue;
    receivers += pattern.subscribers;
    for (const std::shared_ptr<Seat>& seat : seats) message.DeliverTo(seat);
  }
  return receivers;
}

}  // namespace zedis::server

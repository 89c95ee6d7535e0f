// Who has subscribed to what, as one worker sees it. Nothing here is shared: a seat's list and a session's
// subscriptions belong to the worker whose sessions they are.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/session.h"

namespace zedis::server {

class DeliveryQueue;

enum class ChannelKind : std::uint8_t { kChannel, kPattern, kShard };
inline constexpr std::size_t kChannelKinds = 3;

struct Place;

// The sessions of one worker that have subscribed to one channel or pattern. Everybody may hold a seat and read what
// it is for; the members are touched in the worker's own thread only. So a message that is under way to a seat needs no
// second look-up, and one that comes too late finds it empty.
struct Seat {
  struct Member {
    engine::Session* session;
    Place* place;
  };

  const ChannelKind kind;
  const std::string name;
  DeliveryQueue& queue;  // of the worker
  std::vector<Member> members = {};
};

// A session's place among the members of a seat.
struct Place {
  std::shared_ptr<Seat> seat;
  std::size_t index = 0;

  void Take(engine::Session& session) {
    index = seat->members.size();
    seat->members.push_back({&session, this});
  }
  // O(1): the last member moves here.
  void Leave() const {
    Seat::Member& member = seat->members[index];
    member = seat->members.back();
    member.place->index = index;
    seat->members.pop_back();
  }
};

// What one session has subscribed to. Names are views of the seats' own.
struct Subscriptions final : engine::SessionPart {
  using Places = std::unordered_map<std::string_view, Place>;

  std::array<Places, kChannelKinds> places;

  Places& Of(ChannelKind kind) { return places[static_cast<std::size_t>(kind)]; }
  // As confirmations count: channels and patterns together, shard channels by themselves.
  std::size_t Count(ChannelKind kind) {
    if (kind == ChannelKind::kShard) return Of(kind).size();
    return Of(ChannelKind::kChannel).size() + Of(ChannelKind::kPattern).size();
  }
  bool empty() const { return places[0].empty() && places[1].empty() && places[2].empty(); }
};

}  // namespace zedis::server

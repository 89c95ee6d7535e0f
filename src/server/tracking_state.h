// What a session has asked for by CLIENT TRACKING. Belongs to its worker.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/session.h"
#include "server/client_sets.h"

namespace zedis::server {

enum class TrackingMode : std::uint8_t {
  kEverything,  // all keys that it reads
  kOptIn,       // those that the command after CLIENT CACHING YES reads
  kOptOut,      // all but those that the command after CLIENT CACHING NO reads
  kBroadcast,   // no keys: it hears of all that begin with its prefixes
};

struct TrackingOptions {
  TrackingMode mode = TrackingMode::kEverything;
  bool no_loop = false;                    // it does not hear of its own changes
  std::uint64_t redirect_id = 0;           // the client that hears instead; 0: itself
  std::vector<std::string> prefixes = {};  // of kBroadcast; "": all keys
};

struct TrackingState final : engine::SessionPart {
  bool is_on = false;
  TrackingOptions options;
  ClientNumber number = 0;     // stays when tracking is switched off and on: what it has read before is still told
  bool caching_given = false;  // by CLIENT CACHING, for the next command
  bool is_broken = false;      // the client that hears instead has gone

  // Null: tracking is off.
  static TrackingState* Of(const engine::Session& session) {
    TrackingState* state = Kept(session);
    return state != nullptr && state->is_on ? state : nullptr;
  }
  // On or off. Null: it never was on.
  static TrackingState* Kept(const engine::Session& session) {
    return static_cast<TrackingState*>(session.tracking.get());
  }
  bool WantsWhatItReads() const {
    switch (options.mode) {
      case TrackingMode::kEverything:
        return true;
      case TrackingMode::kOptIn:
        return caching_given;
      case TrackingMode::kOptOut:
        return !caching_given;
      case TrackingMode::kBroadcast:
        return false;
    }
    return false;
  }
};

}  // namespace zedis::server

// The arguments of GEOSEARCH and GEOSEARCHSTORE, and of the GEORADIUS commands, which say the same in another order.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/context.h"
#include "types/geo_search.h"
#include "types/sorted_set.h"

namespace zedis::commands {

// What the name of a command says about its arguments.
struct GeoCommandForm {
  enum class Start : std::uint8_t {
    kPlace,    // key longitude latitude radius unit
    kMember,   // key member radius unit
    kOptions,  // key, and options say the rest
  };
  Start start = Start::kOptions;
  bool stores = false;     // the target comes before the key
  bool may_store = false;  // options STORE and STOREDIST

  std::size_t source() const { return stores ? 2 : 1; }
};

struct GeoRequest {
  enum class Order : std::uint8_t { kNone, kNearestFirst, kFarthestFirst };

  std::optional<types::GeoArea> area;  // nothing: its centre is a member of a set that is not there
  Order order = Order::kNone;
  std::int64_t count = 0;  // 0: all
  bool any = false;        // the first that are found will do
  bool with_distance = false;
  bool with_hash = false;
  bool with_place = false;
  std::optional<std::size_t> target;  // the argument that is the key to store at
  bool store_distances = false;

  int parts() const { return (with_distance ? 1 : 0) + (with_hash ? 1 : 0) + (with_place ? 1 : 0); }
};

// `set` is what the key holds, null if there is no such key. Members are looked up and errors found in Redis's order.
engine::Expected<GeoRequest> ParseGeoRequest(engine::Context& ctx, engine::Args args, const GeoCommandForm& form,
                                             const types::SortedSetView* set);

}  // namespace zedis::commands

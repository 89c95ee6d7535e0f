// What the commands on places share: how clients write coordinates and units, and how replies show them.
#pragma once

#include <optional>
#include <string_view>

#include "engine/context.h"
#include "types/geohash.h"
#include "types/sorted_set.h"

namespace zedis::commands {

// "13.361389" "38.115556"
engine::Expected<types::GeoPoint> ParseGeoPoint(engine::Context& ctx, std::string_view longitude,
                                                std::string_view latitude);

// M, KM, FT or MI: so many metres.
engine::Expected<double> ParseGeoUnit(std::string_view text);

// Nothing if there is no such member.
std::optional<types::GeoPoint> PlaceOfMember(const types::SortedSetView& set, std::string_view member);

// Longitude and latitude.
void ReplyGeoPoint(engine::Context& ctx, types::GeoPoint point);
// With four digits after the point.
void ReplyDistance(engine::Context& ctx, double distance);

}  // namespace zedis::commands

#include "commands/geo_arguments.h"

#include "base/numbers.h"
#include "engine/arguments.h"

namespace zedis::commands {

using engine::Expected;
using types::GeoPoint;

namespace {

constexpr engine::Error kUnknownUnit{"ERR unsupported unit provided. please use M, KM, FT, MI"};

Expected<double> ParseCoordinate(std::string_view text) {
  if (const auto value = base::ParseDouble(text)) return *value;
  return std::unexpected(&engine::kNotAFloat);
}

// Up to 17 digits after the point; a double in RESP3.
void ReplyCoordinate(resp::Reply reply, double value) {
  char text[base::kLongDoubleCharsMax];
  const char* const end = base::FormatLongDoubleHuman(text, value);
  const std::string_view digits(text, static_cast<std::size_t>(end - text));
  if (!reply.IsResp3()) return reply.Bulk(digits);
  reply.Raw(",");
  reply.Raw(digits);
  reply.Raw("\r\n");
}

}  // namespace

Expected<GeoPoint> ParseGeoPoint(engine::Context& ctx, std::string_view longitude, std::string_view latitude) {
  GeoPoint point;
  TRY(point.longitude, ParseCoordinate(longitude));
  TRY(point.latitude, ParseCoordinate(latitude));
  if (!types::IsGeoPoint(point)) {
    return std::unexpected(ctx.Fail("ERR invalid longitude,latitude pair {:f},{:f}", point.longitude, point.latitude));
  }
  return point;
}

Expected<double> ParseGeoUnit(std::string_view text) {
  if (engine::EqualsIgnoreCase("m", text)) return 1;
  if (engine::EqualsIgnoreCase("km", text)) return 1000;
  if (engine::EqualsIgnoreCase("ft", text)) return 0.3048;
  if (engine::EqualsIgnoreCase("mi", text)) return 1609.34;
  return std::unexpected(&kUnknownUnit);
}

std::optional<GeoPoint> PlaceOfMember(const types::SortedSetView& set, std::string_view member) {
  const std::optional<double> score = set.ScoreOf(types::SetMember(member));
  if (!score) return std::nullopt;
  return types::GeoPointOf(*score);
}

void ReplyGeoPoint(engine::Context& ctx, GeoPoint point) {
  ctx.reply.ArrayHeader(2);
  ReplyCoordinate(ctx.reply, point.longitude);
  ReplyCoordinate(ctx.reply, point.latitude);
}

void ReplyDistance(engine::Context& ctx, double distance) {
  fmt::memory_buffer text;
  fmt::format_to(std::back_inserter(text), "{:.4f}", distance);
  ctx.reply.Bulk({text.data(), text.size()});
}

}  // namespace zedis::commands

#include "commands/geo_request.h"

#include <utility>
#include <vector>

#include "commands/geo_arguments.h"
#include "engine/arguments.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using types::GeoArea;
using types::GeoPoint;

constexpr Error kNotAMember{"ERR could not decode requested zset member"};
constexpr Error kRadiusNotANumber{"ERR need numeric radius"};
constexpr Error kRadiusNegative{"ERR radius cannot be negative"};
constexpr Error kWidthNotANumber{"ERR need numeric width"};
constexpr Error kHeightNotANumber{"ERR need numeric height"};
constexpr Error kSizeNegative{"ERR height or width cannot be negative"};
constexpr Error kCountNotPositive{"ERR COUNT must be > 0"};
constexpr Error kAnyWithoutCount{"ERR the ANY argument requires COUNT argument"};
constexpr Error kCornersNotANumber{"ERR invalid number of vertices"};
constexpr Error kTooFewCorners{"ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"};
constexpr std::int64_t kCornersMin = 3;

Expected<double> ParseSize(std::string_view text, const Error& error) {
  if (const auto value = base::ParseDouble(text)) return *value;
  return std::unexpected(&error);
}

class Parser {
 public:
  Parser(Context& ctx, Args args, const GeoCommandForm& form, const types::SortedSetView* set)
      : ctx_(ctx), args_(args), form_(form), set_(set), cursor_(args, form.source() + 1) {}

  Expected<GeoRequest> Parse() {
    if (form_.stores) request_.target = 1;
    if (const Outcome outcome = ParseStart(); !outcome.ok()) return std::unexpected(outcome.error());
    while (!cursor_.done()) {
      if (const Outcome outcome = ParseOption(); !outcome.ok()) return std::unexpected(outcome.error());
    }
    if (const Outcome outcome = Check(); !outcome.ok()) return std::unexpected(outcome.error());
    request_.area = Area();
    return std::move(request_);
  }

 private:
  enum class Shape : std::uint8_t { kNone, kCircle, kBox, kPolygon };

  Outcome ParseStart() {
    switch (form_.start) {
      case GeoCommandForm::Start::kOptions:
        return Done();
      case GeoCommandForm::Start::kPlace:
        if (const Outcome outcome = TakePlace(); !outcome.ok()) return outcome;
        return TakeCircle();
      case GeoCommandForm::Start::kMember:
        break;
    }
    // Without a set nothing is said of a radius that is none.
    if (set_ == nullptr) {
      for (int i = 0; i < 3; ++i) cursor_.Next();
      return Done();
    }
    if (const Outcome outcome = TakeMember(); !outcome.ok()) return outcome;
    return TakeCircle();
  }

  Outcome ParseOption() {
    if (TakeFlag()) return Done();
    if (cursor_.TakeWith("count", 1)) return TakeCount();
    if (form_.may_store && cursor_.TakeWith("store", 1)) return TakeTarget(false);
    if (form_.may_store && cursor_.TakeWith("storedist", 1)) return TakeTarget(true);
    if (form_.start != GeoCommandForm::Start::kOptions) return kSyntaxError;
    if (!from_place_ && shape_ != Shape::kPolygon && cursor_.TakeWith("frommember", 1)) return TakeMember();
    if (!from_member_ && shape_ != Shape::kPolygon && cursor_.TakeWith("fromlonlat", 2)) return TakePlace();
    if (IsNoneOr(Shape::kCircle) && cursor_.TakeWith("byradius", 2)) return TakeCircle();
    if (IsNoneOr(Shape::kBox) && cursor_.TakeWith("bybox", 3)) return TakeBox();
    if (IsNoneOr(Shape::kNone) && !from_member_ && !from_place_ && cursor_.TakeWith("bypolygon", 2)) {
      return TakePolygon();
    }
    if (form_.stores && cursor_.Take("storedist")) {
      request_.store_distances = true;
      return Done();
    }
    return kSyntaxError;
  }

  bool TakeFlag() {
    if (cursor_.Take("withdist")) return request_.with_distance = true;
    if (cursor_.Take("withhash")) return request_.with_hash = true;
    if (cursor_.Take("withcoord")) return request_.with_place = true;
    if (cursor_.Take("any")) return request_.any = true;
    if (cursor_.Take("asc")) return Sort(GeoRequest::Order::kNearestFirst);
    if (cursor_.Take("desc")) return Sort(GeoRequest::Order::kFarthestFirst);
    return false;
  }

  bool Sort(GeoRequest::Order order) {
    request_.order = order;
    return true;
  }

  Outcome TakeCount() {
    TRY(request_.count, ParseInteger(cursor_.Next()));
    return request_.count > 0 ? Done() : Outcome(kCountNotPositive);
  }

  // Redis takes the last of several targets. Here dispatch has locked the first of each kind, and another may be in a
  // shard that nobody has locked: it is refused.
  Outcome TakeTarget(bool distances) {
    const std::size_t target = cursor_.position();
    bool is_locked = false;
    ForEachKey(*ctx_.command->row, args_, [&](std::size_t i, const KeySpec&) { is_locked = is_locked || i == target; });
    if (!is_locked) return kSyntaxError;
    cursor_.Next();
    request_.target = target;
    request_.store_distances = distances;
    return Done();
  }

  Outcome TakeMember() {
    const std::string_view member = cursor_.Next();
    from_member_ = true;
    if (set_ == nullptr) return Done();
    const std::optional<GeoPoint> place = PlaceOfMember(*set_, member);
    if (!place) return kNotAMember;
    centre_ = *place;
    return Done();
  }

  Outcome TakePlace() {
    const std::string_view longitude = cursor_.Next();
    TRY(centre_, ParseGeoPoint(ctx_, longitude, cursor_.Next()));
    from_place_ = true;
    return Done();
  }

  Outcome TakeCircle() {
    TRY(width_, ParseSize(cursor_.Next(), kRadiusNotANumber));
    if (width_ < 0) return kRadiusNegative;
    TRY(metres_per_unit_, ParseGeoUnit(cursor_.Next()));
    shape_ = Shape::kCircle;
    return Done();
  }

  Outcome TakeBox() {
    TRY(width_, ParseSize(cursor_.Next(), kWidthNotANumber));
    TRY(height_, ParseSize(cursor_.Next(), kHeightNotANumber));
    if (width_ < 0 || height_ < 0) return kSizeNegative;
    TRY(metres_per_unit_, ParseGeoUnit(cursor_.Next()));
    shape_ = Shape::kBox;
    return Done();
  }

  Outcome TakePolygon() {
    TRY(const std::int64_t corners, ParseInteger(cursor_.Next(), kCornersNotANumber));
    if (corners < kCornersMin || static_cast<std::uint64_t>(corners) > cursor_.left() / 2) return kTooFewCorners;
    corners_.resize(static_cast<std::size_t>(corners));
    for (GeoPoint& corner : corners_) {
      const std::string_view longitude = cursor_.Next();
      TRY(corner, ParseGeoPoint(ctx_, longitude, cursor_.Next()));
    }
    shape_ = Shape::kPolygon;
    return Done();
  }

  Outcome Check() {
    if (request_.target && request_.parts() > 0) {
      return ctx_.Fail("ERR {} is not compatible with WITHDIST, WITHHASH and WITHCOORD options",
                       form_.stores ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS");
    }
    if (form_.start == GeoCommandForm::Start::kOptions) {
      if (!from_member_ && !from_place_ && shape_ != Shape::kPolygon) {
        return ctx_.Fail("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {}", Shown(args_[0]));
      }
      if (shape_ == Shape::kNone) {
        return ctx_.Fail("ERR exactly one of BYRADIUS, BYBOX and BYPOLYGON can be specified for {}", Shown(args_[0]));
      }
    }
    if (request_.any && request_.count == 0) return kAnyWithoutCount;
    // Some of them means the nearest, unless any will do.
    if (request_.count > 0 && !request_.any && request_.order == GeoRequest::Order::kNone) {
      request_.order = GeoRequest::Order::kNearestFirst;
    }
    return Done();
  }

  std::optional<GeoArea> Area() {
    switch (shape_) {
      case Shape::kCircle:
        return GeoArea::Circle(centre_, width_, metres_per_unit_);
      case Shape::kBox:
        return GeoArea::Box(centre_, width_, height_, metres_per_unit_);
      case Shape::kPolygon:
        return GeoArea::Polygon(std::move(corners_));
      case Shape::kNone:
        break;
    }
    return std::nullopt;
  }

  bool IsNoneOr(Shape shape) const { return shape_ == Shape::kNone || shape_ == shape; }

  Context& ctx_;
  const Args args_;
  const GeoCommandForm& form_;
  const types::SortedSetView* set_;
  OptionCursor cursor_;
  GeoRequest request_;
  bool from_member_ = false;
  bool from_place_ = false;
  GeoPoint centre_;
  Shape shape_ = Shape::kNone;
  double width_ = 0;  // a circle's radius, else what the names say
  double height_ = 0;
  double metres_per_unit_ = 1;
  std::vector<GeoPoint> corners_;
};

}  // namespace

Expected<GeoRequest> ParseGeoRequest(Context& ctx, Args args, const GeoCommandForm& form,
                                     const types::SortedSetView* set) {
  return Parser(ctx, args, form, set).Parse();
}

}  // namespace zedis::commands

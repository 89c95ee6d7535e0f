#include "types/geo_search.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/check.h"

namespace zedis::types {
namespace {

constexpr double kEarthRadiusMetres = 6372797.560856;  // the quadratic mean
constexpr double kMapReachMetres = 20037726.37;        // from the middle of the map to its edge
constexpr double kRadians = std::numbers::pi / 180;

double Radians(double degrees) { return degrees * kRadians; }
double Degrees(double radians) { return radians / kRadians; }

// Between places on one meridian; cheaper, and what the formula below would round differently.
double MeridianDistance(double one_latitude, double other_latitude) {
  return kEarthRadiusMetres * std::fabs(Radians(other_latitude) - Radians(one_latitude));
}

// So deep that nine cells reach as far as `metres` from any place in the middle one, but for what CoveredAround finds.
// Towards the poles columns are narrower.
int StepFor(double metres, double latitude) {
  if (metres == 0) return kGeoStepMax;
  int step = -1;
  for (; metres < kMapReachMetres; metres *= 2) ++step;
  if (std::fabs(latitude) > 66) --step;
  if (std::fabs(latitude) > 80) --step;
  return std::clamp(step, 1, kGeoStepMax);
}

struct Offset {
  int east;
  int north;
};
constexpr std::array<Offset, 9> kOrder = {
    {{0, 0}, {0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}}};

// Whether the neighbour cannot have a part in the area, because the middle cell reaches beyond it on that side.
bool IsBeyond(const Offset& offset, const GeoBounds& middle, const GeoBounds& area) {
  return (offset.north < 0 && middle.least.latitude < area.least.latitude) ||
         (offset.north > 0 && middle.greatest.latitude > area.greatest.latitude) ||
         (offset.east < 0 && middle.least.longitude < area.least.longitude) ||
         (offset.east > 0 && middle.greatest.longitude > area.greatest.longitude);
}

// The middle of points on a sphere: of their vectors.
GeoPoint MiddleOf(std::span<const GeoPoint> points) {
  double x = 0;
  double y = 0;
  double z = 0;
  for (const GeoPoint& point : points) {
    const double latitude = Radians(point.latitude);
    const double longitude = Radians(point.longitude);
    x += std::cos(latitude) * std::cos(longitude);
    y += std::cos(latitude) * std::sin(longitude);
    z += std::sin(latitude);
  }
  return {Degrees(std::atan2(y, x)), Degrees(std::atan2(z, std::sqrt(x * x + y * y)))};
}

}  // namespace

double GeoDistance(GeoPoint one, GeoPoint other) {
  const double v = std::sin((Radians(other.longitude) - Radians(one.longitude)) / 2);
  if (v == 0) return MeridianDistance(one.latitude, other.latitude);
  const double one_latitude = Radians(one.latitude);
  const double other_latitude = Radians(other.latitude);
  const double u = std::sin((other_latitude - one_latitude) / 2);
  const double a = u * u + std::cos(one_latitude) * std::cos(other_latitude) * v * v;
  return 2 * kEarthRadiusMetres * std::asin(std::sqrt(a));
}

GeoArea GeoArea::Circle(GeoPoint centre, double radius, double metres_per_unit) {
  GeoArea area(Shape::kCircle, centre, metres_per_unit);
  area.width_ = radius;
  area.height_ = radius;
  return area;
}

GeoArea GeoArea::Box(GeoPoint centre, double width, double height, double metres_per_unit) {
  GeoArea area(Shape::kBox, centre, metres_per_unit);
  area.width_ = width;
  area.height_ = height;
  return area;
}

GeoArea GeoArea::Polygon(std::vector<GeoPoint> corners) {
  DCHECK(corners.size() >= 3);
  GeoArea area(Shape::kPolygon, MiddleOf(corners), 1);
  area.corners_ = std::move(corners);
  return area;
}

// The least and greatest longitudes and latitudes of the area, more or less: a circle or box of some size has its
// widest place nearer to the pole than its centre, and Redis looks at the edge towards the pole only.
GeoBounds GeoArea::Bounds() const {
  if (shape_ == Shape::kPolygon) {
    GeoBounds bounds{corners_[0], corners_[0]};
    for (const GeoPoint& corner : corners_) {
      bounds.least.longitude = std::min(bounds.least.longitude, corner.longitude);
      bounds.least.latitude = std::min(bounds.least.latitude, corner.latitude);
      bounds.greatest.longitude = std::max(bounds.greatest.longitude, corner.longitude);
      bounds.greatest.latitude = std::max(bounds.greatest.latitude, corner.latitude);
    }
    return bounds;
  }
  const double share = shape_ == Shape::kCircle ? 1 : 0.5;
  const double up = metres_per_unit_ * (height_ * share);
  const double aside = metres_per_unit_ * (width_ * share);
  const double latitudes = Degrees(up / kEarthRadiusMetres);
  const double poleward = centre_.latitude < 0 ? centre_.latitude - latitudes : centre_.latitude + latitudes;
  const double longitudes = Degrees(aside / kEarthRadiusMetres / std::cos(Radians(poleward)));
  return {{centre_.longitude - longitudes, centre_.latitude - latitudes},
          {centre_.longitude + longitudes, centre_.latitude + latitudes}};
}

// How far the area reaches from its centre.
double GeoArea::ReachMetres(const GeoBounds& bounds) const {
  switch (shape_) {
    case Shape::kCircle:
      return width_ * metres_per_unit_;
    case Shape::kBox:
      return std::sqrt((width_ / 2) * (width_ / 2) + (height_ / 2) * (height_ / 2)) * metres_per_unit_;
    case Shape::kPolygon:
      return std::max({GeoDistance(centre_, bounds.least), GeoDistance(centre_, bounds.greatest),
                       GeoDistance(centre_, {bounds.least.longitude, bounds.greatest.latitude}),
                       GeoDistance(centre_, {bounds.greatest.longitude, bounds.least.latitude})});
  }
  return 0;
}

// Whether the bounds lie within the nine cells.
bool GeoArea::CoveredAround(const GeoCell& cell, const GeoBounds& bounds) const {
  GeoBounds nine = {
      {GeoBoundsOf(GeoNeighbour(cell, -1, 0)).least.longitude, GeoBoundsOf(GeoNeighbour(cell, 0, -1)).least.latitude},
      {GeoBoundsOf(GeoNeighbour(cell, 1, 0)).greatest.longitude,
       GeoBoundsOf(GeoNeighbour(cell, 0, 1)).greatest.latitude}};
  if (shape_ == Shape::kPolygon) {
    // At the end of the map a neighbour lies on the other side of the world: then the middle cell is what reaches the
    // end.
    const GeoBounds middle = GeoBoundsOf(cell);
    nine.least.longitude = std::min(nine.least.longitude, middle.least.longitude);
    nine.least.latitude = std::min(nine.least.latitude, middle.least.latitude);
    nine.greatest.longitude = std::max(nine.greatest.longitude, middle.greatest.longitude);
    nine.greatest.latitude = std::max(nine.greatest.latitude, middle.greatest.latitude);
  }
  return !(nine.greatest.latitude < bounds.greatest.latitude || nine.least.latitude > bounds.least.latitude ||
           nine.greatest.longitude < bounds.greatest.longitude || nine.least.longitude > bounds.least.longitude);
}

std::vector<GeoScores> GeoArea::Ranges() const {
  const GeoBounds bounds = Bounds();
  // Of a polygon around a pole the middle may be nearer to it than the map goes.
  const GeoPoint middle{centre_.longitude, std::clamp(centre_.latitude, -kGeoLatitudeMax, kGeoLatitudeMax)};
  int step = StepFor(ReachMetres(bounds), centre_.latitude);
  GeoCell cell = GeoCellOf(middle, step);
  // Once in Redis; that need not be enough, but the results are to be the same. There is no such need for polygons.
  for (int tries = shape_ == Shape::kPolygon ? kGeoStepMax : 1; tries > 0 && step > 1; --tries) {
    if (CoveredAround(cell, bounds)) break;
    cell = GeoCellOf(middle, --step);
  }
  const GeoBounds cell_bounds = GeoBoundsOf(cell);
  std::vector<GeoScores> ranges;
  std::optional<GeoCell> last;
  for (const Offset& offset : kOrder) {
    if (step >= 2 && IsBeyond(offset, cell_bounds, bounds)) continue;
    const GeoCell neighbour = GeoNeighbour(cell, offset.east, offset.north);
    // Where there are only two columns and rows, both neighbours on a side are one. The middle is not compared.
    if (last == neighbour) continue;
    if (!ranges.empty()) last = neighbour;
    ranges.push_back(GeoScoresOf(neighbour));
  }
  return ranges;
}

bool GeoArea::IsInPolygon(GeoPoint point) const {
  // A line from the point to the east crosses an odd number of edges (Shimrat: Algorithm 112, 1962).
  bool inside = false;
  for (std::size_t i = 0; i < corners_.size(); ++i) {
    const GeoPoint& a = corners_[i];
    const GeoPoint& b = corners_[i == 0 ? corners_.size() - 1 : i - 1];
    if ((a.latitude > point.latitude) == (b.latitude > point.latitude)) continue;
    const double crossing =
        (b.longitude - a.longitude) * (point.latitude - a.latitude) / (b.latitude - a.latitude) + a.longitude;
    if (point.longitude < crossing) inside = !inside;
  }
  return inside;
}

std::optional<double> GeoArea::DistanceWithin(GeoPoint point) const {
  switch (shape_) {
    case Shape::kCircle: {
      const double distance = GeoDistance(centre_, point);
      if (distance > width_ * metres_per_unit_) return std::nullopt;
      return distance;
    }
    case Shape::kBox:
      if (MeridianDistance(point.latitude, centre_.latitude) > height_ * metres_per_unit_ / 2) return std::nullopt;
      if (GeoDistance(point, {centre_.longitude, point.latitude}) > width_ * metres_per_unit_ / 2) return std::nullopt;
      return GeoDistance(centre_, point);
    case Shape::kPolygon:
      if (!IsInPolygon(point)) return std::nullopt;
      return GeoDistance(centre_, point);
  }
  return std::nullopt;
}

}  // namespace zedis::types

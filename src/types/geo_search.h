// Which scores may belong to places within a circle, a box or a polygon, and which places do.
//
// The area is covered by a cell and its eight neighbours, the smallest that are large enough; of them those are left
// out that cannot have a part in it. The results come in the order of the cells, which is Redis's: the middle, then
// north, south, east, west, and the corners.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "types/geohash.h"

namespace zedis::types {

// Along the great circle, in metres, on a sphere (the haversine formula: Sinnott, Virtues of the haversine, 1984).
double GeoDistance(GeoPoint one, GeoPoint other);

class GeoArea {
 public:
  // Sizes are in units of so many metres. The numbers are kept as they were given, since Redis's last digits depend on
  // where it multiplies.
  static GeoArea Circle(GeoPoint centre, double radius, double metres_per_unit);
  // Of this width from west to east, measured at the latitude of each place, and this height.
  static GeoArea Box(GeoPoint centre, double width, double height, double metres_per_unit);
  // Between straight lines on a map of longitudes and latitudes, the last point joined with the first. It does not go
  // around the date line. Distances are from the middle of its corners on the sphere. REQUIRES: three corners at least,
  // all of them IsGeoPoint.
  static GeoArea Polygon(std::vector<GeoPoint> corners);

  double metres_per_unit() const { return metres_per_unit_; }

  // The ranges of scores to look through, nine at most, in their order.
  std::vector<GeoScores> Ranges() const;

  // How far a place is from the centre, in metres; nothing if it is outside.
  std::optional<double> DistanceWithin(GeoPoint point) const;

 private:
  enum class Shape : std::uint8_t { kCircle, kBox, kPolygon };

  GeoArea(Shape shape, GeoPoint centre, double metres_per_unit)
      : shape_(shape), centre_(centre), metres_per_unit_(metres_per_unit) {}

  GeoBounds Bounds() const;
  double ReachMetres(const GeoBounds& bounds) const;
  bool CoveredAround(const GeoCell& cell, const GeoBounds& bounds) const;
  bool IsInPolygon(GeoPoint point) const;

  Shape shape_;
  GeoPoint centre_;
  double metres_per_unit_;
  double width_ = 0;  // a circle's radius, else what the names say
  double height_ = 0;
  std::vector<GeoPoint> corners_;
};

}  // namespace zedis::types

#include "types/geo_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>

namespace zedis::types {
namespace {

// The naive twin of a distance: the angle between two vectors, in long double.
double AngleDistance(GeoPoint one, GeoPoint other) {
  struct Vector {
    long double x, y, z;
  };
  const auto vector = [](GeoPoint point) {
    const long double latitude = static_cast<long double>(point.latitude) * std::numbers::pi_v<long double> / 180;
    const long double longitude = static_cast<long double>(point.longitude) * std::numbers::pi_v<long double> / 180;
    return Vector{std::cos(latitude) * std::cos(longitude), std::cos(latitude) * std::sin(longitude),
                  std::sin(latitude)};
  };
  const Vector a = vector(one);
  const Vector b = vector(other);
  const long double x = a.y * b.z - a.z * b.y;
  const long double y = a.z * b.x - a.x * b.z;
  const long double z = a.x * b.y - a.y * b.x;
  const long double cross = std::sqrt(x * x + y * y + z * z);
  return static_cast<double>(6372797.560856L * std::atan2(cross, a.x * b.x + a.y * b.y + a.z * b.z));
}

class GeoAreas : public ::testing::Test {
 protected:
  double Between(double least, double greatest) {
    return std::uniform_real_distribution<double>(least, greatest)(random_);
  }
  GeoPoint Point(double latitude_max = kGeoLatitudeMax) {
    return {Between(-kGeoLongitudeMax, kGeoLongitudeMax), Between(-latitude_max, latitude_max)};
  }
  GeoPoint Near(GeoPoint centre, double degrees) {
    GeoPoint point = {centre.longitude + Between(-degrees, degrees), centre.latitude + Between(-degrees, degrees)};
    if (point.longitude > 180) point.longitude -= 360;
    if (point.longitude < -180) point.longitude += 360;
    point.latitude = std::clamp(point.latitude, -kGeoLatitudeMax, kGeoLatitudeMax);
    return point;
  }
  // As GEOADD stores it.
  static GeoPoint Stored(GeoPoint point) { return GeoPointOf(static_cast<double>(GeoScoreOf(point))); }

  static bool InRanges(const std::vector<GeoScores>& ranges, GeoPoint point) {
    const std::uint64_t score = GeoScoreOf(point);
    int found = 0;
    for (const GeoScores& range : ranges) found += range.first <= score && score < range.end ? 1 : 0;
    EXPECT_LE(found, 1) << "a place would be found twice";
    return found == 1;
  }

  std::mt19937_64 random_{5};
};

TEST_F(GeoAreas, DistancesAreTheTwins) {
  for (int round = 0; round < 20000; ++round) {
    const GeoPoint one = Point();
    const GeoPoint other = round % 2 == 0 ? Point() : Near(one, 0.01);
    const double expected = AngleDistance(one, other);
    ASSERT_NEAR(GeoDistance(one, other), expected, 1e-8 * expected + 1e-6);
    ASSERT_EQ(GeoDistance(one, other), GeoDistance(other, one));
  }
  EXPECT_EQ(GeoDistance({1, 2}, {1, 2}), 0);
  EXPECT_NEAR(GeoDistance({7, -10}, {7, 10}), AngleDistance({7, -10}, {7, 10}), 1e-6);
  // GEODIST of redis-server 7.0.15.
  EXPECT_NEAR(GeoDistance(Stored({13.361389, 38.115556}), Stored({15.087269, 37.502669})), 166274.1516, 0.00005);
}

// Whatever is within a circle or box is in one of its ranges, also across the date line. Not near the poles, and not
// for the half of the world: there Redis misses some, and so do we.
TEST_F(GeoAreas, WhatIsWithinACircleOrBoxIsInTheRanges) {
  int within = 0;
  for (int round = 0; round < 3000; ++round) {
    GeoPoint centre = Point(60);
    if (round % 5 == 0) centre.longitude = round % 2 == 0 ? 179.9999 : -179.9999;
    const double radius = std::pow(10, Between(0, 5.5));
    const GeoArea area = round % 2 == 0 ? GeoArea::Circle(centre, radius / 1000, 1000)
                                        : GeoArea::Box(centre, 2 * radius, radius * Between(0.1, 2), 1);
    const std::vector<GeoScores> ranges = area.Ranges();
    ASSERT_LE(ranges.size(), 9u);
    for (int i = 0; i < 30; ++i) {
      const GeoPoint point = Stored(Near(centre, radius / 60000));
      const auto distance = area.DistanceWithin(point);
      if (!distance) continue;
      ++within;
      ASSERT_EQ(*distance, GeoDistance(centre, point));
      ASSERT_TRUE(InRanges(ranges, point)) << centre.longitude << ' ' << centre.latitude << ' ' << radius;
    }
  }
  EXPECT_GT(within, 20000);
}

TEST_F(GeoAreas, CirclesAndBoxesEndWhereTheySay) {
  const GeoPoint centre{10, 50};
  for (int round = 0; round < 5000; ++round) {
    const GeoPoint point = Near(centre, 1);
    const double distance = AngleDistance(centre, point);
    ASSERT_EQ(GeoArea::Circle(centre, 30, 1000).DistanceWithin(point).has_value(), distance <= 30000);
    const double aside = AngleDistance({centre.longitude, point.latitude}, point);
    const double up = AngleDistance({centre.longitude, point.latitude}, centre);
    ASSERT_EQ(GeoArea::Box(centre, 40, 70, 1000).DistanceWithin(point).has_value(), aside <= 20000 && up <= 35000);
  }
}

TEST_F(GeoAreas, NothingIsWithinNothing) {
  const GeoPoint place = Stored({1, 1});
  EXPECT_EQ(GeoArea::Circle(place, 0, 1).DistanceWithin(place), 0);
  EXPECT_EQ(GeoArea::Circle(place, 0, 1).DistanceWithin({1.1, 1}), std::nullopt);
  EXPECT_TRUE(InRanges(GeoArea::Circle(place, 0, 1).Ranges(), place));
}

// The naive twin of a triangle: a point is on the same side of its three edges.
bool InTriangle(const std::vector<GeoPoint>& corners, GeoPoint point) {
  const auto side = [&](const GeoPoint& a, const GeoPoint& b) {
    return (b.longitude - a.longitude) * (point.latitude - a.latitude) -
           (b.latitude - a.latitude) * (point.longitude - a.longitude);
  };
  const double sides[] = {side(corners[0], corners[1]), side(corners[1], corners[2]), side(corners[2], corners[0])};
  return (sides[0] > 0 && sides[1] > 0 && sides[2] > 0) || (sides[0] < 0 && sides[1] < 0 && sides[2] < 0);
}

// Anywhere, also around the poles and as large as the map.
TEST_F(GeoAreas, WhatIsInATriangleIsWithinAndInTheRanges) {
  int within = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<GeoPoint> corners = {Point()};
    const double size = std::pow(10, Between(-2, 2.2));
    for (int i = 0; i < 2; ++i) {
      const GeoPoint& first = corners[0];
      corners.push_back({std::clamp(first.longitude + Between(-size, size), -180.0, 180.0),
                         std::clamp(first.latitude + Between(-size, size), -kGeoLatitudeMax, kGeoLatitudeMax)});
    }
    const GeoArea area = GeoArea::Polygon(corners);
    const std::vector<GeoScores> ranges = area.Ranges();
    for (int i = 0; i < 30; ++i) {
      double weights[] = {Between(0, 1), Between(0, 1), Between(0, 1)};
      const double sum = weights[0] + weights[1] + weights[2];
      GeoPoint point;
      for (std::size_t corner = 0; corner < 3; ++corner) {
        point.longitude += corners[corner].longitude * weights[corner] / sum;
        point.latitude += corners[corner].latitude * weights[corner] / sum;
      }
      point = Stored(i % 3 == 0 ? Near(corners[0], size) : point);
      const bool inside = area.DistanceWithin(point).has_value();
      ASSERT_EQ(inside, InTriangle(corners, point));
      if (!inside) continue;
      ++within;
      ASSERT_TRUE(InRanges(ranges, point)) << point.longitude << ' ' << point.latitude;
    }
  }
  EXPECT_GT(within, 20000);
}

TEST_F(GeoAreas, PolygonsMayHaveDents) {
  // A square with a notch from the north down to its middle.
  const GeoArea area = GeoArea::Polygon({{0, 0}, {10, 0}, {10, 10}, {6, 10}, {5, 5}, {4, 10}, {0, 10}});
  for (const GeoPoint inside : {GeoPoint{1, 9}, {9, 9}, {5, 1}, {5, 4.9}, {3, 9}, {7, 9}}) {
    EXPECT_TRUE(area.DistanceWithin(inside).has_value());
    EXPECT_TRUE(InRanges(area.Ranges(), inside));
  }
  for (const GeoPoint outside : {GeoPoint{5, 6}, {5, 9}, {-1, 5}, {11, 5}, {5, 11}, {5, -1}}) {
    EXPECT_EQ(area.DistanceWithin(outside), std::nullopt);
  }
}

TEST_F(GeoAreas, AreasAsLargeAsTheWorld) {
  for (const double metres : {5e6, 1e7, 2.1e7, 1e9, 1e300, HUGE_VAL}) {
    const auto ranges = GeoArea::Circle({10, 10}, metres, 1).Ranges();
    EXPECT_FALSE(ranges.empty());
    for (int i = 0; i < 100 && metres > 2.1e7; ++i) EXPECT_TRUE(InRanges(ranges, Stored(Point())));
  }
}

}  // namespace
}  // namespace zedis::types

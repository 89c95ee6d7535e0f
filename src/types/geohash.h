// Places on the earth as numbers of 52 bits, which sorted sets hold as scores: longitude and latitude are cut in half
// 26 times each, and the bits that say in which half a place is alternate, longitude first. Places that share their
// upper bits share a cell, so a cell is a range of scores. (Morton: A computer oriented geodetic data base, 1966;
// Niemeyer's geohash.org, 2008, whose text form differs in its limits of latitude and is made by GeoHashText.)
//
// A cell of step n is one of 2^n columns and 2^n rows. 26 steps leave 0.6 m in each direction at the equator.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace zedis::types {

struct GeoPoint {
  double longitude = 0;
  double latitude = 0;
};

// Of the projection that web maps use: a square world ends before the poles.
inline constexpr double kGeoLongitudeMax = 180;
inline constexpr double kGeoLatitudeMax = 85.05112878;
inline constexpr int kGeoStepMax = 26;

bool IsGeoPoint(GeoPoint point);

// Column and row from the south-west. A place on the eastern or northern limit is in a column or row 2^step of its own,
// as in Redis, where scores show it.
struct GeoCell {
  std::uint32_t column = 0;
  std::uint32_t row = 0;
  int step = kGeoStepMax;

  friend bool operator==(const GeoCell&, const GeoCell&) = default;
};

struct GeoBounds {
  GeoPoint least;
  GeoPoint greatest;
};

// REQUIRES: IsGeoPoint(point), 1 <= step <= kGeoStepMax.
GeoCell GeoCellOf(GeoPoint point, int step);
GeoBounds GeoBoundsOf(const GeoCell& cell);
// So many columns to the east and rows to the north, around the world where it ends.
GeoCell GeoNeighbour(const GeoCell& cell, int east, int north);

// The scores of what lies in a cell: from `first` on, below `end`.
struct GeoScores {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
};
GeoScores GeoScoresOf(const GeoCell& cell);

// What GEOADD makes of a place. REQUIRES: IsGeoPoint(point).
std::uint64_t GeoScoreOf(GeoPoint point);
// The middle of the cell that a score names. Any double: a sorted set may hold scores that no place has, and Redis
// finds a place for them all.
GeoPoint GeoPointOf(double score);

// A score as the number that it names.
std::uint64_t GeoBitsOf(double score);

// Eleven letters as geohash.org writes them, the last one always 0: 52 bits make ten.
std::array<char, 11> GeoHashText(GeoPoint point);

}  // namespace zedis::types

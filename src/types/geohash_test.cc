#include "types/geohash.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <string>

namespace zedis::types {
namespace {

constexpr GeoPoint kPalermo{13.361389, 38.115556};
constexpr GeoPoint kCatania{15.087269, 37.502669};

std::string TextOf(GeoPoint point) {
  const auto text = GeoHashText(point);
  return {text.begin(), text.end()};
}

class GeoHashes : public ::testing::Test {
 protected:
  double Between(double least, double greatest) {
    return std::uniform_real_distribution<double>(least, greatest)(random_);
  }
  GeoPoint Point() {
    return {Between(-kGeoLongitudeMax, kGeoLongitudeMax), Between(-kGeoLatitudeMax, kGeoLatitudeMax)};
  }

  std::mt19937_64 random_{3};
};

// The naive twin: halves a range again and again.
std::uint32_t Bisect(double least, double greatest, double value, int step) {
  std::uint32_t index = 0;
  for (int i = 0; i < step; ++i) {
    const double middle = (least + greatest) / 2;
    const bool upper = value >= middle;
    (upper ? least : greatest) = middle;
    index = index << 1 | (upper ? 1 : 0);
  }
  return index;
}

// ZSCORE, GEOHASH and GEOPOS of redis-server 7.0.15.
TEST_F(GeoHashes, AreThoseOfRedis) {
  EXPECT_EQ(GeoScoreOf(kPalermo), 3479099956230698u);
  EXPECT_EQ(GeoScoreOf(kCatania), 3479447370796909u);
  EXPECT_EQ(TextOf(GeoPointOf(3479099956230698)), "sqc8b49rny0");
  EXPECT_EQ(TextOf(GeoPointOf(3479447370796909)), "sqdtr74hyu0");
  const GeoPoint palermo = GeoPointOf(3479099956230698);
  EXPECT_EQ(palermo.longitude, 13.36138933897018433);
  EXPECT_EQ(palermo.latitude, 38.11555639549629859);
}

TEST_F(GeoHashes, HalveTheWorldAsTheTwinDoes) {
  for (int round = 0; round < 20000; ++round) {
    const GeoPoint point = Point();
    const int step = 1 + round % kGeoStepMax;
    const GeoCell cell = GeoCellOf(point, step);
    ASSERT_EQ(cell.column, Bisect(-kGeoLongitudeMax, kGeoLongitudeMax, point.longitude, step));
    ASSERT_EQ(cell.row, Bisect(-kGeoLatitudeMax, kGeoLatitudeMax, point.latitude, step));
    const GeoBounds bounds = GeoBoundsOf(cell);
    ASSERT_LE(bounds.least.longitude, point.longitude);
    ASSERT_GE(bounds.greatest.longitude, point.longitude);
    ASSERT_LE(bounds.least.latitude, point.latitude);
    ASSERT_GE(bounds.greatest.latitude, point.latitude);
    const GeoScores scores = GeoScoresOf(cell);
    const std::uint64_t score = GeoScoreOf(point);
    ASSERT_TRUE(scores.first <= score && score < scores.end);
    ASSERT_EQ(scores.end - scores.first, std::uint64_t{1} << 2 * (kGeoStepMax - step));
    // One bit of the longitude, one of the latitude, from the highest on.
    const unsigned quarter = (point.longitude >= 0 ? 2 : 0) | (point.latitude >= 0 ? 1 : 0);
    ASSERT_EQ(score >> 50, quarter);
    const GeoPoint again = GeoPointOf(static_cast<double>(score));
    ASSERT_NEAR(again.longitude, point.longitude, 360.0 / (1 << 26));
    ASSERT_NEAR(again.latitude, point.latitude, 180.0 / (1 << 26));
    ASSERT_EQ(GeoScoreOf(again), score);
  }
}

TEST_F(GeoHashes, NeighboursTouchAndGoAroundTheWorld) {
  for (int round = 0; round < 5000; ++round) {
    const int step = 1 + round % kGeoStepMax;
    const GeoCell cell = GeoCellOf(Point(), step);
    const GeoCell east = GeoNeighbour(cell, 1, 0);
    const GeoCell north = GeoNeighbour(cell, 0, 1);
    ASSERT_EQ(GeoNeighbour(east, -1, 0), cell);
    ASSERT_EQ(GeoNeighbour(north, 0, -1), cell);
    ASSERT_EQ(GeoNeighbour(cell, 1, 1), GeoNeighbour(east, 0, 1));
    const std::uint32_t last = (std::uint32_t{1} << step) - 1;
    ASSERT_EQ(east.column, cell.column == last ? 0 : cell.column + 1);
    ASSERT_EQ(north.row, cell.row == last ? 0 : cell.row + 1);
    if (cell.column != last) ASSERT_EQ(GeoBoundsOf(east).least.longitude, GeoBoundsOf(cell).greatest.longitude);
  }
}

TEST_F(GeoHashes, LimitsOfTheWorld) {
  EXPECT_TRUE(IsGeoPoint({180, 85.05112878}));
  EXPECT_TRUE(IsGeoPoint({-180, -85.05112878}));
  EXPECT_FALSE(IsGeoPoint({180.0000001, 0}));
  EXPECT_FALSE(IsGeoPoint({-180.0000001, 0}));
  EXPECT_FALSE(IsGeoPoint({0, 85.05112879}));
  EXPECT_FALSE(IsGeoPoint({0, -85.05112879}));
  EXPECT_EQ(GeoScoreOf({-180, -85.05112878}), 0u);
  // A column and a row beyond the last: what Redis stores.
  EXPECT_EQ(GeoScoreOf({180, -85.05112878}), std::uint64_t{1} << 53);
  EXPECT_EQ(GeoScoreOf({-180, 85.05112878}), std::uint64_t{1} << 52);
  EXPECT_EQ(GeoPointOf(static_cast<double>(std::uint64_t{1} << 53)).longitude, 180);
}

TEST_F(GeoHashes, ScoresThatNoPlaceHasNameOneNevertheless) {
  EXPECT_EQ(GeoBitsOf(-1), ~std::uint64_t{0});
  EXPECT_EQ(GeoBitsOf(-0.5), 0u);
  EXPECT_EQ(GeoBitsOf(1e300), 0u);
  EXPECT_EQ(GeoBitsOf(-1e300), std::uint64_t{1} << 63);
  EXPECT_EQ(GeoBitsOf(0x1p63), std::uint64_t{1} << 63);
  EXPECT_EQ(GeoBitsOf(0x1p64), 0u);
  for (int round = 0; round < 1000; ++round) {
    const double score = Between(-1, 1) * std::pow(10, Between(0, 40));
    ASSERT_TRUE(IsGeoPoint(GeoPointOf(score))) << score;
  }
}

}  // namespace
}  // namespace zedis::types

#include "types/geohash.h"

#include <algorithm>

#include "base/check.h"

namespace zedis::types {
namespace {

struct Range {
  double least;
  double greatest;
  double size() const { return greatest - least; }
};
constexpr Range kLongitudes{-kGeoLongitudeMax, kGeoLongitudeMax};
constexpr Range kLatitudes{-kGeoLatitudeMax, kGeoLatitudeMax};

constexpr double CellsOf(int step) { return static_cast<double>(std::uint64_t{1} << step); }

// In which of the cells of a range a coordinate is.
std::uint32_t CellIn(Range range, double coordinate, int step) {
  const double offset = (coordinate - range.least) / range.size();
  return static_cast<std::uint32_t>(offset * CellsOf(step));
}

// Where cell `index` begins. The operations are in Redis's order: the last digits of positions depend on it.
double StartOf(Range range, std::uint32_t index, int step) {
  return range.least + index / CellsOf(step) * range.size();
}

// The 32 bits in every other place of 64.
std::uint64_t Spread(std::uint32_t bits) {
  std::uint64_t x = bits;
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x << 2) & 0x3333333333333333;
  return (x | x << 1) & 0x5555555555555555;
}
// Every other bit of 64, from the lowest on.
std::uint32_t Gather(std::uint64_t x) {
  x &= 0x5555555555555555;
  x = (x | x >> 1) & 0x3333333333333333;
  x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x >> 4) & 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  return static_cast<std::uint32_t>(x | x >> 16);
}

std::uint64_t BitsOf(std::uint32_t column, std::uint32_t row) { return Spread(column) << 1 | Spread(row); }

}  // namespace

bool IsGeoPoint(GeoPoint point) {
  return point.longitude >= kLongitudes.least && point.longitude <= kLongitudes.greatest &&
         point.latitude >= kLatitudes.least && point.latitude <= kLatitudes.greatest;
}

GeoCell GeoCellOf(GeoPoint point, int step) {
  DCHECK(IsGeoPoint(point) && step >= 1 && step <= kGeoStepMax);
  return {CellIn(kLongitudes, point.longitude, step), CellIn(kLatitudes, point.latitude, step), step};
}

GeoBounds GeoBoundsOf(const GeoCell& cell) {
  return {{StartOf(kLongitudes, cell.column, cell.step), StartOf(kLatitudes, cell.row, cell.step)},
          {StartOf(kLongitudes, cell.column + 1, cell.step), StartOf(kLatitudes, cell.row + 1, cell.step)}};
}

GeoCell GeoNeighbour(const GeoCell& cell, int east, int north) {
  const std::uint32_t mask = (std::uint32_t{1} << cell.step) - 1;
  // What does not move stays as it is, on the limit too.
  const auto moved = [mask](std::uint32_t index, int by) {
    return by == 0 ? index : (index + static_cast<std::uint32_t>(by)) & mask;
  };
  return {moved(cell.column, east), moved(cell.row, north), cell.step};
}

GeoScores GeoScoresOf(const GeoCell& cell) {
  const std::uint64_t bits = BitsOf(cell.column, cell.row);
  const int shift = 2 * (kGeoStepMax - cell.step);
  return {bits << shift, (bits + 1) << shift};
}

std::uint64_t GeoScoreOf(GeoPoint point) { return GeoScoresOf(GeoCellOf(point, kGeoStepMax)).first; }

std::uint64_t GeoBitsOf(double score) {
  constexpr std::uint64_t kTop = std::uint64_t{1} << 63;
  // What x86 makes of the conversion in C, whose result is undefined beyond 64 bits: negative numbers wrap around, of
  // others what is too large becomes 0 or the top bit.
  if (score >= 0x1p64) return 0;
  if (score >= 0) return static_cast<std::uint64_t>(score);
  if (score >= -0x1p63) return static_cast<std::uint64_t>(static_cast<std::int64_t>(score));
  return kTop;
}

GeoPoint GeoPointOf(double score) {
  const std::uint64_t bits = GeoBitsOf(score);
  const auto [least, greatest] = GeoBoundsOf({Gather(bits >> 1), Gather(bits), kGeoStepMax});
  return {std::clamp((least.longitude + greatest.longitude) / 2, kLongitudes.least, kLongitudes.greatest),
          std::clamp((least.latitude + greatest.latitude) / 2, kLatitudes.least, kLatitudes.greatest)};
}

std::array<char, 11> GeoHashText(GeoPoint point) {
  constexpr char kLetters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
  constexpr Range kAllLatitudes{-90, 90};
  const std::uint64_t bits =
      BitsOf(CellIn(kLongitudes, point.longitude, kGeoStepMax), CellIn(kAllLatitudes, point.latitude, kGeoStepMax));
  std::array<char, 11> text;
  for (int i = 0; i < 10; ++i) text[static_cast<std::size_t>(i)] = kLetters[bits >> (47 - 5 * i) & 31];
  text[10] = kLetters[0];
  return text;
}

}  // namespace zedis::types

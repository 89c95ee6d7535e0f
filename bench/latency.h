// A histogram of durations: buckets 1/64 of their value wide, so percentiles are exact to 1.6 % however long the
// run; the maximum is exact.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace zedis::bench {

class LatencyHistogram {
 public:
  void Add(std::uint64_t nanoseconds) {
    ++counts_[BucketOf(nanoseconds)];
    ++total_;
    max_ns_ = std::max(max_ns_, nanoseconds);
  }

  std::uint64_t max_ns() const { return max_ns_; }

  // The duration that `fraction` (0 to 1) of all stay below. O(buckets).
  std::uint64_t PercentileNs(double fraction) const {
    const auto wanted = static_cast<std::uint64_t>(fraction * static_cast<double>(total_));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > wanted) return std::min(UpperEdgeOf(bucket), max_ns_);
    }
    return max_ns_;
  }

 private:
  static constexpr int kPrecisionBits = 6;
  static constexpr std::uint64_t kPerOctave = 1 << kPrecisionBits;

  // Values below 64 have a bucket each; above, 64 buckets between a power of two and the next.
  static std::size_t BucketOf(std::uint64_t value) {
    if (value < kPerOctave) return value;
    const int shift = static_cast<int>(std::bit_width(value)) - 1 - kPrecisionBits;
    return static_cast<std::size_t>(shift) * kPerOctave + (value >> shift);
  }
  static std::uint64_t UpperEdgeOf(std::size_t bucket) {
    if (bucket < 2 * kPerOctave) return bucket;
    const std::uint64_t shift = bucket / kPerOctave - 1;
    return ((bucket - shift * kPerOctave + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kPrecisionBits + 1) * kPerOctave> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ns_ = 0;
};

}  // namespace zedis::bench

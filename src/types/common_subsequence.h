// The longest common subsequence of two strings, for LCS.
//
// Row i of the table of lengths differs from one cell to the next by 0 or 1, so a row is kept as one bit a cell, and 64
// cells are computed at a time (Hyyrö, Bit-parallel LCS-length computation revisited, 2004):
//
//   v = all ones;  for each byte c of a:  u = v & places of c in b;  v = (v + u) | (v & ~u)
//   a zero bit j of v: the length at column j + 1 is one more than at column j
//
// The same bits say which way to walk back, so that the path needs n * m / 8 bytes and the places of b's bytes at most
// as much again, where a table of lengths would need 4 * n * m.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace zedis::types {

class CommonSubsequence {
 public:
  // A piece that both have, at these offsets.
  struct Run {
    std::size_t in_a;
    std::size_t in_b;
    std::size_t size;
  };

  // O(n * m / 64) time. Without `with_path` only the length is known, and memory is O(m * different bytes of a / 8).
  CommonSubsequence(std::string_view a, std::string_view b, bool with_path);

  std::size_t length() const { return length_; }

  // The runs that make up one longest subsequence, from the last to the first; where two ways are as long, the one that
  // Redis takes. O(n + m).
  std::vector<Run> RunsFromTheEnd() const;

 private:
  // Whether row i (of i bytes of a) gains one at column j. 1 <= i, j.
  bool Gains(std::size_t i, std::size_t j) const {
    return (rows_[(i - 1) * words_ + (j - 1) / 64] >> ((j - 1) % 64) & 1) == 0;
  }

  std::string_view a_;
  std::string_view b_;
  std::size_t words_;
  std::size_t length_ = 0;
  std::vector<std::uint64_t> rows_;  // all of them with the path, else the last
};

}  // namespace zedis::types

#include "types/common_subsequence.h"

#include <array>
#include <bit>

namespace zedis::types {
namespace {

// For each different byte of a: one bit for each of its places in b.
class Places {
 public:
  Places(std::string_view a, std::string_view b, std::size_t words) : words_(words) {
    number_.fill(kNone);
    for (const char c : a) {
      std::uint16_t& number = number_[static_cast<unsigned char>(c)];
      if (number == kNone) number = count_++;
    }
    bits_.resize(count_ * words);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::uint16_t number = number_[static_cast<unsigned char>(b[j])];
      if (number != kNone) bits_[number * words + j / 64] |= std::uint64_t{1} << (j % 64);
    }
  }
  // REQUIRES: c is a byte of a.
  const std::uint64_t* Of(char c) const { return &bits_[number_[static_cast<unsigned char>(c)] * words_]; }

 private:
  static constexpr std::uint16_t kNone = 0xffff;

  std::size_t words_;
  std::uint16_t count_ = 0;
  std::array<std::uint16_t, 256> number_;
  std::vector<std::uint64_t> bits_;
};

// One row from the row above it; `next` may be `row`.
void NextRow(const std::uint64_t* row, const std::uint64_t* places, std::size_t words, std::uint64_t* next) {
  bool carry = false;
  for (std::size_t w = 0; w < words; ++w) {
    const std::uint64_t v = row[w];
    const std::uint64_t u = v & places[w];
    std::uint64_t sum = 0;
    const bool carry_first = __builtin_add_overflow(v, u, &sum);
    const bool carry_second = __builtin_add_overflow(sum, static_cast<std::uint64_t>(carry), &sum);
    carry = carry_first || carry_second;
    next[w] = sum | (v & ~u);
  }
}

}  // namespace

CommonSubsequence::CommonSubsequence(std::string_view a, std::string_view b, bool with_path)
    : a_(a), b_(b), words_((b.size() + 63) / 64) {
  if (a.empty() || b.empty()) return;
  const Places places(a, b, words_);
  rows_.resize(with_path ? a.size() * words_ : words_);
  std::vector<std::uint64_t> above(words_, ~std::uint64_t{0});
  const std::uint64_t* row = above.data();
  std::uint64_t* next = rows_.data();
  for (const char c : a) {
    NextRow(row, places.Of(c), words_, next);
    row = next;
    if (with_path) next += words_;
  }
  for (std::size_t w = 0; w < words_; ++w) length_ += static_cast<std::size_t>(std::popcount(~row[w]));
}

std::vector<CommonSubsequence::Run> CommonSubsequence::RunsFromTheEnd() const {
  std::vector<Run> runs;
  std::size_t i = a_.size();
  std::size_t j = b_.size();
  std::size_t size = 0;
  while (i > 0 && j > 0) {
    if (a_[i - 1] == b_[j - 1]) {
      --i, --j, ++size;
      continue;
    }
    if (size > 0) runs.push_back({i, j, size});
    size = 0;
    Gains(i, j) ? --i : --j;
  }
  if (size > 0) runs.push_back({i, j, size});
  return runs;
}

}  // namespace zedis::types

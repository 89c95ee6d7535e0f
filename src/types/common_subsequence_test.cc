#include "types/common_subsequence.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace zedis::types {
namespace {

// The naive twin: the table of lengths, and the walk that prefers to go left.
struct Twin {
  Twin(std::string_view a, std::string_view b) {
    const std::size_t n = a.size();
    const std::size_t m = b.size();
    std::vector<std::vector<int>> length(n + 1, std::vector<int>(m + 1));
    for (std::size_t i = 1; i <= n; ++i) {
      for (std::size_t j = 1; j <= m; ++j) {
        length[i][j] = a[i - 1] == b[j - 1] ? length[i - 1][j - 1] + 1 : std::max(length[i - 1][j], length[i][j - 1]);
      }
    }
    total = static_cast<std::size_t>(length[n][m]);
    for (std::size_t i = n, j = m; i > 0 && j > 0;) {
      if (a[i - 1] == b[j - 1]) {
        pairs.emplace_back(--i, --j);
      } else if (length[i - 1][j] > length[i][j - 1]) {
        --i;
      } else {
        --j;
      }
    }
  }
  std::size_t total = 0;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;  // of equal bytes, from the end
};

TEST(CommonSubsequence, AsTheTwinDoes) {
  std::mt19937 random(11);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t limit = round % 10 == 0 ? 300 : 80;
    const auto text = [&] {
      std::string result(random() % limit, ' ');
      for (char& c : result) c = static_cast<char>(round % 7 == 0 ? random() : 'a' + random() % (2 + round % 5));
      return result;
    };
    const std::string a = text();
    const std::string b = text();
    const Twin twin(a, b);
    const CommonSubsequence common(a, b, true);
    ASSERT_EQ(common.length(), twin.total);
    ASSERT_EQ(CommonSubsequence(a, b, false).length(), twin.total);
    std::vector<std::pair<std::size_t, std::size_t>> pairs;
    std::size_t before_a = a.size() + 1;
    std::size_t before_b = b.size() + 1;
    for (const auto& run : common.RunsFromTheEnd()) {
      ASSERT_GT(run.size, 0u);
      // Runs that touch would be one run.
      ASSERT_FALSE(run.in_a + run.size == before_a && run.in_b + run.size == before_b);
      before_a = run.in_a;
      before_b = run.in_b;
      for (std::size_t i = run.size; i-- > 0;) pairs.emplace_back(run.in_a + i, run.in_b + i);
    }
    ASSERT_EQ(pairs, twin.pairs) << a << '\n' << b;
  }
}

TEST(CommonSubsequence, Ends) {
  for (const auto& [a, b] : std::vector<std::pair<std::string, std::string>>{{"", ""}, {"a", ""}, {"", "a"}}) {
    const CommonSubsequence common(a, b, true);
    EXPECT_EQ(common.length(), 0u);
    EXPECT_TRUE(common.RunsFromTheEnd().empty());
  }
  for (const std::size_t size : {1, 63, 64, 65, 128, 129}) {
    const std::string same(size, 'x');
    const CommonSubsequence common(same, same, true);
    EXPECT_EQ(common.length(), size);
    ASSERT_EQ(common.RunsFromTheEnd().size(), 1u);
    EXPECT_EQ(common.RunsFromTheEnd()[0].size, size);
  }
}

}  // namespace
}  // namespace zedis::types

// A sorted set made of standard containers, for tests.
#pragma once

#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "types/score_range.h"

namespace zedis::types {

class SortedSetModel {
 public:
  using Entry = std::pair<double, std::string>;

  std::size_t Size() const { return scores_.size(); }
  const double* ScoreOf(const std::string& text) const {
    const auto found = scores_.find(text);
    return found != scores_.end() ? &found->second : nullptr;
  }
  void Put(const std::string& text, double score) {
    Remove(text);
    scores_[text] = score;
    order_.emplace(score, text);
  }
  bool Remove(const std::string& text) {
    const auto found = scores_.find(text);
    if (found == scores_.end()) return false;
    order_.erase({found->second, text});
    scores_.erase(found);
    return true;
  }
  // O(n), all that follow.
  Entry At(std::size_t rank) const { return *std::next(order_.begin(), static_cast<std::ptrdiff_t>(rank)); }
  std::size_t RankOf(const std::string& text) const {
    return static_cast<std::size_t>(std::distance(order_.begin(), order_.find({scores_.find(text)->second, text})));
  }
  template <class Range>
  RankRange RanksOf(const Range& range) const {
    std::size_t first = 0;
    std::size_t inside = 0;
    for (const auto& [score, text] : order_) {
      if (range.IsBefore(score, text)) {
        ++first;
      } else if (!range.IsBehind(score, text)) {
        ++inside;
      }
    }
    return inside == 0 ? RankRange{} : RankRange{first, first + inside};
  }
  std::vector<Entry> Entries() const { return {order_.begin(), order_.end()}; }

 private:
  std::map<std::string, double> scores_;
  std::set<Entry> order_;
};

}  // namespace zedis::types

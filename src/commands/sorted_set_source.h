// One of the inputs of a union, an intersection or a difference of sorted sets. Sets take part as sorted sets whose
// scores are all 1.
#pragma once

#include <cmath>
#include <optional>

#include "commands/set_value.h"
#include "store/sorted_set_of.h"

namespace zedis::commands {

// Good until an entry changes.
class SortedSetSource {
 public:
  SortedSetSource(std::size_t number, const store::Entry* entry, double weight)
      : number_(number),
        is_set_(entry != nullptr && entry->type() == store::Type::kSet),
        set_(is_set_ ? entry : nullptr),
        sorted_(is_set_ ? types::SortedSetView() : store::SortedSetOf(entry)),
        weight_(weight) {}

  std::size_t number() const { return number_; }
  std::size_t Size() const { return is_set_ ? set_.Size() : sorted_.Size(); }

  // Weighted; nothing if it is not there. No number, if that is zero times infinity.
  std::optional<double> ScoreOf(const types::SetMember& member) const {
    if (is_set_) return set_.Contains(member) ? std::optional(weight_) : std::nullopt;
    const std::optional<double> score = sorted_.ScoreOf(member);
    return score ? std::optional(*score * weight_) : std::nullopt;
  }
  bool Contains(const types::SetMember& member) const {
    return is_set_ ? set_.Contains(member) : sorted_.ScoreOf(member).has_value();
  }

  // visit(const types::Element&, double weighted score) -> bool for all, until it says false. Here zero times infinity
  // is zero.
  template <class Visit>
  void ForEach(Visit visit) const {
    if (is_set_) return set_.ForEach([&](const types::Element& element) { return visit(element, weight_); });
    sorted_.ForEach([&](const types::Element& element, double score) {
      const double weighted = score * weight_;
      return visit(element, std::isnan(weighted) ? 0 : weighted);
    });
  }

 private:
  std::size_t number_;  // in the order of the arguments
  bool is_set_;
  SetReader set_;
  types::SortedSetView sorted_;
  double weight_;
};

}  // namespace zedis::commands

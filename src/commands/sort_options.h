// What SORT and SORT_RO are asked for, and the patterns that lead from an element to other keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {

// "weight_*" or "object_*->field": where the star stands, the element is put in. "#" is the element itself.
class KeyPattern {
 public:
  explicit KeyPattern(std::string_view pattern);

  [[nodiscard]] bool IsElement() const { return is_element_; }
  // Without a star it leads nowhere.
  [[nodiscard]] bool LeadsToKeys() const { return leads_to_keys_; }

  // visit(text) with the value of the key, or of the field of its hash; it lives until visit returns. False if there is
  // none. REQUIRES: LeadsToKeys(), all shards are locked.
  template <class Visit>
  bool Read(engine::Context& ctx, std::string_view element, Visit visit) const {
    const std::optional<std::string> text = Text(ctx, element);
    if (text) visit(std::string_view(*text));
    return text.has_value();
  }

 private:
  [[nodiscard]] std::optional<std::string> Text(engine::Context& ctx, std::string_view element) const;

  std::string_view before_;
  std::string_view behind_;
  std::string_view field_;  // empty: the value of a string
  bool is_element_;
  bool leads_to_keys_ = false;
};

struct SortOptions {
  bool descending = false;
  bool alphabetic = false;
  bool keeps_order = false;  // BY a pattern that leads nowhere
  std::int64_t limit_start = 0;
  std::int64_t limit_count = -1;  // negative: all
  std::optional<KeyPattern> by;
  std::vector<KeyPattern> get;
  std::size_t store = 0;  // index of the destination, 0: none
};

engine::Expected<SortOptions> ParseSortOptions(engine::Context& ctx, engine::Args args, bool may_store);

// For the row: the index of the destination, or 0; and whether keys that only elements name are read.
std::size_t LocateSortDestination(engine::Args args);
bool SortReadsOtherKeys(engine::Args args);

}  // namespace zedis::commands

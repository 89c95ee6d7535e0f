// A member that is looked for or added: its text, and what the forms of a set need of it, computed when first asked
// for: the integer that it spells, and its hash.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/hash.h"
#include "base/numbers.h"
#include "types/element.h"

namespace zedis::types {

class SetMember {
 public:
  // Borrows the text.
  explicit SetMember(std::string_view text) : text_(text) {}
  explicit SetMember(const Element& element)
      : text_(element.text), integer_(element.integer), is_integer_(element.is_integer), parsed_(element.is_integer) {}

  std::string_view Text() const {
    if (text_.data() == nullptr && is_integer_) {
      text_ = {digits_, static_cast<std::size_t>(base::FormatInt64(digits_, integer_) - digits_)};
    }
    return text_;
  }
  // Only canonical text is one.
  bool IsInteger() const {
    if (!parsed_) Parse();
    return is_integer_;
  }
  // REQUIRES: IsInteger().
  std::int64_t Integer() const { return integer_; }

  // All sets of a server have one seed, so that a hash serves for several.
  std::uint64_t Hash(std::uint64_t seed) const {
    if (!hashed_) {
      hash_ = base::HashBytes(Text(), seed);
      hashed_ = true;
    }
    return hash_;
  }

  SetMember(const SetMember&) = delete;  // the text may be its own
  SetMember& operator=(const SetMember&) = delete;

 private:
  void Parse() const {
    parsed_ = true;
    // Texts outnumber integers by far where this is asked at all: most are told by their first byte.
    const std::optional<std::int64_t> value = base::ParseInt64(text_);
    is_integer_ = value.has_value();
    integer_ = value.value_or(0);
  }

  mutable std::string_view text_{};
  mutable std::int64_t integer_ = 0;
  mutable std::uint64_t hash_ = 0;
  mutable bool is_integer_ = false;
  mutable bool parsed_ = false;
  mutable bool hashed_ = false;
  mutable char digits_[base::kInt64CharsMax];
};

}  // namespace zedis::types

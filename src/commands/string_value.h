// Strings as entries hold them: an integer, bytes in place, or a LongString.
#pragma once

#include <string_view>

#include "engine/context.h"

namespace zedis::commands {

// The text of a string entry. An integer is written into a buffer of this object, so the view lives as long as it
// does, and at most until the entry changes.
class StringText {
 public:
  explicit StringText(const store::Entry& entry);
  std::string_view view() const { return view_; }
  friend bool operator==(const StringText& text, std::string_view other) { return text.view_ == other; }

 private:
  char digits_[24];
  std::string_view view_;
};

// A bulk string, or null for no entry. Long values are sent from where they lie.
void ReplyStringOrNull(engine::Context& ctx, const store::Entry* entry);

// Stores `text` in its smallest form, whatever the key held before. The key need not have been looked up.
void StoreString(engine::Context& ctx, const store::Key& key, std::string_view text, std::int64_t expire_at_ms);

}  // namespace zedis::commands

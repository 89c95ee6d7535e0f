// Strings as entries hold them: an integer, bytes in place, or a LongString.
#pragma once

#include <string_view>

#include "engine/context.h"

namespace zedis::commands {

// The text of a string entry. An integer is written into a buffer of this object, so the view lives as long as it
// does, and at most until the entry changes. No entry: the empty text.
class StringText {
 public:
  explicit StringText(const store::Entry* entry);
  explicit StringText(const store::Entry& entry) : StringText(&entry) {}
  StringText(const StringText&) = delete;
  StringText& operator=(const StringText&) = delete;

  std::string_view view() const { return view_; }
  friend bool operator==(const StringText& text, std::string_view other) { return text.view_ == other; }

 private:
  char digits_[24];
  std::string_view view_;
};

// Bytes of the text.
std::size_t StringSize(const store::Entry& entry);

// A bulk string, or null for no entry. Long values are sent from where they lie.
void ReplyStringOrNull(engine::Context& ctx, const store::Entry* entry);

// `size` bytes of the text from `start` on. REQUIRES: they are within it.
void ReplyPartOfString(engine::Context& ctx, const store::Entry& entry, std::size_t start, std::size_t size);

// Stores `text` in its smallest form, whatever the key held before. The key need not have been looked up.
void StoreString(engine::Context& ctx, const store::Key& key, std::string_view text, std::int64_t expire_at_ms);

// The same for what is bytes even if it looks like an integer; `expire_at_ms` as above. Takes `edited` into the value.
void StoreBytes(engine::Context& ctx, const store::Key& key, std::string_view bytes, std::int64_t expire_at_ms,
                bool edited);

// Stores bytes that count as edited in the entry that FindForWrite returned, null to create the key. The time to live
// stays.
void ReplaceBytes(engine::Context& ctx, const store::Key& key, store::Entry* entry, std::string_view bytes);

// Makes the text `size` bytes long, with zeros beyond the old end, and returns where to write it. `entry` is what
// FindForWrite returned, null to create the key; it is dead afterwards. The time to live stays. The pointer lives until
// the shard changes. REQUIRES: `size` is not below the present one.
char* EditString(engine::Context& ctx, const store::Key& key, store::Entry* entry, std::size_t size);

}  // namespace zedis::commands

#include "commands/string_value.h"

#include "base/numbers.h"
#include "types/long_string.h"

namespace zedis::commands {

using store::Entry;
using store::Storage;
using store::Value;
using types::LongString;

namespace {

// From this size on a value is sent by reference: below it, copying is cheaper than one more element of writev.
constexpr std::size_t kAttachBytesMin = 16 * 1024;

}  // namespace

StringText::StringText(const Entry& entry) {
  switch (entry.storage()) {
    case Storage::kInteger:
      view_ = {digits_, static_cast<std::size_t>(base::FormatInt64(digits_, entry.integer()) - digits_)};
      break;
    case Storage::kNear:
      view_ = entry.near();
      break;
    case Storage::kFar:
      view_ = static_cast<const LongString*>(entry.far())->View();
      break;
  }
}

void ReplyStringOrNull(engine::Context& ctx, const Entry* entry) {
  if (entry == nullptr) return ctx.reply.NullBulk();
  switch (entry->storage()) {
    case Storage::kInteger:
      return ctx.reply.BulkInteger(entry->integer());
    case Storage::kNear:
      return ctx.reply.Bulk(entry->near());
    case Storage::kFar:
      break;
  }
  auto* string = static_cast<LongString*>(entry->far());
  if (string->size() < kAttachBytesMin) return ctx.reply.Bulk(string->View());
  string->Retain();
  ctx.reply.BulkAttached(string->View(), [](void* owner) { static_cast<LongString*>(owner)->Release(); }, string);
}

void StoreString(engine::Context& ctx, const store::Key& key, std::string_view text, std::int64_t expire_at_ms) {
  Value value;
  if (const auto integer = text.size() <= 20 ? base::ParseInt64(text) : std::nullopt) {
    value = Value::Integer(*integer);
  } else if (text.size() <= Entry::NearLimit(key.bytes.size())) {
    value = Value::Near(store::Type::kString, text);
  } else {
    value = Value::Far(store::Type::kString, LongString::Create(text, 0));
  }
  ctx.Put(key, value, expire_at_ms);
}

}  // namespace zedis::commands

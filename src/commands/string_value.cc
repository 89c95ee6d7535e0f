#include "commands/string_value.h"

#include <cstring>

#include "base/numbers.h"
#include "types/long_string.h"

namespace zedis::commands {

using store::Entry;
using store::Storage;
using store::Type;
using store::Value;
using types::LongString;

namespace {

// From this size on a value is sent by reference: below it, copying is cheaper than one more element of writev.
constexpr std::size_t kAttachBytesMin = 16 * 1024;

LongString* LongOf(const Entry& entry) { return static_cast<LongString*>(entry.far()); }

void ReplyShared(engine::Context& ctx, LongString* string, std::string_view part) {
  if (part.size() < kAttachBytesMin) return ctx.reply.Bulk(part);
  string->Retain();
  ctx.reply.BulkAttached(part, [](void* owner) { static_cast<LongString*>(owner)->Release(); }, string);
}

Value BytesValue(std::string_view bytes, bool edited) {
  if (bytes.size() > store::kNearValueMax) return Value::Far(Type::kString, LongString::Create(bytes, 0));
  Value value = Value::Near(Type::kString, bytes);
  value.edited = edited;
  return value;
}

// Puts or replaces: with an entry, its time to live stays.
Entry* Replace(engine::Context& ctx, const store::Key& key, Entry* entry, const Value& value) {
  return entry == nullptr ? ctx.Put(key, value) : ctx.SetValue(key, entry, value);
}

}  // namespace

StringText::StringText(const Entry* entry) {
  if (entry == nullptr) return;
  switch (entry->storage()) {
    case Storage::kInteger:
      view_ = {digits_, static_cast<std::size_t>(base::FormatInt64(digits_, entry->integer()) - digits_)};
      break;
    case Storage::kNear:
      view_ = entry->near();
      break;
    case Storage::kFar:
      view_ = LongOf(*entry)->View();
      break;
  }
}

std::size_t StringSize(const Entry& entry) {
  switch (entry.storage()) {
    case Storage::kInteger: {
      const auto magnitude = static_cast<std::uint64_t>(entry.integer());
      return static_cast<std::size_t>(entry.integer() < 0 ? base::DigitCount(0 - magnitude) + 1
                                                          : base::DigitCount(magnitude));
    }
    case Storage::kNear:
      return entry.near().size();
    case Storage::kFar:
      return LongOf(entry)->size();
  }
  return 0;
}

void ReplyStringOrNull(engine::Context& ctx, const Entry* entry) {
  if (entry == nullptr) return ctx.reply.NullBulk();
  switch (entry->storage()) {
    case Storage::kInteger:
      return ctx.reply.BulkInteger(entry->integer());
    case Storage::kNear:
      return ctx.reply.Bulk(entry->near());
    case Storage::kFar:
      return ReplyShared(ctx, LongOf(*entry), LongOf(*entry)->View());
  }
}

void ReplyPartOfString(engine::Context& ctx, const Entry& entry, std::size_t start, std::size_t size) {
  if (entry.storage() == Storage::kFar) {
    return ReplyShared(ctx, LongOf(entry), LongOf(entry)->View().substr(start, size));
  }
  ctx.reply.Bulk(StringText(entry).view().substr(start, size));
}

void StoreString(engine::Context& ctx, const store::Key& key, std::string_view text, std::int64_t expire_at_ms) {
  const auto integer = text.size() <= base::kInt64CharsMax ? base::ParseInt64(text) : std::nullopt;
  ctx.Put(key, integer ? Value::Integer(*integer) : BytesValue(text, false), expire_at_ms);
}

void StoreBytes(engine::Context& ctx, const store::Key& key, std::string_view bytes, std::int64_t expire_at_ms,
                bool edited) {
  ctx.Put(key, BytesValue(bytes, edited), expire_at_ms);
}

void ReplaceBytes(engine::Context& ctx, const store::Key& key, Entry* entry, std::string_view bytes) {
  Replace(ctx, key, entry, BytesValue(bytes, true));
}

char* EditString(engine::Context& ctx, const store::Key& key, Entry* entry, std::size_t size) {
  if (entry != nullptr && entry->storage() == Storage::kFar) {
    // A copy if a reply is still being sent from these bytes.
    LongString* string = LongOf(*entry)->Resize(size);
    store::Database::SetFar(entry, string);
    return string->Data();
  }
  if (entry != nullptr && entry->edited() && entry->near().size() == size) return entry->MutableNear();
  const StringText old(entry);
  DCHECK(old.view().size() <= size);
  if (size > store::kNearValueMax) {
    LongString* string = LongString::CreateZeroed(size);
    if (!old.view().empty()) std::memcpy(string->Data(), old.view().data(), old.view().size());
    Replace(ctx, key, entry, Value::Far(Type::kString, string));
    return string->Data();
  }
  char bytes[store::kNearValueMax];
  if (!old.view().empty()) std::memcpy(bytes, old.view().data(), old.view().size());
  std::memset(bytes + old.view().size(), 0, size - old.view().size());
  return Replace(ctx, key, entry, BytesValue({bytes, size}, true))->MutableNear();
}

}  // namespace zedis::commands

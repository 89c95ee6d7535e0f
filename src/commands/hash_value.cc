#include "commands/hash_value.h"

#include <algorithm>
#include <cstring>

namespace zedis::commands {

using store::Entry;
using store::Storage;
using store::Type;
using store::Value;
using types::Hash;
using types::HashField;
using types::HashPut;

namespace {

std::string_view PackedBytes(const Entry* entry) {
  return entry != nullptr && entry->storage() == Storage::kNear ? entry->near() : std::string_view{};
}

}  // namespace

HashEditor::HashEditor(engine::Context& ctx, const store::Key& key, Entry* entry)
    : ctx_(ctx),
      key_(key),
      entry_(entry),
      limits_(types::HashLimitsFrom(ctx.tunables)),
      far_(entry != nullptr ? store::FarHash(*entry) : nullptr),
      earliest_before_ms_(far_ != nullptr ? far_->Earliest() : types::kNoFieldExpiry),
      packed_(buffer_, store::kNearValueMax, PackedBytes(entry)) {}

void HashEditor::BecomeFar() {
  fresh_ = std::make_unique<Hash>(packed_.View(), ctx_.keyspace.seed());
  far_ = fresh_.get();
}

void HashEditor::Expect(std::size_t count) {
  if (count <= limits_.listpack_entries) [[likely]]
    return;
  if (far_ == nullptr) BecomeFar();
  if (far_->IsIndexed()) return;
  far_->BecomeIndexed();
  changed_ = true;
}

bool HashEditor::Put(const HashField& field, const types::HashWrite& write) {
  changed_ = true;
  if (far_ == nullptr) {
    const std::size_t bytes_before = packed_.Bytes().size();
    const HashPut result = packed_.Put(field, write, limits_);
    if (result == HashPut::kAdded || result == HashPut::kReplaced) [[likely]] {
      grown_ |= packed_.Bytes().size() > bytes_before;
      return result == HashPut::kAdded;
    }
    BecomeFar();
  }
  return far_->Put(field, write, limits_) == HashPut::kAdded;
}

bool HashEditor::Remove(const HashField& field) {
  const bool removed = far_ != nullptr ? far_->Remove(field, ctx_.now_ms) : packed_.Remove(field, ctx_.now_ms);
  changed_ |= removed;
  return removed;
}

void HashEditor::SetExpiry(const HashField& field, std::int64_t expire_at_ms) {
  changed_ = true;
  if (far_ == nullptr && packed_.SetExpiry(field, expire_at_ms)) return;
  if (far_ == nullptr) BecomeFar();
  far_->SetExpiry(field, expire_at_ms);
}

void HashEditor::Save() {
  NoteTimes();
  if (IsEmpty()) {
    gone_ = entry_ != nullptr && ctx_.Erase(key_);
    return;
  }
  if (!changed_) return;
  if (far_ != nullptr && fresh_ == nullptr) return SaveFar();
  const Value value =
      fresh_ != nullptr ? Value::Far(Type::kHash, fresh_.release()) : Value::Near(Type::kHash, packed_.Bytes());
  if (entry_ == nullptr) {
    ctx_.Put(key_, value);
    return;
  }
  // Room for the fields that follow: moving to another block costs more than all the rest of an HSET.
  ctx_.SetValue(key_, entry_, value, grown_ ? value.bytes.size() / 4 : 0);
}

// Of a far hash that was there: only its object has changed so far.
void HashEditor::NoteTimes() {
  if (far_ == nullptr || fresh_ != nullptr || far_->Earliest() == earliest_before_ms_) return;
  ctx_.DatabaseOf(key_).NoteParts(key_, earliest_before_ms_ != types::kNoFieldExpiry);
}

// A hash that has become small enough goes into its entry.
void HashEditor::SaveFar() {
  if (!far_->IsIndexed()) {
    const std::string_view bytes = far_->Packed().Bytes();
    if (bytes.size() <= store::kNearValueMax / 2) {
      std::memcpy(buffer_, bytes.data(), bytes.size());
      ctx_.SetValue(key_, entry_, Value::Near(Type::kHash, {buffer_, bytes.size()}));
      return;
    }
  }
}

}  // namespace zedis::commands

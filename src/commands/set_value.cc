#include "commands/set_value.h"

#include <algorithm>
#include <cstring>

namespace zedis::commands {

using store::Entry;
using store::Storage;
using store::Type;
using store::Value;
using types::PackedSet;
using types::PackedSetView;
using types::Set;
using types::SetLimits;
using types::SetMember;

namespace {

constexpr std::string_view kEmptyPacked{"\2", 1};

std::string_view PackedBytes(const Entry* entry) {
  return entry != nullptr && entry->storage() == Storage::kNear ? entry->near() : std::string_view{};
}
const Set* FarSet(const Entry* entry) {
  return entry != nullptr && entry->storage() == Storage::kFar ? static_cast<const Set*>(entry->far()) : nullptr;
}

}  // namespace

SetReader::SetReader(const Entry* entry) : packed_(kEmptyPacked), indexed_(nullptr) {
  if (entry == nullptr) return;
  if (const Set* far = FarSet(entry); far == nullptr) {
    packed_ = PackedSetView(entry->near());
  } else if (far->IsIndexed()) {
    indexed_ = &far->Indexed();
  } else {
    packed_ = far->Packed();
  }
}

SetEditor::SetEditor(engine::Context& ctx, const store::Key& key, Entry* entry)
    : ctx_(ctx),
      key_(key),
      entry_(entry),
      limits_(types::SetLimitsFrom(ctx.tunables)),
      far_(const_cast<Set*>(FarSet(entry))),
      packed_(buffer_, store::kNearValueMax, PackedBytes(entry)) {}

SetEditor::SetEditor(engine::Context& ctx, const store::Key& key, Entry* entry, Fresh fresh)
    : ctx_(ctx),
      key_(key),
      entry_(entry),
      limits_(types::SetLimitsFrom(ctx.tunables)),
      changed_(true),
      replaces_(true),
      keeps_ttl_(fresh.keep_ttl),
      packed_(fresh.form == Form::kIntegers ? PackedSet(buffer_, store::kNearValueMax)
                                            : PackedSet::EmptyElements(buffer_, store::kNearValueMax)) {}

SetReader SetEditor::Reader() const {
  if (far_ == nullptr) return {packed_.View(), nullptr};
  return far_->IsIndexed() ? SetReader(PackedSetView(kEmptyPacked), &far_->Indexed())
                           : SetReader(far_->Packed(), nullptr);
}

void SetEditor::BecomeFar() {
  fresh_ = std::make_unique<Set>(packed_.View(), ctx_.keyspace.seed());
  far_ = fresh_.get();
}

void SetEditor::Expect(const SetMember& first, std::size_t count) {
  if (count <= std::min(limits_.intset_entries, limits_.listpack_entries)) [[likely]]
    return;
  if (far_ != nullptr && far_->IsIndexed()) return;
  const bool is_new = entry_ == nullptr;
  bool integers = is_new ? first.IsInteger() : Reader().Packed().IsIntegers();
  if (is_new && integers && count > limits_.intset_entries) {
    integers = false;
    if (count <= limits_.listpack_entries) packed_ = PackedSet::EmptyElements(buffer_, store::kNearValueMax);
  }
  if (count <= (integers ? limits_.intset_entries : limits_.listpack_entries)) return;
  if (far_ == nullptr) BecomeFar();
  far_->BecomeIndexed();
  changed_ = true;
}

bool SetEditor::Add(const SetMember& member, const SetLimits& limits) {
  if (far_ == nullptr) {
    switch (packed_.Add(member, limits)) {
      case PackedSet::Result::kDone:
        return changed_ = grown_ = true;
      case PackedSet::Result::kNothing:
        return false;
      case PackedSet::Result::kNoRoom:
      case PackedSet::Result::kTooLarge:
        BecomeFar();
        break;
    }
  }
  const bool added = far_->Add(member, limits);
  changed_ |= added;
  return added;
}

bool SetEditor::Remove(const SetMember& member) {
  const bool removed = far_ != nullptr ? far_->Remove(member) : packed_.Remove(member) == PackedSet::Result::kDone;
  changed_ |= removed;
  return removed;
}

void SetEditor::Save() {
  if (Size() == 0) {
    gone_ = entry_ != nullptr && (changed_ || replaces_) && ctx_.Erase(key_);
    return;
  }
  if (!changed_) return;
  if (far_ != nullptr && fresh_ == nullptr) return SaveFar();
  const Value value =
      fresh_ != nullptr ? Value::Far(Type::kSet, fresh_.release()) : Value::Near(Type::kSet, packed_.Bytes());
  // Room for the members that follow: moving to another block costs more than all the rest of an SADD.
  const std::size_t spare_bytes = grown_ ? value.bytes.size() / 4 : 0;
  if (entry_ == nullptr || (replaces_ && !keeps_ttl_)) {
    ctx_.Put(key_, value);
  } else {
    ctx_.SetValue(key_, entry_, value, spare_bytes);
  }
}

// A set that has become small enough goes into its entry.
void SetEditor::SaveFar() {
  if (far_->IsIndexed()) return;
  const std::string_view bytes = far_->Packed().Bytes();
  if (bytes.size() > store::kNearValueMax / 2) return;
  std::memcpy(buffer_, bytes.data(), bytes.size());
  ctx_.SetValue(key_, entry_, Value::Near(Type::kSet, {buffer_, bytes.size()}));
}

}  // namespace zedis::commands

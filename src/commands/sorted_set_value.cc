#include "commands/sorted_set_value.h"

#include <cstring>

namespace zedis::commands {

using store::Entry;
using store::FarSortedSet;
using store::Storage;
using store::Type;
using store::Value;
using types::PackedSortedSet;
using types::SetMember;
using types::SortedSet;

namespace {

std::string_view PackedBytes(const Entry* entry) {
  return entry != nullptr && entry->storage() == Storage::kNear ? entry->near() : types::kEmptyPackedSortedSet;
}

}  // namespace

SortedSetEditor::SortedSetEditor(engine::Context& ctx, const store::Key& key, Entry* entry)
    : ctx_(ctx),
      key_(key),
      entry_(entry),
      limits_(types::SortedSetLimitsFrom(ctx.tunables)),
      far_(FarSortedSet(entry)),
      packed_(buffer_, store::kNearValueMax, PackedBytes(entry)) {}

SortedSetEditor::SortedSetEditor(engine::Context& ctx, const store::Key& key, Entry* entry, Fresh)
    : ctx_(ctx),
      key_(key),
      entry_(entry),
      limits_(types::SortedSetLimitsFrom(ctx.tunables)),
      changed_(true),
      replaces_(true),
      packed_(buffer_, store::kNearValueMax) {}

void SortedSetEditor::BecomeFar() {
  fresh_ = std::make_unique<SortedSet>(packed_.View(), ctx_.keyspace.seed());
  far_ = fresh_.get();
}

void SortedSetEditor::Expect(std::string_view first, std::size_t count) {
  const bool is_too_large = count > limits_.entries || (Size() == 0 && first.size() > limits_.value_bytes);
  if (!is_too_large) [[likely]]
    return;
  if (far_ != nullptr && far_->IsIndexed()) return;
  if (far_ == nullptr) BecomeFar();
  far_->BecomeIndexed();
  changed_ = true;
}

SortedSetEditor::Change SortedSetEditor::Put(const SetMember& member, std::optional<double> current, double score) {
  if (!current) {
    Add(member, score);
    changed_ = grown_ = true;
    return Change::kAdded;
  }
  if (*current == score) return Change::kNone;
  SetScore(member, score);
  changed_ = true;
  return Change::kUpdated;
}

void SortedSetEditor::Add(const SetMember& member, double score) {
  if (far_ == nullptr) {
    if (packed_.Add(member.Text(), score, limits_) == PackedSortedSet::Result::kDone) return;
    BecomeFar();
  }
  far_->Add(member, score, limits_);
}

void SortedSetEditor::SetScore(const SetMember& member, double score) {
  if (far_ == nullptr) {
    const auto found = packed_.View().Find(member);
    if (packed_.SetScore(*found, member.Text(), score) == PackedSortedSet::Result::kDone) return;
    BecomeFar();
  }
  far_->SetScore(member, score);
}

bool SortedSetEditor::Remove(const SetMember& member) {
  if (far_ != nullptr) {
    const bool removed = far_->Remove(member);
    changed_ |= removed;
    return removed;
  }
  const auto found = packed_.View().Find(member);
  if (!found) return false;
  packed_.Remove(*found);
  return changed_ = true;
}

void SortedSetEditor::RemoveRange(types::RankRange range) {
  if (range.size() == 0) return;
  changed_ = true;
  // All of a large one goes as a whole, in slices, when its key goes.
  if (range.size() == Size() && far_ != nullptr && fresh_ == nullptr) {
    far_ = nullptr;
    replaces_ = true;
    packed_ = PackedSortedSet(buffer_, store::kNearValueMax);
    return;
  }
  far_ != nullptr ? far_->RemoveRange(range) : packed_.RemoveRange(range);
}

void SortedSetEditor::Save() {
  if (Size() == 0) {
    gone_ = entry_ != nullptr && changed_ && ctx_.Erase(key_);
    return;
  }
  if (!changed_) return;
  if (far_ != nullptr && fresh_ == nullptr) return SaveFar();
  const Value value = fresh_ != nullptr ? Value::Far(Type::kSortedSet, fresh_.release())
                                        : Value::Near(Type::kSortedSet, packed_.Bytes());
  // Room for the members that follow: moving to another block costs more than all the rest of a ZADD.
  const std::size_t spare_bytes = grown_ ? value.bytes.size() / 4 : 0;
  if (entry_ == nullptr || replaces_) {
    ctx_.Put(key_, value);
  } else {
    ctx_.SetValue(key_, entry_, value, spare_bytes);
  }
}

// A set that has become small enough goes into its entry.
void SortedSetEditor::SaveFar() {
  if (far_->IsIndexed()) return;
  const std::string_view bytes = far_->Packed().Bytes();
  if (bytes.size() > store::kNearValueMax / 2) return;
  std::memcpy(buffer_, bytes.data(), bytes.size());
  ctx_.SetValue(key_, entry_, Value::Near(Type::kSortedSet, {buffer_, bytes.size()}));
}

}  // namespace zedis::commands

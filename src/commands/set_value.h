// Sets as entries hold them: packed in place while they are small, a types::Set when they are larger. What is here
// hides which of the two it is.
//
// A set moves out of its entry when it no longer fits beside the key, and back when it is packed and needs at most half
// of that room. OBJECT ENCODING tells of the packed form, not of the place.
#pragma once

#include <memory>
#include <string_view>

#include "commands/random_choice.h"
#include "engine/context.h"
#include "types/set.h"

namespace zedis::commands {

// Reads a set. Members live until the set or its entry changes.
class SetReader {
 public:
  // A key that is not there is an empty set.
  explicit SetReader(const store::Entry* entry);
  SetReader(types::PackedSetView packed, const types::IndexedSet* indexed) : packed_(packed), indexed_(indexed) {}

  [[nodiscard]] std::size_t Size() const { return indexed_ != nullptr ? indexed_->Size() : packed_.Size(); }
  [[nodiscard]] bool Contains(const types::SetMember& member) const {
    if (indexed_ == nullptr) return packed_.Contains(member);
    return indexed_->Contains(member.Text(), member.Hash(indexed_->seed()));
  }
  // visit(const types::Element&) -> bool for all until it says false.
  template <class Visit>
  void ForEach(Visit visit) const {
    if (indexed_ == nullptr) return packed_.ForEach(visit);
    indexed_->ForEach([&](std::string_view text) { return visit(types::Element{.text = text}); });
  }

  // Null: packed.
  [[nodiscard]] const types::IndexedSet* Indexed() const { return indexed_; }
  [[nodiscard]] types::PackedSetView Packed() const { return packed_; }
  // Packed without order: a lookup reads half of it.
  [[nodiscard]] bool IsElements() const { return indexed_ == nullptr && !packed_.IsIntegers(); }

 private:
  types::PackedSetView packed_;
  const types::IndexedSet* indexed_;
};

// Changes a set: load it, edit, then Save and report. A set that lies in its entry is edited in a copy on the stack,
// so that only Save touches the shard.
class SetEditor {
 public:
  // `entry` is what was just found at `key`: a set, or null for a new one. No other change of the shard may come
  // between, or it needs Reload before Save.
  SetEditor(engine::Context& ctx, const store::Key& key, store::Entry* entry);

  // A set that begins empty and takes the place of whatever the key holds, with its time to live.
  enum class Form : std::uint8_t { kIntegers, kElements };
  struct Fresh {
    Form form;
    bool keep_ttl;  // it is what is left of the set that is there
  };
  SetEditor(engine::Context& ctx, const store::Key& key, store::Entry* entry, Fresh fresh);

  SetEditor(const SetEditor&) = delete;
  SetEditor& operator=(const SetEditor&) = delete;

  [[nodiscard]] std::size_t Size() const { return far_ != nullptr ? far_->Size() : packed_.Size(); }
  [[nodiscard]] SetReader Reader() const;

  // Before the first of `count` members is added: with more of them than the packed forms may have, the set is indexed
  // from the start, as in Redis since 7.2, though some of them may be the same.
  void Expect(const types::SetMember& first, std::size_t count);
  // False if it is there already, or is not.
  bool Add(const types::SetMember& member) { return Add(member, limits_); }
  // The same without limits: what was packed stays packed.
  void Keep(const types::SetMember& member) { Add(member, kNoLimits); }
  bool Remove(const types::SetMember& member);
  // Takes out any member, each as likely as any other: visit(const types::Element&) before it goes. REQUIRES: Size() >
  // 0
  template <class Visit>
  void PopRandom(Visit visit);

  // Writes the set into its entry; an empty one takes its key along, if there is one. Nothing but the reports may
  // follow.
  void Save();
  // Reports a change that was saved.
  void Announce(std::string_view event) { ctx_.Changed(key_, {base::kNotifySet, event}); }
  // Reports that the key is gone, if it is.
  void AnnounceIfGone() {
    if (gone_) ctx_.Changed(key_, {base::kNotifyGeneric, "del"});
  }
  // Finds the entry anew, after another key has changed.
  void Reload() { entry_ = ctx_.Peek(key_); }

 private:
  static constexpr types::SetLimits kNoLimits{
      .intset_entries = SIZE_MAX, .listpack_entries = SIZE_MAX, .listpack_value_bytes = SIZE_MAX};

  bool Add(const types::SetMember& member, const types::SetLimits& limits);
  void BecomeFar();
  void SaveFar();

  engine::Context& ctx_;
  const store::Key key_;
  store::Entry* entry_;
  const types::SetLimits limits_;
  types::Set* far_ = nullptr;          // null: packed in the entry
  std::unique_ptr<types::Set> fresh_;  // `far_`, until the entry owns it
  bool changed_ = false;
  bool grown_ = false;     // it may grow on
  bool replaces_ = false;  // what the entry holds is not this set
  bool keeps_ttl_ = true;
  bool gone_ = false;
  char buffer_[store::kNearValueMax];
  types::PackedSet packed_;
};

template <class Visit>
void SetEditor::PopRandom(Visit visit) {
  const auto random = [&] { return ctx_.Random(); };
  changed_ = true;
  if (far_ != nullptr && far_->IsIndexed()) {
    far_->Indexed().PopRandom(random, [&](std::string_view text) { visit(types::Element{.text = text}); });
    return;
  }
  const types::PackedSetView view = far_ != nullptr ? far_->Packed() : packed_.View();
  const std::size_t index = RandomBelow(ctx_, view.Size());
  visit(view.At(index));
  far_ != nullptr ? far_->RemoveAt(index) : packed_.RemoveAt(index);
}

}  // namespace zedis::commands

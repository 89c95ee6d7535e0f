// Sorted sets as entries hold them: packed in place while they are small, a types::SortedSet when they are larger. Who
// reads one takes store::SortedSetOf (store/sorted_set_of.h); who changes one takes the editor here.
//
// A set moves out of its entry when it no longer fits beside the key, and back when it is packed and needs at most half
// of that room. OBJECT ENCODING tells of the packed form, not of the place.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/context.h"
#include "store/sorted_set_of.h"
#include "types/sorted_set.h"

namespace zedis::commands {

// Changes a sorted set: load it, edit, then Save and report. A set that lies in its entry is edited in a copy on the
// stack, so that only Save touches the shard.
class SortedSetEditor {
 public:
  // `entry` is what was just found at `key`: a sorted set, or null for a new one. No other change of the shard may come
  // between, or it needs Reload before Save.
  SortedSetEditor(engine::Context& ctx, const store::Key& key, store::Entry* entry);

  // A set that begins empty and takes the place of whatever the key holds, without its time to live.
  struct Fresh {};
  SortedSetEditor(engine::Context& ctx, const store::Key& key, store::Entry* entry, Fresh);

  SortedSetEditor(const SortedSetEditor&) = delete;
  SortedSetEditor& operator=(const SortedSetEditor&) = delete;

  [[nodiscard]] std::size_t Size() const { return far_ != nullptr ? far_->Size() : packed_.Size(); }
  [[nodiscard]] types::SortedSetView View() const {
    return far_ != nullptr ? far_->View() : types::SortedSetView(packed_.View());
  }

  // Before the first of `count` members is added: with more of them than the packed form may have, the set is indexed
  // from the start, as in Redis since 7.2, though some of them may be the same.
  void Expect(std::string_view first, std::size_t count);

  [[nodiscard]] std::optional<double> ScoreOf(const types::SetMember& member) const { return View().ScoreOf(member); }
  // Adds the member, or gives it another score. The score is no NaN.
  enum class Change : std::uint8_t { kNone, kAdded, kUpdated };
  Change Put(const types::SetMember& member, double score) { return Put(member, ScoreOf(member), score); }
  // The same, with the score that it has, or none.
  Change Put(const types::SetMember& member, std::optional<double> current, double score);
  bool Remove(const types::SetMember& member);
  // REQUIRES: range.last <= Size()
  void RemoveRange(types::RankRange range);

  // Writes the set into its entry; an empty one takes its key along, if there is one. Nothing but the reports may
  // follow.
  void Save();
  // Reports a change that was saved; so many members count as unsaved.
  void Announce(std::string_view event, std::uint64_t changes) {
    ctx_.Changed(key_, {base::kNotifyZset, event}, changes);
  }
  // Reports that the key is gone, if it is.
  void AnnounceIfGone(std::uint64_t changes = 0) {
    if (gone_) ctx_.Changed(key_, {base::kNotifyGeneric, "del"}, changes);
  }
  // Finds the entry anew, after another key has changed.
  void Reload() { entry_ = ctx_.Peek(key_); }

 private:
  void BecomeFar();
  void SaveFar();
  void Add(const types::SetMember& member, double score);
  void SetScore(const types::SetMember& member, double score);

  engine::Context& ctx_;
  const store::Key key_;
  store::Entry* entry_;
  const types::SortedSetLimits limits_;
  types::SortedSet* far_ = nullptr;          // null: packed in the entry
  std::unique_ptr<types::SortedSet> fresh_;  // `far_`, until the entry owns it
  bool changed_ = false;
  bool grown_ = false;     // it may grow on
  bool replaces_ = false;  // what the entry holds is not this set
  bool gone_ = false;
  char buffer_[store::kNearValueMax];
  types::PackedSortedSet packed_;
};

}  // namespace zedis::commands

// Hashes as entries hold them: packed in place while they are small, a types::Hash when they are larger.
//
// A hash moves out of its entry when it no longer fits beside the key, and back when it is packed and needs at most
// half of that room. OBJECT ENCODING tells of the packed form, not of the place.
#pragma once

#include <memory>
#include <string_view>

#include "engine/context.h"
#include "store/hash_of.h"
#include "types/hash.h"

namespace zedis::commands {

// Reads a hash now. A key that is not there is an empty hash. Items live until the hash or its entry changes.
inline types::HashView ReadHash(const engine::Context& ctx, const store::Entry* entry) {
  return entry != nullptr ? store::HashOf(*entry, ctx.now_ms) : types::HashView();
}

// Changes a hash: load it, edit, then Save and report. A hash that lies in its entry is edited in a copy on the stack,
// so that only Save touches the shard.
class HashEditor {
 public:
  // `entry` is what was just found at `key`: a hash, or null for a new one. No other change of the shard may come
  // between.
  HashEditor(engine::Context& ctx, const store::Key& key, store::Entry* entry);
  HashEditor(const HashEditor&) = delete;
  HashEditor& operator=(const HashEditor&) = delete;

  [[nodiscard]] types::HashView View() const {
    return far_ != nullptr ? types::HashView(*far_, ctx_.now_ms) : types::HashView(packed_.View(), ctx_.now_ms);
  }

  // Before the first of `count` fields is put: with more of them than a packed hash may have, the hash is indexed from
  // the start, as in Redis since 7.2, though some of them may be the same.
  void Expect(std::size_t count);
  // True if the field is new.
  bool Put(const types::HashField& field, const types::HashWrite& write);
  bool Put(const types::HashField& field, std::string_view value) {
    return Put(field, {.value = value, .now_ms = ctx_.now_ms});
  }
  // False if it is not there.
  bool Remove(const types::HashField& field);
  // Gives a field another time, or none (types::kNoFieldExpiry). REQUIRES: it is there.
  void SetExpiry(const types::HashField& field, std::int64_t expire_at_ms);

  // Writes the hash into its entry; an empty one takes its key along, if there is one. Nothing but the reports may
  // follow.
  void Save();
  // Reports a change that was saved.
  void Announce(std::string_view event, std::uint64_t changes = 1) {
    ctx_.Changed(key_, {base::kNotifyHash, event}, changes);
  }
  // Reports that the key is gone, if it is.
  void AnnounceIfGone() {
    if (gone_) ctx_.Changed(key_, {base::kNotifyGeneric, "del"}, 0);
  }

 private:
  [[nodiscard]] bool IsEmpty() const { return far_ != nullptr ? far_->IsEmpty() : packed_.View().IsEmpty(); }
  void BecomeFar();
  void NoteTimes();
  void SaveFar();

  engine::Context& ctx_;
  const store::Key key_;
  store::Entry* entry_;
  const types::HashLimits limits_;
  types::Hash* far_ = nullptr;          // null: packed in the entry
  std::int64_t earliest_before_ms_;     // of `far_`, when it was loaded
  std::unique_ptr<types::Hash> fresh_;  // `far_`, until the entry owns it
  bool changed_ = false;
  bool grown_ = false;  // it may grow on
  bool gone_ = false;
  char buffer_[store::kNearValueMax];
  types::PackedHash packed_;
};

}  // namespace zedis::commands

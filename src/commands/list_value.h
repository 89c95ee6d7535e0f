// Lists as entries hold them: packed in place while they are small, a types::List when they are larger. What is here
// hides which of the two it is.
//
// A list moves out of its entry when it no longer fits beside the key, and back when it needs at most half of that
// room, so that a list at the border does not change its form with every push and pop.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

#include "commands/reply_element.h"
#include "engine/context.h"
#include "types/list.h"
#include "types/packed_list.h"

namespace zedis::commands {

// Reads a list. The texts of elements live until the list or its entry changes.
class ListReader {
 public:
  // REQUIRES: the entry holds a list.
  explicit ListReader(const store::Entry& entry)
      : far_(entry.storage() == store::Storage::kFar ? static_cast<const types::List*>(entry.far()) : nullptr),
        packed_(far_ == nullptr ? entry.near() : std::string_view{}) {}
  ListReader(const types::List* far, types::PackedListView packed) : far_(far), packed_(packed) {}

  std::size_t Size() const { return far_ != nullptr ? far_->Size() : packed_.Size(); }

  // visit(Element); false if there is no such index. Negative indexes count from the tail.
  template <class Visit>
  bool Get(std::int64_t index, Visit visit) const;
  // visit(Element) for `count` elements from `start` on. REQUIRES: they are there.
  template <class Visit>
  void ForRange(std::size_t start, std::size_t count, types::Direction direction, Visit visit) const;
  // visit(index from the head) for each match that the options ask for.
  template <class Visit>
  void Find(std::string_view text, const types::FindOptions& options, Visit visit) const;

 private:
  const types::List* far_;  // null: packed
  types::PackedListView packed_;
};

// Changes a list: load it, edit, then Finish (or Save and Announce), once. A packed list is edited in a copy on the
// stack, so that only Save touches the shard.
class ListEditor {
 public:
  // `entry` is what was just found at `key`: a list, or null for a new one. No other change of the shard may come
  // between, or it needs Reload before Save.
  ListEditor(engine::Context& ctx, const store::Key& key, store::Entry* entry);
  ListEditor(const ListEditor&) = delete;
  ListEditor& operator=(const ListEditor&) = delete;

  std::size_t Size() const { return far_ != nullptr ? far_->Size() : packed_.Size(); }
  ListReader Reader() const { return {far_, packed_.View()}; }

  // One after the other, so that the last one is outermost. The texts must not be elements of this list.
  void Push(types::Side side, engine::Args texts);
  // visit(Element) for the outermost first, then removes them. REQUIRES: count <= Size().
  template <class Visit>
  void Pop(types::Side side, std::size_t count, Visit visit);
  // False if there is no such index.
  [[nodiscard]] bool Set(std::int64_t index, std::string_view text);
  // Before the first element equal to `pivot`, or after it; false if there is none.
  [[nodiscard]] bool InsertBeside(std::string_view pivot, bool after, std::string_view text);
  // LREM: up to |count| elements equal to `text`, from the tail if negative, all if 0. Returns how many.
  std::size_t Remove(std::string_view text, std::int64_t count);
  // LTRIM. REQUIRES: start + count <= Size().
  void Keep(std::size_t start, std::size_t count);

  // Writes the list into its entry; an empty one takes its key along. Nothing but Announce may be called after it.
  void Save();
  // Reports a change of so many elements that was saved, and that the key is gone if it is.
  void Announce(std::string_view event, std::uint64_t changes);
  void Finish(std::string_view event, std::uint64_t changes = 1) {
    Save();
    Announce(event, changes);
  }
  // Finds the entry anew, after another key has changed.
  void Reload() { entry_ = ctx_.Peek(key_); }

 private:
  void BecomeFar();
  void NoteGrowth(std::size_t text_bytes, std::size_t count);
  void PushFar(types::Side side, engine::Args texts);
  void SaveShrunk();

  engine::Context& ctx_;
  const store::Key key_;
  store::Entry* entry_;
  const types::ListOptions options_;
  types::List* far_ = nullptr;          // null: packed
  std::unique_ptr<types::List> fresh_;  // `far_`, until the entry owns it
  bool grown_ = false;                  // it may grow on
  bool shrunk_ = false;                 // it may fit into the entry again
  bool empty_ = false;                  // saved as such
  char buffer_[store::kNearValueMax];
  types::PackedList packed_;
};

template <class Visit>
bool ListReader::Get(std::int64_t index, Visit visit) const {
  if (far_ != nullptr) return far_->Get(index, visit);
  const auto element = packed_.Get(index);
  if (element) visit(*element);
  return element.has_value();
}

template <class Visit>
void ListReader::ForRange(std::size_t start, std::size_t count, types::Direction direction, Visit visit) const {
  if (far_ != nullptr) {
    far_->ForRange(start, count, direction, visit);
  } else {
    packed_.ForRange(start, count, direction, visit);
  }
}

template <class Visit>
void ListReader::Find(std::string_view text, const types::FindOptions& options, Visit visit) const {
  if (far_ != nullptr) {
    far_->Find(text, options, visit);
  } else {
    packed_.Find(text, options, visit);
  }
}

template <class Visit>
void ListEditor::Pop(types::Side side, std::size_t count, Visit visit) {
  const std::size_t size = Size();
  const bool front = side == types::Side::kFront;
  if (far_ != nullptr && count == 1) {
    far_->Pop(side, visit);
    far_->NoteShrink();
    shrunk_ = true;
    return;
  }
  if (count == 0) return;
  Reader().ForRange(front ? 0 : size - 1, count, front ? types::Direction::kForward : types::Direction::kBackward,
                    visit);
  Keep(front ? count : 0, size - count);
}

}  // namespace zedis::commands

#include "commands/list_value.h"

namespace zedis::commands {

using store::Entry;
using store::Storage;
using store::Type;
using store::Value;
using types::List;
using types::PackedList;
using types::Side;

namespace {

std::string_view PackedBytes(const Entry* entry) {
  return entry != nullptr && entry->storage() == Storage::kNear ? entry->near() : std::string_view{};
}

[[nodiscard]] bool PushPacked(PackedList& list, Side side, std::string_view text) {
  return side == Side::kFront ? list.PushFront(text) : list.PushBack(text);
}

}  // namespace

ListEditor::ListEditor(engine::Context& ctx, const store::Key& key, Entry* entry)
    : ctx_(ctx),
      key_(key),
      entry_(entry),
      options_(types::ListOptionsFrom(ctx.tunables)),
      packed_(buffer_, store::kNearValueMax, PackedBytes(entry)) {
  if (entry == nullptr || entry->storage() != Storage::kFar) return;
  far_ = static_cast<List*>(entry->far());
  far_->SetOptions(options_);
}

void ListEditor::BecomeFar() {
  fresh_ = List::FromPacked(packed_.View(), options_);
  far_ = fresh_.get();
}

void ListEditor::NoteGrowth(std::size_t text_bytes, std::size_t count) {
  grown_ = true;
  if (far_ != nullptr) {
    far_->NoteGrowth(text_bytes, count);
  } else {
    packed_.NoteGrowth(options_, text_bytes, count);
  }
}

void ListEditor::Push(Side side, engine::Args texts) {
  std::size_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  NoteGrowth(bytes, texts.size());
  std::size_t next = 0;
  if (far_ == nullptr) {
    while (next < texts.size() && PushPacked(packed_, side, texts[next])) ++next;
    if (next == texts.size()) return;
    BecomeFar();
  }
  for (const std::string_view text : texts.subspan(next)) {
    side == Side::kFront ? far_->PushFront(text) : far_->PushBack(text);
  }
}

bool ListEditor::Set(std::int64_t index, std::string_view text) {
  const auto size = static_cast<std::int64_t>(Size());
  if (index < 0) index += size;
  if (index < 0 || index >= size) return false;
  NoteGrowth(text.size(), 1);
  if (far_ == nullptr) {
    if (packed_.Replace(static_cast<std::size_t>(index), text)) {
      packed_.NoteShrink(options_);
      return true;
    }
    BecomeFar();
  }
  const bool done = far_->Set(index, text);
  CHECK(done);
  far_->NoteShrink();
  shrunk_ = true;
  return true;
}

bool ListEditor::InsertBeside(std::string_view pivot, bool after, std::string_view text) {
  if (far_ == nullptr) {
    const auto found = packed_.IndexOf(pivot);
    if (!found) return false;
    NoteGrowth(text.size(), 1);
    const std::size_t index = *found + (after ? 1 : 0);
    if (packed_.Insert(index, text)) return true;
    BecomeFar();
    far_->Insert(index, text);
    return true;
  }
  // Redis, too, decides on the encoding before it knows whether the pivot is there.
  NoteGrowth(text.size(), 1);
  return after ? far_->InsertAfter(pivot, text) : far_->InsertBefore(pivot, text);
}

std::size_t ListEditor::Remove(std::string_view text, std::int64_t count) {
  const std::size_t removed = far_ != nullptr ? far_->Remove(text, count) : packed_.Remove(text, count);
  if (removed == 0) return 0;
  if (far_ != nullptr) {
    far_->NoteShrink();
    shrunk_ = true;
  } else {
    packed_.NoteShrink(options_);
  }
  return removed;
}

void ListEditor::Keep(std::size_t start, std::size_t count) {
  if (far_ == nullptr) {
    packed_.Erase(start + count, packed_.Size() - start - count);
    packed_.Erase(0, start);
    packed_.NoteShrink(options_);
    return;
  }
  // What goes may be large: it is freed in slices.
  auto removed = std::make_unique<List>(options_);
  far_->Keep(start, count, removed.get());
  if (!removed->Empty()) ctx_.DatabaseOf(key_).Discard(Type::kList, removed.release());
  far_->NoteShrink();
  shrunk_ = true;
}

// A large list that has become small enough goes into its entry.
void ListEditor::SaveShrunk() {
  const std::size_t bytes = far_->TryPack(buffer_, store::kNearValueMax / 2);
  if (bytes != 0) ctx_.SetValue(key_, entry_, Value::Near(Type::kList, {buffer_, bytes}));
}

void ListEditor::Save() {
  empty_ = Size() == 0;
  if (empty_) {
    if (entry_ != nullptr) ctx_.Erase(key_);
  } else if (far_ != nullptr && fresh_ == nullptr) {
    if (shrunk_) SaveShrunk();
  } else {
    const Value value =
        fresh_ != nullptr ? Value::Far(Type::kList, fresh_.release()) : Value::Near(Type::kList, packed_.Bytes());
    // Room for the pushes that follow: moving to another block costs more than all the rest of a push.
    const std::size_t spare_bytes = grown_ ? value.bytes.size() / 4 : 0;
    entry_ != nullptr ? ctx_.SetValue(key_, entry_, value, spare_bytes) : ctx_.Put(key_, value);
  }
}

void ListEditor::Announce(std::string_view event, std::uint64_t changes) {
  ctx_.Changed(key_, {base::kNotifyList, event}, changes);
  if (empty_) ctx_.Changed(key_, {base::kNotifyGeneric, "del"}, 0);
}

}  // namespace zedis::commands

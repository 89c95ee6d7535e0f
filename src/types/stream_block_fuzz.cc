// The input is a script: entries that are appended to a block, deleted, searched for, and the same done to a vector.
// Numbers of the script choose ids at all distances and texts at all sizes where encodings change.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "types/stream_block.h"

namespace zedis::types {
namespace {

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  [[nodiscard]] bool Empty() const { return size_ == 0; }
  std::uint8_t Byte() {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  std::uint64_t Number() {
    std::uint64_t number = 0;
    for (int left = Byte() % 9; left > 0; --left) number = number << 8 | Byte();
    return number;
  }
  std::string Text() {
    static constexpr std::size_t kSizes[] = {62, 63, 64, 127, 128, 4095, 4096, 20'000};
    const unsigned form = Byte();
    if (form < 100) {
      const std::uint64_t number = Number();
      return form % 2 == 0 ? std::to_string(number) : std::to_string(static_cast<std::int64_t>(number));
    }
    if (form < 110) return std::string(kSizes[form % std::size(kSizes)], static_cast<char>(Byte()));
    std::string text;
    for (unsigned left = form % 14; left > 0; --left) text.push_back(static_cast<char>(Byte()));
    return text;
  }
  // Mostly the same two names.
  std::vector<std::string> Entry() {
    const unsigned form = Byte();
    const std::size_t pairs = form < 200 ? 2 : form % 20 + 1;
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < pairs; ++i) {
      texts.push_back(form < 200 ? std::string(i + 1, 'n') : Text());
      texts.push_back(Text());
    }
    return texts;
  }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

struct Known {
  StreamId id;
  std::vector<std::string> texts;
  bool deleted = false;
};

std::vector<std::string_view> ViewsOf(const std::vector<std::string>& texts) { return {texts.begin(), texts.end()}; }

StreamId NextId(Script& script, const StreamId& last) {
  StreamId id = last;
  const std::uint64_t step = script.Number();
  if (script.Byte() % 2 == 0) {
    if (__builtin_add_overflow(id.seq, step, &id.seq)) id = last;
  } else if (__builtin_add_overflow(id.ms, step, &id.ms)) {
    id = last;
  } else if (step > 0) {
    id.seq = script.Number();
  }
  return id > last ? id : last.Next().value_or(last);
}

void Compare(const StreamBlock* block, const std::vector<Known>& twin) {
  CHECK(block->IsValid() && block->Entries() == twin.size());
  std::size_t offset = block->GroupOffset(0);
  for (std::size_t i = 0; i < twin.size(); ++i) {
    const StreamEntry entry = block->Read(offset);
    CHECK(entry.id == twin[i].id && entry.deleted == twin[i].deleted && 2 * entry.pairs == twin[i].texts.size());
    std::size_t text = 0;
    entry.ForEachPair([&](const Element& name, const Element& value) {
      CHECK(name.Equals(twin[i].texts[text]) && value.Equals(twin[i].texts[text + 1]));
      text += 2;
    });
    const StreamBlock::Place place = block->LowerBound(entry.id);
    CHECK(place.index == i && place.offset == offset);
    offset = block->OffsetBehind(entry);
  }
  CHECK(offset == block->UsedBytes() && block->LastId() == twin.back().id);
}

}  // namespace
}  // namespace zedis::types

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using zedis::types::StreamBlock;
  zedis::types::Script script(data, size);
  std::vector<zedis::types::Known> twin = {{{script.Number(), script.Number()}, script.Entry(), false}};
  StreamBlock* block = StreamBlock::New(twin[0].id, zedis::types::ViewsOf(twin[0].texts), script.Byte());
  block = StreamBlock::Append(block, twin[0].id, zedis::types::ViewsOf(twin[0].texts));
  for (int steps = 0; !script.Empty() && steps < 400; ++steps) {
    if (const unsigned what = script.Byte() % 8; what == 0) {
      zedis::types::Known& known = twin[script.Byte() % twin.size()];
      if (!known.deleted) block->MarkDeleted(block->LowerBound(known.id).offset);
      known.deleted = true;
    } else if (what == 1) {
      block = StreamBlock::Seal(block);
    } else if (block->CanShare()) {
      const zedis::types::StreamId id = NextId(script, twin.back().id);
      if (id == twin.back().id) break;
      twin.push_back({id, script.Entry(), false});
      block = StreamBlock::Append(block, id, zedis::types::ViewsOf(twin.back().texts));
    }
    if (steps % 32 == 0) Compare(block, twin);
  }
  Compare(block, twin);
  StreamBlock* copy = StreamBlock::Copy(block);
  StreamBlock::Delete(block);
  Compare(copy, twin);
  StreamBlock::Delete(copy);
  return 0;
}

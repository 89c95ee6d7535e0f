#include <cstring>

#include "rdb/listpack.h"
#include "rdb/save_types.h"
#include "types/set.h"

namespace zedis::rdb {
namespace {

using types::Element;
using types::PackedSetView;

const types::IndexedSet* IndexOf(const store::Entry& entry) {
  if (entry.storage() != store::Storage::kFar) return nullptr;
  const auto* set = static_cast<const types::Set*>(entry.far());
  return set->IsIndexed() ? &set->Indexed() : nullptr;
}

// REQUIRES: it is not indexed.
PackedSetView PackedOf(const store::Entry& entry) {
  if (entry.storage() == store::Storage::kNear) return PackedSetView(entry.near());
  return static_cast<const types::Set*>(entry.far())->Packed();
}

// An intset is width, count and values, of which ours has the first in one byte and the last.
void SaveIntegers(PackedSetView integers, Writer& writer) {
  const std::string_view ours = integers.Bytes();
  const auto width = static_cast<std::uint32_t>(static_cast<unsigned char>(ours[0]));
  const auto count = static_cast<std::uint32_t>(integers.Size());
  std::string intset(sizeof width + sizeof count, '\0');
  std::memcpy(intset.data(), &width, sizeof width);
  std::memcpy(intset.data() + sizeof width, &count, sizeof count);
  intset.append(ours.substr(1));
  writer.String(intset);
}

}  // namespace

ValueType SavedSetType(const store::Entry& entry, const SaveOptions& options) {
  if (IndexOf(entry) != nullptr) return ValueType::kSet;
  if (PackedOf(entry).IsIntegers()) return ValueType::kSetIntset;
  return options.version >= kVersionOf72 ? ValueType::kSetListpack : ValueType::kSet;
}

void SaveSet(const store::Entry& entry, const SaveOptions& options, Writer& writer) {
  if (const types::IndexedSet* set = IndexOf(entry)) {
    writer.Length(set->Size());
    set->ForEach([&](std::string_view text) {
      writer.String(text);
      return true;
    });
    return;
  }
  const PackedSetView packed = PackedOf(entry);
  if (packed.IsIntegers()) return SaveIntegers(packed, writer);
  if (options.version >= kVersionOf72) {
    ListpackWriter listpack;
    packed.ForEach([&](const Element& element) {
      listpack.Append(element);
      return true;
    });
    writer.String(listpack.Finish());
    return;
  }
  writer.Length(packed.Size());
  packed.ForEach([&](const Element& element) {
    writer.String(element);
    return true;
  });
}

}  // namespace zedis::rdb

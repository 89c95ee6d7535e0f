#include <memory>

#include "rdb/listpack.h"
#include "rdb/load_types.h"
#include "rdb/old_forms.h"
#include "types/list.h"
#include "types/packed_list.h"

namespace zedis::rdb {
namespace {

using types::Element;
using types::List;

// Makes a list of elements as they are read: packed as long as it fits into an entry.
class ListBuilder {
 public:
  explicit ListBuilder(const base::Tunables& tunables)
      : options_(types::ListOptionsFrom(tunables)), packed_(buffer_, store::kNearValueMax) {}

  void Push(std::string_view text) {
    if (far_ == nullptr) {
      if (packed_.PushBack(text)) return;
      far_ = List::FromPacked(packed_.View(), options_);
    }
    far_->PushBack(text);
  }
  template <class Listpack>
  bool PushAll(Listpack listpack) {
    types::IntegerText digits;
    for (Element element; listpack.Next(&element);) Push(element.Text(digits));
    return listpack.ok();
  }

  // False without elements.
  bool Finish(LoadedValue& value) {
    if (far_ != nullptr) {
      far_->NoteGrowth(0, 0);
      value.SetFar(store::Type::kList, far_.release());
      return true;
    }
    packed_.NoteGrowth(options_, 0, 0);
    value.SetNear(store::Type::kList, packed_.Bytes());
    return packed_.Size() > 0;
  }

 private:
  const types::ListOptions options_;
  char buffer_[store::kNearValueMax];
  types::PackedList packed_;
  std::unique_ptr<List> far_;
};

bool ReadQuicklistNode(Reader& reader, ListBuilder& list, std::string& scratch) {
  const std::uint64_t container = reader.Length();
  const std::string_view node = reader.String(scratch);
  if (!reader.ok() || node.empty()) return false;
  if (container == kContainerPacked) return list.PushAll(ListpackReader(node));
  if (container == kContainerPlain) list.Push(node);
  return container == kContainerPlain;
}

}  // namespace

bool LoadList(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  ListBuilder list(options.tunables);
  std::string scratch;
  const std::uint64_t count = type == ValueType::kListZiplist ? 1 : reader.Count(1);
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    bool good = true;
    if (type == ValueType::kListQuicklist2) {
      good = ReadQuicklistNode(reader, list, scratch);
    } else {
      const std::string_view bytes = reader.String(scratch);
      if (!reader.ok()) return false;
      if (type == ValueType::kList) {
        list.Push(bytes);
      } else {
        good = list.PushAll(ZiplistReader(bytes));
      }
    }
    if (!good) return reader.Fail();
  }
  return reader.ok() && list.Finish(value);
}

}  // namespace zedis::rdb

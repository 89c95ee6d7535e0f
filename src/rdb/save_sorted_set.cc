#include "base/numbers.h"
#include "rdb/listpack.h"
#include "rdb/save_types.h"
#include "store/sorted_set_of.h"

namespace zedis::rdb {

using types::Element;
using types::SortedSetView;

ValueType SavedSortedSetType(const store::Entry& entry, const SaveOptions&) {
  return store::SortedSetOf(&entry).Indexed() != nullptr ? ValueType::kSortedSet : ValueType::kSortedSetListpack;
}

void SaveSortedSet(const store::Entry& entry, const SaveOptions&, Writer& writer) {
  const SortedSetView set = store::SortedSetOf(&entry);
  if (set.Indexed() != nullptr) {
    writer.Length(set.Size());
    // From the greatest on: Redis then inserts each at the head of its list.
    set.ForRange(set.Size() - 1, set.Size(), types::Direction::kBackward, [&](const Element& member, double score) {
      writer.String(member);
      writer.Double(score);
      return true;
    });
    return;
  }
  ListpackWriter listpack;
  set.ForEach([&](const Element& member, double score) {
    listpack.Append(member);
    char text[base::kDoubleCharsMax];
    listpack.Append(std::string_view(text, base::FormatDoubleShortest(text, score)));
    return true;
  });
  writer.String(listpack.Finish());
}

}  // namespace zedis::rdb

// A list is written as a chain of listpacks (quicklist 2), cut where Redis would have cut it while elements were pushed
// at the tail: `list-max-listpack-size` decides.
#include "rdb/listpack.h"
#include "rdb/save_types.h"
#include "types/list.h"
#include "types/packed_list.h"

namespace zedis::rdb {
namespace {

using types::Element;

template <class Visit>
void ForEachElement(const store::Entry& entry, Visit visit) {
  if (entry.storage() == store::Storage::kNear) {
    for (const Element element : types::PackedListView(entry.near())) visit(element);
    return;
  }
  const auto& list = *static_cast<const types::List*>(entry.far());
  list.ForRange(0, list.Size(), types::Direction::kForward, visit);
}

// Where nodes begin.
class NodeCutter {
 public:
  explicit NodeCutter(const types::ListOptions& options) : options_(options) {}

  // Whether a node ends before this element.
  bool EndsBefore(std::string_view text) {
    // Redis reckons eight bytes for what surrounds an element.
    constexpr std::size_t kElementOverheadBytes = 8;
    const std::size_t bytes = bytes_ + text.size() + kElementOverheadBytes;
    const bool ends =
        count_ > 0 && types::ExceedsListpack(options_, {bytes, bytes, count_ + 1}) == types::LimitAnswer::kYes;
    if (ends) {
      bytes_ = types::kListpackFrameBytes;
      count_ = 0;
    }
    bytes_ += types::ListpackElementBytes(types::EncodedElement(text).size());
    ++count_;
    return ends;
  }

 private:
  const types::ListOptions options_;
  std::size_t bytes_ = types::kListpackFrameBytes;
  std::size_t count_ = 0;
};

void WriteNode(ListpackWriter& node, Writer& writer) {
  writer.Length(kContainerPacked);
  writer.String(node.Finish());
  node.Clear();
}

}  // namespace

void SaveList(const store::Entry& entry, const SaveOptions& options, Writer& writer) {
  types::IntegerText digits;
  std::uint64_t nodes = 1;
  NodeCutter counting(options.list);
  ForEachElement(entry, [&](const Element& element) { nodes += counting.EndsBefore(element.Text(digits)) ? 1 : 0; });
  writer.Length(nodes);
  ListpackWriter node;
  NodeCutter cutting(options.list);
  ForEachElement(entry, [&](const Element& element) {
    const std::string_view text = element.Text(digits);
    if (cutting.EndsBefore(text)) WriteNode(node, writer);
    node.Append(text);
  });
  WriteNode(node, writer);
}

}  // namespace zedis::rdb

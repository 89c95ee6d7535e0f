#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "rdb/load_stream_node.h"
#include "rdb/load_types.h"
#include "types/stream.h"

namespace zedis::rdb {
namespace {

using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;
using types::StreamId;

constexpr std::size_t kRawIdBytes = 16;

StreamId ReadRawId(Reader& reader) {
  const std::uint64_t ms = reader.BigEndian();
  return {ms, reader.BigEndian()};
}
// A moment, from which idle times are computed.
std::int64_t ReadTime(Reader& reader, std::int64_t least_ms = 0) { return std::max(reader.Int64(), least_ms); }
StreamId ReadId(Reader& reader) {
  const std::uint64_t ms = reader.Length();
  return {ms, reader.Length()};
}

// One entry that a group has delivered, until its consumer is known.
struct Delivery {
  StreamId id;
  std::int64_t delivered_at_ms;
  std::uint64_t deliveries;
  bool is_owned = false;
};

// In the order of ids, as they are written: which also says that none is there twice.
bool ReadDeliveries(Reader& reader, std::vector<Delivery>& deliveries) {
  constexpr std::size_t kBytesEach = kRawIdBytes + 8 + 1;
  const std::uint64_t count = reader.Count(kBytesEach);
  deliveries.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    const StreamId id = ReadRawId(reader);
    const std::int64_t delivered_at_ms = ReadTime(reader);
    const std::uint64_t times = reader.Length();
    if (!reader.ok() || (!deliveries.empty() && id <= deliveries.back().id)) return reader.Fail();
    deliveries.push_back({id, delivered_at_ms, times});
  }
  return reader.ok();
}

// Finds what a consumer has among what the group has delivered, and takes it. Null if it is not there, or another's.
Delivery* TakeDelivery(std::vector<Delivery>& deliveries, const StreamId& id) {
  const auto at = std::ranges::lower_bound(deliveries, id, {}, &Delivery::id);
  if (at == deliveries.end() || at->id != id || at->is_owned) return nullptr;
  at->is_owned = true;
  return &*at;
}

bool ReadConsumer(ValueType type, Reader& reader, StreamGroup& group, std::vector<Delivery>& deliveries) {
  std::string scratch;
  const std::string_view name = reader.String(scratch);
  const std::int64_t seen_at_ms = ReadTime(reader);
  if (!reader.ok() || group.FindConsumer(name) != nullptr) return reader.Fail();
  StreamConsumer* consumer = group.CreateConsumer(name, seen_at_ms);
  consumer->active_at_ms = type == ValueType::kStream3 ? ReadTime(reader, StreamConsumer::kNever) : seen_at_ms;
  for (std::uint64_t left = reader.Count(kRawIdBytes); left > 0; --left) {
    const StreamId id = ReadRawId(reader);
    const Delivery* delivery = reader.ok() ? TakeDelivery(deliveries, id) : nullptr;
    if (delivery == nullptr) return reader.Fail();
    group.Deliver(id, consumer, delivery->delivered_at_ms);
    group.FindPending(id)->deliveries = delivery->deliveries;
  }
  return reader.ok();
}

std::optional<std::int64_t> ReadEntriesRead(ValueType type, Reader& reader, const Stream& stream,
                                            const StreamId& last) {
  if (type == ValueType::kStream1) return stream.EntriesUpTo(last, stream.FirstId());
  const auto read = static_cast<std::int64_t>(reader.Length());
  return read == -1 ? std::nullopt : std::optional(read);
}

bool ReadGroup(ValueType type, Reader& reader, Stream& stream) {
  std::string scratch;
  const std::string_view name = reader.String(scratch);
  const StreamId last = ReadId(reader);
  const std::optional<std::int64_t> read = ReadEntriesRead(type, reader, stream, last);
  if (!reader.ok()) return false;
  StreamGroup* group = stream.CreateGroup(name, last, read);
  if (group == nullptr) return reader.Fail();
  std::vector<Delivery> deliveries;
  if (!ReadDeliveries(reader, deliveries)) return false;
  constexpr std::size_t kConsumerBytesMin = 1 + 8 + 1;
  for (std::uint64_t left = reader.Count(kConsumerBytesMin); left > 0; --left) {
    if (!ReadConsumer(type, reader, *group, deliveries)) return false;
  }
  const bool all_owned = std::ranges::all_of(deliveries, &Delivery::is_owned);
  return all_owned ? reader.ok() : reader.Fail();
}

bool ReadNodes(Reader& reader, Stream& stream) {
  StreamNodeLoader loader(stream);
  std::string id_scratch;
  std::string scratch;
  for (std::uint64_t left = reader.Count(kRawIdBytes + 2); left > 0; --left) {
    Reader id(reader.String(id_scratch));
    const StreamId master = ReadRawId(id);
    const std::string_view node = reader.String(scratch);
    if (!reader.ok() || !id.ok() || id.left() != 0 || !loader.Load(master, node)) return reader.Fail();
  }
  return reader.ok();
}

// What stands behind the entries: their number, the last id, and since 7.0 what else cannot be told from them.
bool ReadMeta(ValueType type, Reader& reader, Stream& stream) {
  const std::uint64_t length = reader.Length();
  const StreamId last = ReadId(reader);
  if (!reader.ok() || length != stream.Length() || last < stream.LastEntryId()) return reader.Fail();
  stream.SetLastId(last);
  stream.entries_added = length;
  if (type == ValueType::kStream1) return true;
  ReadId(reader);  // the first id: the entries tell
  stream.max_deleted_id = ReadId(reader);
  stream.entries_added = reader.Length();
  return reader.ok();
}

}  // namespace

bool LoadStream(ValueType type, Reader& reader, LoadedValue& value) {
  auto stream = std::make_unique<Stream>();
  if (!ReadNodes(reader, *stream) || !ReadMeta(type, reader, *stream)) return false;
  for (std::uint64_t left = reader.Count(4); left > 0; --left) {
    if (!ReadGroup(type, reader, *stream)) return false;
  }
  if (!reader.ok()) return false;
  value.SetFar(store::Type::kStream, stream.release());
  return true;
}

}  // namespace zedis::rdb

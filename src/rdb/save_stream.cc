// A stream is written as a listpack for each of its blocks. In it a master entry comes first: how many entries, how
// many deleted ones, and the field names of the first; then the entries, each with how far its id is from the first
// one's. Entries that were deleted are left out: nobody can see them.
#include "rdb/listpack.h"
#include "rdb/save_types.h"
#include "types/stream.h"

namespace zedis::rdb {
namespace {

using types::Element;
using types::Stream;
using types::StreamBlock;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;

constexpr std::int64_t kSameFields = 2;

void WriteId(const StreamId& id, Writer& writer) {
  writer.Length(id.ms);
  writer.Length(id.seq);
}
void WriteRawId(const StreamId& id, Writer& writer) {
  writer.BigEndian(id.ms);
  writer.BigEndian(id.seq);
}

void AppendEntry(const StreamEntry& entry, const StreamId& first, ListpackWriter& listpack) {
  const bool same = entry.names != nullptr;
  const std::size_t before = listpack.Count();
  listpack.Append(same ? kSameFields : std::int64_t{0});
  listpack.Append(static_cast<std::int64_t>(entry.id.ms - first.ms));
  listpack.Append(static_cast<std::int64_t>(entry.id.seq - first.seq));
  if (!same) listpack.Append(std::int64_t{entry.pairs});
  entry.ForEachPair([&](const Element& name, const Element& value) {
    if (!same) listpack.Append(name);
    listpack.Append(value);
  });
  listpack.Append(static_cast<std::int64_t>(listpack.Count() - before));
}

void WriteBlock(const StreamBlock& block, std::uint32_t live, ListpackWriter& listpack, Writer& writer) {
  std::string id;
  Writer id_writer(id, false);
  WriteRawId(block.FirstId(), id_writer);
  writer.String(id);

  listpack.Clear();
  listpack.Append(std::int64_t{live});
  listpack.Append(std::int64_t{0});  // deleted
  listpack.Append(static_cast<std::int64_t>(block.NameCount()));
  block.ForEachName([&](const Element& name) { listpack.Append(name); });
  listpack.Append(std::int64_t{0});
  std::size_t offset = block.GroupOffset(0);
  for (std::size_t left = block.Entries(); left > 0; --left) {
    const StreamEntry entry = block.Read(offset);
    if (!entry.deleted) AppendEntry(entry, block.FirstId(), listpack);
    offset = block.OffsetBehind(entry);
  }
  writer.String(listpack.Finish());
}

void WriteConsumer(const StreamConsumer& consumer, const SaveOptions& options, Writer& writer) {
  writer.String(consumer.Name());
  writer.Int64(consumer.seen_at_ms);
  if (options.version >= kVersionOf72) writer.Int64(consumer.active_at_ms);
  const types::PendingMap& pending = consumer.Pending();
  writer.Length(pending.Size());
  for (auto at = pending.First(); at != pending.End(); at = pending.After(at)) WriteRawId(pending.IdAt(at), writer);
}

void WriteGroup(const StreamGroup& group, const SaveOptions& options, Writer& writer) {
  writer.String(group.Name());
  WriteId(group.last_id, writer);
  writer.Length(static_cast<std::uint64_t>(group.entries_read.value_or(-1)));
  const types::PendingMap& pending = group.Pending();
  writer.Length(pending.Size());
  for (auto at = pending.First(); at != pending.End(); at = pending.After(at)) {
    WriteRawId(pending.IdAt(at), writer);
    writer.Int64(pending.At(at)->delivered_at_ms);
    writer.Length(pending.At(at)->deliveries);
  }
  writer.Length(group.Consumers().size());
  for (const StreamConsumer* consumer : group.Consumers()) WriteConsumer(*consumer, options, writer);
}

}  // namespace

ValueType SavedStreamType(const store::Entry&, const SaveOptions& options) {
  // What 7.0 does not know is when a consumer last got something.
  return options.version >= kVersionOf72 ? ValueType::kStream3 : ValueType::kStream2;
}

void SaveStream(const store::Entry& entry, const SaveOptions& options, Writer& writer) {
  const auto& stream = *static_cast<const Stream*>(entry.far());
  const Stream::Blocks& blocks = stream.Index();
  writer.Length(blocks.Size());
  ListpackWriter listpack;
  for (auto at = blocks.First(); at != blocks.End(); at = blocks.After(at)) {
    WriteBlock(*blocks.At(at).block, blocks.At(at).live, listpack, writer);
  }
  writer.Length(stream.Length());
  WriteId(stream.LastId(), writer);
  WriteId(stream.FirstId(), writer);
  WriteId(stream.max_deleted_id, writer);
  writer.Length(stream.entries_added);
  writer.Length(stream.Groups().size());
  for (const StreamGroup* group : stream.Groups()) WriteGroup(*group, options, writer);
}

}  // namespace zedis::rdb

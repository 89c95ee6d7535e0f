#include "rdb/load_stream_node.h"

#include <algorithm>

namespace zedis::rdb {

using types::Element;
using types::StreamId;

namespace {

constexpr std::int64_t kDeleted = 1;
constexpr std::int64_t kSameFields = 2;

// A listpack of more than 64 KiB becomes several blocks, each with the names of the first entry. Long names could so
// make of a small payload a very large stream: what they add may be this much, and so many times the listpack.
constexpr std::size_t kRepeatedNamesBytesMax = 16 << 20;
constexpr std::size_t kRepeatedNamesTimesMax = 8;

}  // namespace

bool StreamNodeLoader::ReadInteger(ListpackReader& reader, std::int64_t* integer) {
  Element element;
  if (!reader.Next(&element) || !element.is_integer) return false;
  *integer = element.integer;
  return true;
}

// A number of elements that are still to come.
bool StreamNodeLoader::ReadCount(ListpackReader& reader, std::size_t* count) {
  std::int64_t integer = 0;
  if (!ReadInteger(reader, &integer) || integer < 0) return false;
  *count = static_cast<std::size_t>(integer);
  return *count <= reader.LeftMax();
}

bool StreamNodeLoader::ReadNames(ListpackReader& reader) {
  std::size_t count = 0;
  if (!ReadCount(reader, &count) || count == 0) return false;
  names_.Clear(2 * count);
  names_bytes_ = 0;
  Element element;
  for (; count > 0; --count) {
    if (!reader.Next(&element)) return false;
    names_.Add(element);
    names_.Add(element);
    names_bytes_ += names_.All().back().size();
  }
  std::int64_t terminator = 1;
  return ReadInteger(reader, &terminator) && terminator == 0;
}

bool StreamNodeLoader::ReadPairs(bool same_names, ListpackReader& reader) {
  std::size_t count = names_.All().size() / 2;
  if (!same_names && (!ReadCount(reader, &count) || count == 0)) return false;
  pairs_.Clear(2 * count);
  Element element;
  for (std::size_t i = 0; i < count; ++i) {
    if (same_names) {
      pairs_.Add({.text = names_.All()[2 * i]});
    } else {
      if (!reader.Next(&element)) return false;
      pairs_.Add(element);
    }
    if (!reader.Next(&element)) return false;
    pairs_.Add(element);
  }
  return true;
}

bool StreamNodeLoader::ReadEntry(const StreamId& master, ListpackReader& reader) {
  std::int64_t flags = 0;
  std::int64_t ms = 0;
  std::int64_t seq = 0;
  if (!ReadInteger(reader, &flags) || !ReadInteger(reader, &ms) || !ReadInteger(reader, &seq)) return false;
  const bool same_names = (flags & kSameFields) != 0;
  if ((flags & ~(kDeleted | kSameFields)) != 0 || !ReadPairs(same_names, reader)) return false;
  const std::size_t elements = same_names ? 3 + pairs_.All().size() / 2 : 4 + pairs_.All().size();
  std::int64_t announced = 0;
  if (!ReadInteger(reader, &announced) || announced != static_cast<std::int64_t>(elements)) return false;
  if ((flags & kDeleted) != 0) {
    ++deleted_;
    return true;
  }
  const StreamId id = {master.ms + static_cast<std::uint64_t>(ms), master.seq + static_cast<std::uint64_t>(seq)};
  return Append(id, same_names);
}

bool StreamNodeLoader::Append(const StreamId& id, bool same_names) {
  if (id <= stream_.LastId()) return false;
  const bool is_first = live_++ == 0;
  const types::Stream::Cut cut{.names = names_.All(), .new_block = is_first, .same_names = same_names};
  if (!stream_.AppendCut(id, pairs_.All(), cut) || is_first) return true;
  if (names_bytes_ > repeated_bytes_max_) return false;
  repeated_bytes_max_ -= names_bytes_;
  return true;
}

bool StreamNodeLoader::Load(const StreamId& master, std::string_view listpack) {
  ListpackReader reader(listpack);
  std::size_t live = 0;
  std::size_t deleted = 0;
  if (!ReadCount(reader, &live) || !ReadCount(reader, &deleted) || !ReadNames(reader)) return false;
  live_ = deleted_ = 0;
  repeated_bytes_max_ = std::max(kRepeatedNamesBytesMax, kRepeatedNamesTimesMax * listpack.size());
  for (std::size_t left = live + deleted; left > 0; --left) {
    if (!ReadEntry(master, reader)) return false;
  }
  Element behind;
  return live_ == live && deleted_ == deleted && !reader.Next(&behind) && reader.ok();
}

}  // namespace zedis::rdb

// Hashes: as pairs of fields and values, or, if any field has a time to live, with the times. Fields that are due and
// still there are written with their time.
#include <algorithm>
#include <vector>

#include "rdb/listpack.h"
#include "rdb/save_types.h"
#include "store/hash_of.h"

namespace zedis::rdb {
namespace {

using types::HashItem;
using types::HashView;

// Nothing is due at that time.
HashView WholeHash(const store::Entry& entry) { return store::HashOf(entry, INT64_MIN); }

bool HasTimes(const HashView& hash) { return hash.Earliest() != types::kNoFieldExpiry; }

std::int64_t EarliestExpiry(const HashView& hash) {
  std::int64_t earliest_ms = types::kNoFieldExpiry;
  hash.ForEach([&](const HashItem& item) {
    earliest_ms = std::min(earliest_ms, item.expire_at_ms);
    return true;
  });
  return earliest_ms;
}

// With times in the order of these, the fields without one last: Redis takes them out from the front.
void SaveListpackWithTimes(const HashView& hash, Writer& writer) {
  std::vector<HashItem> items;
  hash.ForEach([&](const HashItem& item) {
    items.push_back(item);
    return true;
  });
  std::ranges::sort(items, {}, &HashItem::expire_at_ms);
  ListpackWriter listpack;
  for (const HashItem& item : items) {
    listpack.Append(item.field);
    listpack.Append(item.value);
    listpack.Append(item.HasExpiry() ? item.expire_at_ms : std::int64_t{0});
  }
  writer.Int64(EarliestExpiry(hash));
  writer.String(listpack.Finish());
}

void SaveListpack(const HashView& hash, Writer& writer) {
  ListpackWriter listpack;
  hash.ForEach([&](const HashItem& item) {
    listpack.Append(item.field);
    listpack.Append(item.value);
    return true;
  });
  writer.String(listpack.Finish());
}

// A time is how much later than the earliest one it is, and 1; without one it is 0.
void SavePairs(const HashView& hash, bool with_times, Writer& writer) {
  const std::int64_t earliest_ms = with_times ? EarliestExpiry(hash) : 0;
  if (with_times) writer.Int64(earliest_ms);
  writer.Length(hash.Indexed()->Size());
  hash.ForEach([&](const HashItem& item) {
    if (with_times) {
      writer.Length(item.HasExpiry() ? static_cast<std::uint64_t>(item.expire_at_ms - earliest_ms) + 1 : 0);
    }
    writer.String(item.field);
    writer.String(item.value);
    return true;
  });
}

}  // namespace

int VersionForHash(const store::Entry& entry) { return HasTimes(WholeHash(entry)) ? kVersionOf74 : kVersionOf70; }

ValueType SavedHashType(const store::Entry& entry, const SaveOptions& options) {
  const HashView hash = WholeHash(entry);
  const bool with_times = options.version >= kVersionOf74 && HasTimes(hash);
  if (hash.Indexed() != nullptr) return with_times ? ValueType::kHashTtl : ValueType::kHash;
  return with_times ? ValueType::kHashTtlListpack : ValueType::kHashListpack;
}

void SaveHash(const store::Entry& entry, const SaveOptions& options, Writer& writer) {
  const HashView hash = WholeHash(entry);
  switch (SavedHashType(entry, options)) {
    case ValueType::kHashTtlListpack:
      return SaveListpackWithTimes(hash, writer);
    case ValueType::kHashListpack:
      return SaveListpack(hash, writer);
    case ValueType::kHashTtl:
      return SavePairs(hash, true, writer);
    default:
      return SavePairs(hash, false, writer);
  }
}

}  // namespace zedis::rdb

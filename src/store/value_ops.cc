#include "store/value_ops.h"

#include <algorithm>
#include <array>

#include "base/numbers.h"
#include "store/hash_of.h"
#include "store/sorted_set_of.h"
#include "types/list.h"
#include "types/long_string.h"
#include "types/packed_list.h"
#include "types/set.h"
#include "types/sorted_set.h"
#include "types/stream.h"

namespace zedis::store {
namespace {

using types::Hash;
using types::List;
using types::LongString;
using types::Set;
using types::SortedSet;
using types::Stream;

constexpr std::size_t kListFreeNodesPerSlice = 64;
constexpr std::size_t kSetFreeChunksPerSlice = 2;  // of 256 KiB each
constexpr std::size_t kSortedSetFreeChunksPerSlice = 2;
constexpr std::size_t kHashFreeChunksPerSlice = 2;
constexpr std::size_t kStreamFreePartsPerSlice = 256;

// Redis puts a string up to this size into one block with its object, and calls that "embstr" until it is changed in
// place (by APPEND, SETRANGE, the bit commands); clients' tests rely on it.
constexpr std::size_t kEmbeddedStringBytesMax = 44;

std::string_view StringEncoding(const Entry& entry, const base::Tunables&) {
  switch (entry.storage()) {
    case Storage::kInteger:
      return "int";
    case Storage::kNear:
      return entry.edited() || entry.near().size() > kEmbeddedStringBytesMax ? "raw" : "embstr";
    case Storage::kFar:
      return "raw";
  }
  return "raw";
}

void DigestString(const Entry& entry, ValueDigest& digest) {
  char digits[base::kInt64CharsMax];
  switch (entry.storage()) {
    case Storage::kInteger:
      return digest.Mix({digits, static_cast<std::size_t>(base::FormatInt64(digits, entry.integer()) - digits)});
    case Storage::kNear:
      return digest.Mix(entry.near());
    case Storage::kFar:
      return digest.Mix(static_cast<const LongString*>(entry.far())->View());
  }
}

std::string_view ListEncoding(const Entry& entry, const base::Tunables&) {
  const bool packed = entry.storage() == Storage::kFar ? static_cast<const List*>(entry.far())->EncodingIsPacked()
                                                       : !types::PackedListView(entry.near()).IsGrown();
  return packed ? "listpack" : "quicklist";
}

void DigestList(const Entry& entry, ValueDigest& digest) {
  types::IntegerText digits;
  if (entry.storage() == Storage::kNear) {
    for (const types::Element element : types::PackedListView(entry.near())) digest.Mix(element.Text(digits));
    return;
  }
  const auto& list = *static_cast<const List*>(entry.far());
  list.ForRange(0, list.Size(), types::Direction::kForward,
                [&](const types::Element& element) { digest.Mix(element.Text(digits)); });
}

types::PackedSetView PackedSet(const Entry& entry) {
  return entry.storage() == Storage::kFar ? static_cast<const Set*>(entry.far())->Packed()
                                          : types::PackedSetView(entry.near());
}
bool IsIndexedSet(const Entry& entry) {
  return entry.storage() == Storage::kFar && static_cast<const Set*>(entry.far())->IsIndexed();
}

std::string_view SetEncoding(const Entry& entry, const base::Tunables&) {
  if (IsIndexedSet(entry)) return "hashtable";
  return PackedSet(entry).IsIntegers() ? "intset" : "listpack";
}

void DigestSet(const Entry& entry, ValueDigest& digest) {
  if (IsIndexedSet(entry)) {
    static_cast<const Set*>(entry.far())->Indexed().ForEach([&](std::string_view text) {
      digest.Add(text);
      return true;
    });
    return;
  }
  PackedSet(entry).ForEach([&](const types::Element& element) {
    types::IntegerText digits;
    digest.Add(element.Text(digits));
    return true;
  });
}

// --- sorted sets

std::string_view SortedSetEncoding(const Entry& entry, const base::Tunables&) {
  return SortedSetOf(&entry).Indexed() != nullptr ? "skiplist" : "listpack";
}

void DigestSortedSet(const Entry& entry, ValueDigest& digest) {
  SortedSetOf(&entry).ForEach([&](const types::Element& element, double score) {
    types::IntegerText digits;
    char text[base::kDoubleCharsMax];
    digest.AddMixed({element.Text(digits), {text, static_cast<std::size_t>(base::FormatDouble(text, score) - text)}},
                    {});
    return true;
  });
}

// --- hashes

std::string_view HashEncoding(const Entry& entry, const base::Tunables&) {
  const types::HashView hash = HashOf(entry, 0);
  if (hash.Indexed() != nullptr) return "hashtable";
  return hash.Packed().HasTimes() ? "listpackex" : "listpack";
}

void DigestHash(const Entry& entry, ValueDigest& digest) {
  HashOf(entry, 0).ForEach([&](const types::HashItem& item) {
    types::IntegerText field;
    types::IntegerText value;
    digest.AddMixed({item.field.Text(field), item.value.Text(value)}, item.HasExpiry() ? "!!hexpire!!" : "");
    return true;
  });
}

std::int64_t EarliestField(const Entry& entry) { return HashOf(entry, 0).Earliest(); }

// An indexed one of so many fields at most is swept in one go.
constexpr std::size_t kFieldsShedAtOnceMax = 1024;

bool HashShedsAtOnce(const Entry& entry) {
  const Hash* far = FarHash(entry);
  return far == nullptr || !far->IsIndexed() || far->Size() <= kFieldsShedAtOnceMax;
}

// As the expiry cycle does with segments of keys: one of a hash with many volatile fields is read when something in it
// has been due for a while, because reading some 500 fields for each single one that falls due would cost too much.
constexpr std::size_t kFieldsPerSlackMs = 5000;
constexpr std::size_t kFieldSlackMsMax = 250;

DueParts ShedFarHash(Hash& hash, std::int64_t now_ms) {
  DueParts parts;
  const std::size_t slack_ms =
      hash.IsIndexed() ? std::min(hash.Indexed().VolatileSize() / kFieldsPerSlackMs, kFieldSlackMsMax) : 0;
  types::IndexedHash::Removed slice;
  do {
    slice = hash.RemoveDueSlice(now_ms, now_ms - static_cast<std::int64_t>(slack_ms));
    parts.removed += slice.count;
  } while (!slice.finished && parts.removed < kFieldsShedAtOnceMax / 2);
  parts.more = !slice.finished;
  parts.empty = hash.IsEmpty();
  return parts;
}

DueParts ShedDueFields(Database& database, const Key& key, Entry* entry, std::int64_t now_ms) {
  if (Hash* far = FarHash(*entry); far != nullptr) {
    const DueParts parts = ShedFarHash(*far, now_ms);
    database.NoteParts(key);
    return parts;
  }
  char buffer[kNearValueMax];
  types::PackedHash hash(buffer, sizeof buffer, entry->near());
  DueParts parts;
  parts.removed = hash.RemoveDue(now_ms);
  parts.empty = hash.View().IsEmpty();
  database.SetValue(key, entry, Value::Near(Type::kHash, hash.Bytes()));
  return parts;
}

// --- streams

void DigestStream(const Entry& entry, ValueDigest& digest) {
  types::StreamCursor cursor(*static_cast<const Stream*>(entry.far()), {}, types::kStreamIdMax, false);
  types::IntegerText digits;
  for (types::StreamEntry one; cursor.Next(&one);) {
    std::string id(types::StreamIdText(one.id).View());
    id[id.find('-')] = '.';
    digest.Mix(id);
    one.ForEachPair([&](const types::Element& name, const types::Element& value) {
      digest.Mix(name.Text(digits));
      digest.Mix(value.Text(digits));
    });
  }
}

constexpr std::array<TypeRow, kTypeCount> kRows = {{
    {.type = Type::kString,
     .name = "string",
     .free = [](void* far) { static_cast<LongString*>(far)->Release(); },
     .free_slice = nullptr,
     .elements = [](const void*) -> std::size_t { return 1; },
     .memory = [](const void* far) { return static_cast<const LongString*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* {
       return LongString::Create(static_cast<const LongString*>(far)->View(), 0);
     },
     .encoding = StringEncoding,
     .digest = DigestString,
     .digest_number = 0},
    {.type = Type::kList,
     .name = "list",
     .free = [](void* far) { delete static_cast<List*>(far); },
     .free_slice =
         [](void* far) {
           if (!static_cast<List*>(far)->FreeSlice(kListFreeNodesPerSlice)) return false;
           delete static_cast<List*>(far);
           return true;
         },
     .elements = [](const void* far) { return static_cast<const List*>(far)->Size(); },
     .memory = [](const void* far) { return static_cast<const List*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* { return static_cast<const List*>(far)->Duplicate().release(); },
     .encoding = ListEncoding,
     .digest = DigestList,
     .digest_number = 1},
    {.type = Type::kSet,
     .name = "set",
     .free = [](void* far) { delete static_cast<Set*>(far); },
     .free_slice =
         [](void* far) {
           if (!static_cast<Set*>(far)->FreeSlice(kSetFreeChunksPerSlice)) return false;
           delete static_cast<Set*>(far);
           return true;
         },
     // A packed one is a single block.
     .elements = [](const void* far) -> std::size_t {
       const auto& set = *static_cast<const Set*>(far);
       return set.IsIndexed() ? set.Size() : 1;
     },
     .memory = [](const void* far) { return static_cast<const Set*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* { return static_cast<const Set*>(far)->Duplicate().release(); },
     .encoding = SetEncoding,
     .digest = DigestSet,
     .digest_number = 2},
    {.type = Type::kSortedSet,
     .name = "zset",
     .free = [](void* far) { delete static_cast<SortedSet*>(far); },
     .free_slice =
         [](void* far) {
           if (!static_cast<SortedSet*>(far)->FreeSlice(kSortedSetFreeChunksPerSlice)) return false;
           delete static_cast<SortedSet*>(far);
           return true;
         },
     // A packed one is a single block.
     .elements = [](const void* far) -> std::size_t {
       const auto& set = *static_cast<const SortedSet*>(far);
       return set.IsIndexed() ? set.Size() : 1;
     },
     .memory = [](const void* far) { return static_cast<const SortedSet*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* { return static_cast<const SortedSet*>(far)->Duplicate().release(); },
     .encoding = SortedSetEncoding,
     .digest = DigestSortedSet,
     .digest_number = 3},
    {.type = Type::kHash,
     .name = "hash",
     .free = [](void* far) { delete static_cast<Hash*>(far); },
     .free_slice =
         [](void* far) {
           if (!static_cast<Hash*>(far)->FreeSlice(kHashFreeChunksPerSlice)) return false;
           delete static_cast<Hash*>(far);
           return true;
         },
     // A packed one is a single block.
     .elements = [](const void* far) -> std::size_t {
       const auto& hash = *static_cast<const Hash*>(far);
       return hash.IsIndexed() ? hash.Size() : 1;
     },
     .memory = [](const void* far) { return static_cast<const Hash*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* { return static_cast<const Hash*>(far)->Duplicate().release(); },
     .encoding = HashEncoding,
     .digest = DigestHash,
     .digest_number = 4,
     .earliest_part_ms = EarliestField,
     .sheds_at_once = HashShedsAtOnce,
     .shed_due = ShedDueFields},
    {.type = Type::kStream,
     .name = "stream",
     .free = [](void* far) { delete static_cast<Stream*>(far); },
     .free_slice =
         [](void* far) {
           if (!static_cast<Stream*>(far)->FreeSlice(kStreamFreePartsPerSlice)) return false;
           delete static_cast<Stream*>(far);
           return true;
         },
     .elements = [](const void* far) { return static_cast<const Stream*>(far)->PartsToFree(); },
     .memory = [](const void* far) { return static_cast<const Stream*>(far)->MemoryBytes(); },
     .duplicate = [](const void* far) -> void* { return static_cast<const Stream*>(far)->Duplicate(); },
     .encoding = [](const Entry&, const base::Tunables&) -> std::string_view { return "stream"; },
     .digest = DigestStream,
     .digest_number = 6},
}};

constexpr bool RowsAgreeWithTypes() {
  for (int i = 0; i < kTypeCount; ++i) {
    if (kRows[i].type != static_cast<Type>(i)) return false;
    if ((kRows[i].shed_due != nullptr) != PartsExpire(kRows[i].type)) return false;
  }
  return true;
}
static_assert(RowsAgreeWithTypes());

}  // namespace

std::int64_t EarliestPartOf(const Entry& entry) { return RowOf(entry.type()).earliest_part_ms(entry); }

const TypeRow& RowOf(Type type) { return kRows[static_cast<std::size_t>(type)]; }

}  // namespace zedis::store

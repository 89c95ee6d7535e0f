#include "rdb/save.h"

#include <array>

#include "base/numbers.h"
#include "base/tunables.h"
#include "rdb/save_types.h"
#include "types/long_string.h"

namespace zedis::rdb {
namespace {

using store::Entry;
using store::Storage;
using store::Type;

void SaveString(const Entry& entry, const SaveOptions&, Writer& writer) {
  switch (entry.storage()) {
    case Storage::kInteger: {
      char digits[base::kInt64CharsMax];
      return writer.String({digits, base::FormatInt64(digits, entry.integer())});
    }
    case Storage::kNear:
      return writer.String(entry.near());
    case Storage::kFar:
      return writer.String(static_cast<const types::LongString*>(entry.far())->View());
  }
}

int PlainVersion(const Entry&) { return kVersionOf70; }

struct SaveRow {
  Type type;
  ValueType (*saved_type)(const Entry& entry, const SaveOptions& options);
  void (*save)(const Entry& entry, const SaveOptions& options, Writer& writer);
  int (*version_for)(const Entry& entry) = PlainVersion;
};

constexpr std::array<SaveRow, store::kTypeCount> kRows = {{
    {.type = Type::kString,
     .saved_type = [](const Entry&, const SaveOptions&) { return ValueType::kString; },
     .save = SaveString},
    {.type = Type::kList,
     .saved_type = [](const Entry&, const SaveOptions&) { return ValueType::kListQuicklist2; },
     .save = SaveList},
    {.type = Type::kSet, .saved_type = SavedSetType, .save = SaveSet},
    {.type = Type::kSortedSet, .saved_type = SavedSortedSetType, .save = SaveSortedSet},
    {.type = Type::kHash, .saved_type = SavedHashType, .save = SaveHash, .version_for = VersionForHash},
    {.type = Type::kStream, .saved_type = SavedStreamType, .save = SaveStream},
}};

constexpr bool InEnumOrder() {
  for (int i = 0; i < store::kTypeCount; ++i) {
    if (kRows[i].type != static_cast<Type>(i)) return false;
  }
  return true;
}
static_assert(InEnumOrder());

const SaveRow& RowOf(const Entry& entry) { return kRows[static_cast<std::size_t>(entry.type())]; }

}  // namespace

SaveOptions::SaveOptions(const base::Tunables& tunables, int format_version)
    : version(format_version), compress(tunables.rdbcompression.IsOn()), list(types::ListOptionsFrom(tunables)) {}

int VersionFor(const Entry& entry) { return RowOf(entry).version_for(entry); }

ValueType SavedType(const Entry& entry, const SaveOptions& options) { return RowOf(entry).saved_type(entry, options); }

void SaveValue(const Entry& entry, const SaveOptions& options, Writer& writer) {
  RowOf(entry).save(entry, options, writer);
}

}  // namespace zedis::rdb

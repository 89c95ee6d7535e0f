// Writes values in the RDB format: for DUMP, and for files.
#pragma once

#include "rdb/format.h"
#include "rdb/writer.h"
#include "store/entry.h"
#include "types/list_options.h"

namespace zedis::rdb {

struct SaveOptions {
  int version = kVersionOf70;    // forms that came later are not used
  bool compress = true;          // long strings
  types::ListOptions list = {};  // how lists are cut into nodes

  SaveOptions() = default;
  explicit SaveOptions(const base::Tunables& tunables, int format_version = kVersionOf70);
};

// The least version that can say all there is to say of this value.
int VersionFor(const store::Entry& entry);

// The number that stands for the layout of the value; in a file the key lies between it and the value.
ValueType SavedType(const store::Entry& entry, const SaveOptions& options);
// REQUIRES: options.version >= VersionFor(entry), or what that version cannot say is lost.
void SaveValue(const store::Entry& entry, const SaveOptions& options, Writer& writer);

}  // namespace zedis::rdb

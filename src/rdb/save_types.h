// How each type of value is written: what the rows of save.cc name.
#pragma once

#include "rdb/save.h"

namespace zedis::rdb {

void SaveList(const store::Entry& entry, const SaveOptions& options, Writer& writer);

ValueType SavedSetType(const store::Entry& entry, const SaveOptions& options);
void SaveSet(const store::Entry& entry, const SaveOptions& options, Writer& writer);

ValueType SavedSortedSetType(const store::Entry& entry, const SaveOptions& options);
void SaveSortedSet(const store::Entry& entry, const SaveOptions& options, Writer& writer);

int VersionForHash(const store::Entry& entry);
ValueType SavedHashType(const store::Entry& entry, const SaveOptions& options);
void SaveHash(const store::Entry& entry, const SaveOptions& options, Writer& writer);

ValueType SavedStreamType(const store::Entry& entry, const SaveOptions& options);
void SaveStream(const store::Entry& entry, const SaveOptions& options, Writer& writer);

}  // namespace zedis::rdb

// How each layout is read: what LoadValue chooses from. Each returns false if the bytes are no such value.
#pragma once

#include "rdb/load.h"

namespace zedis::rdb {

bool LoadString(Reader& reader, LoadedValue& value);
bool LoadList(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value);
bool LoadSet(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value);
bool LoadSortedSet(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value);
bool LoadHash(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value);
bool LoadStream(ValueType type, Reader& reader, LoadedValue& value);

}  // namespace zedis::rdb

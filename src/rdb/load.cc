#include "rdb/load.h"

#include <cstring>

#include "base/numbers.h"
#include "rdb/load_types.h"
#include "store/value_ops.h"
#include "types/long_string.h"

namespace zedis::rdb {

using store::Type;

void LoadedValue::SetNear(Type type, std::string_view bytes) {
  CHECK(bytes.size() <= sizeof near_);
  std::memcpy(near_, bytes.data(), bytes.size());
  Set(store::Value::Near(type, {near_, bytes.size()}));
}

void LoadedValue::Reset() {
  if (owns_far_) store::RowOf(value_.type).free(value_.far);
  owns_far_ = false;
}

bool LoadString(Reader& reader, LoadedValue& value) {
  std::string scratch;
  const std::string_view text = reader.String(scratch);
  if (!reader.ok()) return false;
  if (const auto integer = base::ParseInt64(text)) {
    value.SetInteger(*integer);
  } else if (text.size() <= store::kNearValueMax) {
    value.SetNear(Type::kString, text);
  } else {
    value.SetFar(Type::kString, types::LongString::Create(text, 0));
  }
  return true;
}

bool LoadValue(std::uint8_t type, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  const auto layout = static_cast<ValueType>(type);
  switch (layout) {
    case ValueType::kString:
      return LoadString(reader, value);
    case ValueType::kList:
    case ValueType::kListZiplist:
    case ValueType::kListQuicklist:
    case ValueType::kListQuicklist2:
      return LoadList(layout, reader, options, value);
    case ValueType::kSet:
    case ValueType::kSetIntset:
    case ValueType::kSetListpack:
      return LoadSet(layout, reader, options, value);
    case ValueType::kStream1:
    case ValueType::kStream2:
    case ValueType::kStream3:
      return LoadStream(layout, reader, value);
    case ValueType::kSortedSetText:
    case ValueType::kSortedSet:
    case ValueType::kSortedSetZiplist:
    case ValueType::kSortedSetListpack:
      return LoadSortedSet(layout, reader, options, value);
    case ValueType::kHash:
    case ValueType::kHashZipmap:
    case ValueType::kHashZiplist:
    case ValueType::kHashListpack:
    case ValueType::kHashTtlPreview:
    case ValueType::kHashTtlListpackPreview:
    case ValueType::kHashTtl:
    case ValueType::kHashTtlListpack:
      return LoadHash(layout, reader, options, value);
  }
  return false;
}

}  // namespace zedis::rdb

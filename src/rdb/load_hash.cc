#include <memory>
#include <optional>

#include "rdb/listpack.h"
#include "rdb/load_types.h"
#include "rdb/old_forms.h"
#include "types/hash.h"

namespace zedis::rdb {
namespace {

using types::Element;
using types::Hash;
using types::HashField;
using types::HashPut;
using types::PackedHash;

// Makes a hash of fields as they are read: packed as long as it fits into an entry, indexed from the start if there are
// more than the packed form may have.
class HashBuilder {
 public:
  // `packed`: what was packed stays so whatever the sizes of its fields and values are, as in Redis.
  HashBuilder(const LoadOptions& options, std::size_t count, bool packed)
      : limits_(types::HashLimitsFrom(options.tunables)), seed_(options.seed), packed_(buffer_, sizeof buffer_) {
    if (packed) limits_.listpack_value_bytes = SIZE_MAX;
    if (count <= limits_.listpack_entries) return;
    BecomeFar();
    far_->BecomeIndexed();
  }

  // False if the field is there already, or the time is beyond what a field can have.
  bool Put(std::string_view name, std::string_view value, std::int64_t expire_at_ms = types::kNoFieldExpiry) {
    if (expire_at_ms != types::kNoFieldExpiry && (expire_at_ms < 0 || expire_at_ms > types::kFieldExpiryMax))
      return false;
    const HashField field(name);
    // Nothing counts as due, so that no field takes the place of one by the same name.
    const types::HashWrite write{.value = value, .expire_at_ms = expire_at_ms, .now_ms = INT64_MIN};
    if (far_ == nullptr) {
      const HashPut result = packed_.Put(field, write, limits_);
      if (result == HashPut::kAdded || result == HashPut::kReplaced) return result == HashPut::kAdded;
      BecomeFar();
    }
    return far_->Put(field, write, limits_) == HashPut::kAdded;
  }

  // False without fields.
  bool Finish(LoadedValue& value) {
    if (far_ != nullptr) {
      const bool any = !far_->IsEmpty();
      value.SetFar(store::Type::kHash, far_.release());
      return any;
    }
    value.SetNear(store::Type::kHash, packed_.Bytes());
    return !packed_.View().IsEmpty();
  }

 private:
  void BecomeFar() { far_ = std::make_unique<Hash>(packed_.View(), seed_); }

  types::HashLimits limits_;
  const std::uint64_t seed_;
  char buffer_[store::kNearValueMax];
  PackedHash packed_;
  std::unique_ptr<Hash> far_;
};

// Of a packed layout: 0 stands for none.
std::optional<std::int64_t> ExpiryOf(const Element& element) {
  if (!element.is_integer) return std::nullopt;
  return element.integer == 0 ? types::kNoFieldExpiry : element.integer;
}

template <class Listpack>
bool LoadPacked(bool with_times, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  std::string scratch;
  Listpack listpack(reader.String(scratch));
  HashBuilder hash(options, 0, true);
  types::IntegerText name_digits;
  types::IntegerText text_digits;
  Element element;
  while (listpack.Next(&element)) {
    const std::string_view name = element.Text(name_digits);
    if (!listpack.Next(&element)) return reader.Fail();
    const std::string_view text = element.Text(text_digits);
    std::optional<std::int64_t> expire_at_ms = types::kNoFieldExpiry;
    if (with_times) expire_at_ms = listpack.Next(&element) ? ExpiryOf(element) : std::nullopt;
    if (!expire_at_ms || !hash.Put(name, text, *expire_at_ms)) return reader.Fail();
  }
  return listpack.ok() ? hash.Finish(value) : reader.Fail();
}

// Where the time of a field stands, and what it is counted from.
enum class Times : std::uint8_t { kNone, kBefore, kBeforeFromEarliest, kBehind };

std::optional<std::int64_t> ReadTimeBefore(Times times, std::int64_t earliest_ms, Reader& reader) {
  const std::uint64_t time = reader.Length();
  if (time == 0) return types::kNoFieldExpiry;
  if (time > static_cast<std::uint64_t>(types::kFieldExpiryMax) + 1) return std::nullopt;
  if (times == Times::kBefore) return static_cast<std::int64_t>(time);
  if (earliest_ms == types::kNoFieldExpiry) return std::nullopt;  // no field has a time, it said
  return earliest_ms + static_cast<std::int64_t>(time) - 1;
}

std::optional<std::int64_t> ReadTimeBehind(Reader& reader) {
  const std::int64_t time = reader.Int64();
  if (time < -1) return std::nullopt;
  return time == -1 ? types::kNoFieldExpiry : time;
}

bool LoadPairs(Times times, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  const std::int64_t earliest_ms = times == Times::kBeforeFromEarliest ? reader.Int64() : 0;
  if (earliest_ms < 0 || (earliest_ms > types::kFieldExpiryMax && earliest_ms != types::kNoFieldExpiry)) {
    return reader.Fail();
  }
  const std::uint64_t count = reader.Count(2);
  HashBuilder hash(options, count, false);
  std::string name_scratch;
  std::string text_scratch;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::optional<std::int64_t> expire_at_ms = types::kNoFieldExpiry;
    const bool before = times == Times::kBefore || times == Times::kBeforeFromEarliest;
    if (before) expire_at_ms = ReadTimeBefore(times, earliest_ms, reader);
    const std::string_view name = reader.String(name_scratch);
    const std::string_view text = reader.String(text_scratch);
    if (times == Times::kBehind) expire_at_ms = ReadTimeBehind(reader);
    if (!reader.ok() || !expire_at_ms || !hash.Put(name, text, *expire_at_ms)) return reader.Fail();
  }
  return reader.ok() && hash.Finish(value);
}

}  // namespace

bool LoadHash(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  switch (type) {
    case ValueType::kHashZipmap:
      return LoadPacked<ZipmapReader>(false, reader, options, value);
    case ValueType::kHashZiplist:
      return LoadPacked<ZiplistReader>(false, reader, options, value);
    case ValueType::kHashListpack:
      return LoadPacked<ListpackReader>(false, reader, options, value);
    case ValueType::kHashTtlListpackPreview:
      return LoadPacked<ListpackReader>(true, reader, options, value);
    case ValueType::kHashTtlListpack:
      reader.Int64();  // the earliest time: a hint, which may be out of date
      return LoadPacked<ListpackReader>(true, reader, options, value);
    case ValueType::kHashTtlPreview:
      return LoadPairs(options.version >= kVersionOfValkey9 ? Times::kBehind : Times::kBefore, reader, options, value);
    case ValueType::kHashTtl:
      return LoadPairs(Times::kBeforeFromEarliest, reader, options, value);
    default:
      return LoadPairs(Times::kNone, reader, options, value);
  }
}

}  // namespace zedis::rdb

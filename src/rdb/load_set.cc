#include <cstring>
#include <memory>

#include "rdb/listpack.h"
#include "rdb/load_types.h"
#include "types/set.h"

namespace zedis::rdb {
namespace {

using types::Element;
using types::PackedSet;
using types::Set;
using types::SetMember;

// Makes a set of members as they are read: packed as long as it fits into an entry, indexed from the start if there are
// more than the packed forms may have.
class SetBuilder {
 public:
  SetBuilder(const LoadOptions& options, std::size_t count)
      : limits_(types::SetLimitsFrom(options.tunables)), seed_(options.seed), packed_(buffer_, sizeof buffer_) {
    if (count <= std::max(limits_.intset_entries, limits_.listpack_entries)) return;
    BecomeFar();
    far_->BecomeIndexed();
  }

  // False if it is there already.
  bool Add(const SetMember& member) {
    if (far_ == nullptr) {
      switch (packed_.Add(member, limits_)) {
        case PackedSet::Result::kDone:
          return true;
        case PackedSet::Result::kNothing:
          return false;
        case PackedSet::Result::kNoRoom:
        case PackedSet::Result::kTooLarge:
          BecomeFar();
      }
    }
    return far_->Add(member, limits_);
  }

  // False without members.
  bool Finish(LoadedValue& value) {
    if (far_ != nullptr) {
      const bool any = far_->Size() > 0;
      value.SetFar(store::Type::kSet, far_.release());
      return any;
    }
    value.SetNear(store::Type::kSet, packed_.Bytes());
    return packed_.Size() > 0;
  }

 private:
  void BecomeFar() { far_ = std::make_unique<Set>(packed_.View(), seed_); }

  const types::SetLimits limits_;
  const std::uint64_t seed_;
  char buffer_[store::kNearValueMax];
  PackedSet packed_;
  std::unique_ptr<Set> far_;
};

bool LoadMembers(Reader& reader, const LoadOptions& options, LoadedValue& value) {
  const std::uint64_t count = reader.Count(1);
  SetBuilder set(options, count);
  std::string scratch;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view text = reader.String(scratch);
    if (!reader.ok() || !set.Add(SetMember(text))) return reader.Fail();
  }
  return reader.ok() && set.Finish(value);
}

template <class Int>
bool AddIntegers(std::string_view integers, SetBuilder& set) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < integers.size(); i += sizeof(Int)) {
    Int integer;
    std::memcpy(&integer, integers.data() + i, sizeof integer);
    if (i > 0 && integer <= last) return false;
    last = integer;
    if (!set.Add(SetMember(Element{.text = {}, .integer = last, .is_integer = true}))) return false;
  }
  return true;
}

bool LoadIntset(Reader& reader, const LoadOptions& options, LoadedValue& value) {
  constexpr std::size_t kHeaderBytes = 8;
  std::string scratch;
  const std::string_view intset = reader.String(scratch);
  if (intset.size() <= kHeaderBytes) return reader.Fail();
  std::uint32_t width;
  std::uint32_t count;
  std::memcpy(&width, intset.data(), sizeof width);
  std::memcpy(&count, intset.data() + sizeof width, sizeof count);
  const std::string_view integers = intset.substr(kHeaderBytes);
  const bool known = width == 2 || width == 4 || width == 8;
  if (!known || integers.size() != std::uint64_t{width} * count) return reader.Fail();
  SetBuilder set(options, count);
  const bool good = width == 2   ? AddIntegers<std::int16_t>(integers, set)
                    : width == 4 ? AddIntegers<std::int32_t>(integers, set)
                                 : AddIntegers<std::int64_t>(integers, set);
  return good ? set.Finish(value) : reader.Fail();
}

bool LoadListpack(Reader& reader, const LoadOptions& options, LoadedValue& value) {
  std::string scratch;
  ListpackReader listpack(reader.String(scratch));
  SetBuilder set(options, 0);
  types::IntegerText digits;
  for (Element element; listpack.Next(&element);) {
    // A text that spells an integer counts as one.
    if (!set.Add(SetMember(element.Text(digits)))) return reader.Fail();
  }
  return listpack.ok() ? set.Finish(value) : reader.Fail();
}

}  // namespace

bool LoadSet(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  if (type == ValueType::kSetIntset) return LoadIntset(reader, options, value);
  return type == ValueType::kSetListpack ? LoadListpack(reader, options, value) : LoadMembers(reader, options, value);
}

}  // namespace zedis::rdb

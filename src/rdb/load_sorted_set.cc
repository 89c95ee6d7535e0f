#include <cmath>
#include <limits>
#include <memory>
#include <optional>

#include "base/numbers.h"
#include "rdb/listpack.h"
#include "rdb/load_types.h"
#include "rdb/old_forms.h"
#include "types/sorted_set.h"

namespace zedis::rdb {
namespace {

using types::Element;
using types::PackedSortedSet;
using types::SetMember;
using types::SortedSet;

// Makes a sorted set of members as they are read, in any order: packed as long as it fits into an entry, indexed from
// the start if there are more than the packed form may have.
class SortedSetBuilder {
 public:
  // `packed`: what was packed stays so whatever the sizes of its members are, as in Redis.
  SortedSetBuilder(const LoadOptions& options, std::size_t count, bool packed)
      : limits_(types::SortedSetLimitsFrom(options.tunables)), seed_(options.seed), packed_(buffer_, sizeof buffer_) {
    if (packed) limits_.value_bytes = SIZE_MAX;
    if (count <= limits_.entries) return;
    BecomeFar();
    far_->BecomeIndexed();
  }

  // False if the member is there already, or its score is no number.
  bool Add(const SetMember& member, double score) {
    if (std::isnan(score)) return false;
    if (far_ == nullptr) {
      if (packed_.View().Find(member)) return false;
      if (packed_.Add(member.Text(), score, limits_) == PackedSortedSet::Result::kDone) return true;
      BecomeFar();
    } else if (far_->View().ScoreOf(member)) {
      return false;
    }
    far_->Add(member, score, limits_);
    return true;
  }

  // False without members.
  bool Finish(LoadedValue& value) {
    if (far_ != nullptr) {
      const bool any = far_->Size() > 0;
      value.SetFar(store::Type::kSortedSet, far_.release());
      return any;
    }
    value.SetNear(store::Type::kSortedSet, packed_.Bytes());
    return packed_.Size() > 0;
  }

 private:
  void BecomeFar() { far_ = std::make_unique<SortedSet>(packed_.View(), seed_); }

  types::SortedSetLimits limits_;
  const std::uint64_t seed_;
  char buffer_[store::kNearValueMax];
  PackedSortedSet packed_;
  std::unique_ptr<SortedSet> far_;
};

std::optional<double> ScoreOf(const Element& element) {
  return element.is_integer ? static_cast<double>(element.integer) : base::ParseDouble(element.text);
}

// A byte says how many of text follow, or what no text says.
std::optional<double> ReadTextScore(Reader& reader) {
  constexpr std::uint8_t kNotANumber = 253;
  constexpr std::uint8_t kInfinity = 254;
  constexpr std::uint8_t kMinusInfinity = 255;
  const std::uint8_t size = reader.Byte();
  switch (size) {
    case kNotANumber:
      return std::nullopt;
    case kInfinity:
      return std::numeric_limits<double>::infinity();
    case kMinusInfinity:
      return -std::numeric_limits<double>::infinity();
    default:
      return base::ParseDouble(reader.Bytes(size));
  }
}

bool LoadPairs(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  const bool as_text = type == ValueType::kSortedSetText;
  const std::uint64_t count = reader.Count(as_text ? 2 : 9);
  SortedSetBuilder set(options, count, false);
  std::string scratch;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string_view member = reader.String(scratch);
    const std::optional<double> score = as_text ? ReadTextScore(reader) : reader.Double();
    if (!reader.ok() || !score || !set.Add(SetMember(member), *score)) return reader.Fail();
  }
  return reader.ok() && set.Finish(value);
}

template <class Listpack>
bool LoadPacked(Reader& reader, const LoadOptions& options, LoadedValue& value) {
  std::string scratch;
  Listpack listpack(reader.String(scratch));
  SortedSetBuilder set(options, 0, true);
  types::IntegerText digits;
  Element element;
  while (listpack.Next(&element)) {
    const SetMember member(element.Text(digits));
    if (!listpack.Next(&element)) return reader.Fail();
    const std::optional<double> score = ScoreOf(element);
    if (!score || !set.Add(member, *score)) return reader.Fail();
  }
  return listpack.ok() ? set.Finish(value) : reader.Fail();
}

}  // namespace

bool LoadSortedSet(ValueType type, Reader& reader, const LoadOptions& options, LoadedValue& value) {
  if (type == ValueType::kSortedSetListpack) return LoadPacked<ListpackReader>(reader, options, value);
  if (type == ValueType::kSortedSetZiplist) return LoadPacked<ZiplistReader>(reader, options, value);
  return LoadPairs(type, reader, options, value);
}

}  // namespace zedis::rdb

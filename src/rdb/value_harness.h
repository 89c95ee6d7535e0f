// For tests and the fuzzer: puts loaded values into a keyspace, where they can be looked at and saved again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "rdb/load.h"
#include "rdb/save.h"
#include "store/hash_of.h"
#include "store/keyspace.h"
#include "store/sorted_set_of.h"
#include "store/value_ops.h"
#include "types/list.h"
#include "types/packed_list.h"
#include "types/set.h"
#include "types/stream.h"

namespace zedis::rdb {

// What a value consists of, as text: "a b c", members without order sorted by their bytes.
class ValueText : public store::ValueDigest {
 public:
  void Mix(std::string_view bytes) override { ordered_.emplace_back(bytes); }
  void Add(std::string_view bytes) override { unordered_.emplace_back(bytes); }
  void AddMixed(std::initializer_list<std::string_view> parts, std::string_view also) override {
    std::string text;
    for (const std::string_view part : parts) (text += text.empty() ? "" : "=") += part;
    unordered_.push_back(text += also);
  }
  std::string Text() {
    std::ranges::sort(unordered_);
    std::string text;
    for (const auto* parts : {&ordered_, &unordered_}) {
      for (const std::string& part : *parts) (text += text.empty() ? "" : " ") += part;
    }
    return text;
  }

 private:
  std::vector<std::string> ordered_;
  std::vector<std::string> unordered_;
};

class ValueHarness {
 public:
  // Loads the layout and the value that `body` begins with. Null if it is refused.
  const store::Entry* Load(std::string_view body, int version = kVersionOf74) {
    Reader reader(body);
    const std::uint8_t type = reader.Byte();
    LoadedValue value;
    const LoadOptions options{.tunables = tunables_, .seed = keyspace_.seed(), .version = version};
    const bool loaded = reader.ok() && LoadValue(type, reader, options, value);
    CHECK(loaded <= reader.ok());
    left_ = reader.left();
    return loaded ? Put(value) : nullptr;
  }

  const store::Entry* Put(LoadedValue& value) {
    const store::Entry* entry = keyspace_.DatabaseOf(key_, 0).Put(key_, value.Take(), store::kNoExpiry, 0);
    CheckEntry(*entry);
    return entry;
  }

  std::string Save(const store::Entry& entry, int version = kVersionOf70) const {
    std::string body;
    const SaveOptions options(tunables_, version);
    Writer writer(body, options.compress);
    writer.Byte(static_cast<std::uint8_t>(SavedType(entry, options)));
    SaveValue(entry, options, writer);
    return body;
  }

  static std::string TextOf(const store::Entry& entry) {
    ValueText text;
    store::RowOf(entry.type()).digest(entry, text);
    return text.Text();
  }

  base::Tunables& tunables() { return tunables_; }
  // Bytes behind the value that was loaded.
  std::size_t left() const { return left_; }

 private:
  // All that commands rely on.
  static void CheckEntry(const store::Entry& entry) {
    const bool near = entry.storage() == store::Storage::kNear;
    switch (entry.type()) {
      case store::Type::kList:
        if (near) {
          CHECK(types::ValidatePacked(entry.near()) && types::PackedListView(entry.near()).Size() > 0);
        } else {
          static_cast<const types::List*>(entry.far())->CheckConsistency();
        }
        break;
      case store::Type::kSet: {
        const auto* set = near ? nullptr : static_cast<const types::Set*>(entry.far());
        if (set != nullptr && set->IsIndexed()) {
          CHECK(set->Size() > 0);
        } else {
          CHECK(types::ValidatePackedSet(near ? entry.near() : set->Packed().Bytes()));
        }
        break;
      }
      case store::Type::kStream:
        static_cast<const types::Stream*>(entry.far())->CheckConsistency();
        break;
      case store::Type::kSortedSet: {
        const auto* set = store::FarSortedSet(&entry);
        if (set == nullptr || !set->IsIndexed()) {
          CHECK(types::ValidatePackedSortedSet(near ? entry.near() : set->Packed().Bytes()));
        }
        CHECK(store::SortedSetOf(&entry).Size() > 0);
        break;
      }
      case store::Type::kHash: {
        const auto* hash = store::FarHash(entry);
        if (hash == nullptr || !hash->IsIndexed()) {
          CHECK(types::ValidatePackedHash(near ? entry.near() : hash->Packed().Bytes()));
        }
        CHECK(store::HashOf(entry, INT64_MIN).Size() > 0);
        break;
      }
      case store::Type::kString:
        break;
    }
  }

  store::Keyspace keyspace_{0, 1, 0x1234567};
  const store::Key key_ = keyspace_.MakeKey("key");
  base::Tunables tunables_;
  std::size_t left_ = 0;
};

}  // namespace zedis::rdb

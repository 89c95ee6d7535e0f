// Reads values in the RDB format: for RESTORE, and from files. Whatever the bytes are, either a value comes out that
// passes the checks of its type, or nothing; and no more memory is taken than they can be worth.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/tunables.h"
#include "rdb/format.h"
#include "rdb/reader.h"
#include "store/entry.h"

namespace zedis::rdb {

struct LoadOptions {
  const base::Tunables& tunables;  // decide on the form that a value takes here, whatever it was there
  std::uint64_t seed;              // of the keyspace: sets and their like are hashed with it
  int version = kVersionOf74;      // of what is read: the number of a layout has another meaning from 80 on
};

// A value on its way from a payload into an entry.
class LoadedValue {
 public:
  LoadedValue() = default;
  LoadedValue(const LoadedValue&) = delete;
  LoadedValue& operator=(const LoadedValue&) = delete;
  // Frees what nobody took.
  ~LoadedValue() { Reset(); }

  // Hands the value over; bytes that lie in the entry are borrowed from this object. REQUIRES: one was loaded.
  [[nodiscard]] store::Value Take() {
    owns_far_ = false;
    return value_;
  }

  // For those who load.
  void SetInteger(std::int64_t integer) { Set(store::Value::Integer(integer)); }
  // REQUIRES: at most kNearValueMax bytes.
  void SetNear(store::Type type, std::string_view bytes);
  void SetFar(store::Type type, void* far) { Set(store::Value::Far(type, far)); }

 private:
  void Reset();
  void Set(const store::Value& value) {
    Reset();
    value_ = value;
    owns_far_ = value.storage == store::Storage::kFar;
  }

  store::Value value_;
  bool owns_far_ = false;
  char near_[store::kNearValueMax];
};

// Reads a value of this layout. False if there is no such layout, or the bytes are not one: then `value` holds nothing.
// A collection without elements is not one, but for streams.
[[nodiscard]] bool LoadValue(std::uint8_t type, Reader& reader, const LoadOptions& options, LoadedValue& value);

}  // namespace zedis::rdb

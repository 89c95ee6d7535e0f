// HyperLogLogs are strings; what makes a string one, and the errors of those that are none.
#pragma once

#include <string_view>

#include "commands/string_value.h"
#include "engine/context.h"
#include "types/hyperloglog.h"

namespace zedis::commands {

inline constexpr engine::Error kNoHyperLogLog{"WRONGTYPE Key is not a valid HyperLogLog string value."};
inline constexpr engine::Error kCorruptedHyperLogLog{"INVALIDOBJ Corrupted HLL object detected"};

// The bytes of the HyperLogLog that the entry holds; they live until it changes. An error if it holds anything else.
inline engine::Expected<std::string_view> HyperLogLogOf(const store::Entry& entry) {
  if (entry.type() != store::Type::kString) return std::unexpected(&engine::kWrongType);
  // The text of an integer would live in the object below, but is none of these.
  if (entry.storage() == store::Storage::kInteger) return std::unexpected(&kNoHyperLogLog);
  const std::string_view bytes = StringText(entry).view();
  if (!types::IsHyperLogLog(bytes)) return std::unexpected(&kNoHyperLogLog);
  // Before anybody copies a value of any size for nothing.
  if (bytes.size() > types::kHllSparseBytesMax) return std::unexpected(&kCorruptedHyperLogLog);
  return bytes;
}

// The same bytes, to be changed. `entry` is dead afterwards, also if nothing is changed then: like Redis, these
// commands take the value out of the form of short strings in any case, which OBJECT ENCODING shows.
inline char* EditHyperLogLog(engine::Context& ctx, const store::Key& key, store::Entry* entry) {
  return EditString(ctx, key, entry, StringSize(*entry));
}

}  // namespace zedis::commands

// What DUMP makes and RESTORE takes: the number of the layout, the value, two bytes of version, eight of checksum.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/tunables.h"
#include "store/entry.h"

namespace zedis::rdb {

// In the least version that can say all there is to say, so that as many servers as possible can read it.
std::string MakePayload(const store::Entry& entry, const base::Tunables& tunables);

// Bytes of the value in it.
std::size_t SerializedLength(const store::Entry& entry, const base::Tunables& tunables);

struct Payload {
  std::string_view body;  // layout and value, and what may follow them
  int version;
};
// Nothing if the version is not one that can be read, or the checksum is wrong.
std::optional<Payload> CheckPayload(std::string_view bytes);

}  // namespace zedis::rdb

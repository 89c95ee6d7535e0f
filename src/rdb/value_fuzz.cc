// The input is a layout and a value, without a checksum, behind a byte that chooses the directives and the version. If
// it loads, it must pass the checks of its type, and say the same when it is saved in either version and loaded again.
#include <cstdint>
#include <string>
#include <string_view>

#include "rdb/value_harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zedis;  // NOLINT: one function
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const int version = (data[0] & 1) != 0 ? rdb::kVersionOfValkey9 : rdb::kVersionOf74;
  rdb::ValueHarness harness;
  if ((data[0] & 2) != 0) {
    harness.tunables().list_max_listpack_size.Set(2);
    harness.tunables().list_compress_depth.Set(1);
    harness.tunables().set_max_intset_entries.Set(2);
    harness.tunables().set_max_listpack_entries.Set(2);
    harness.tunables().hash_max_listpack_entries.Set(2);
    harness.tunables().zset_max_listpack_entries.Set(2);
  }
  const store::Entry* entry = harness.Load(body, version);
  if (entry == nullptr) return 0;
  const std::string text = rdb::ValueHarness::TextOf(*entry);
  for (const int written : {rdb::kVersionOf74, rdb::VersionFor(*entry)}) {
    const std::string saved = harness.Save(*entry, written);
    entry = harness.Load(saved);
    CHECK(entry != nullptr && rdb::ValueHarness::TextOf(*entry) == text);
  }
  return 0;
}

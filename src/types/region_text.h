// Texts in the blocks of a Region, behind `prefix` bytes that are their owner's:
//
//   prefix | n: 1 byte, up to 253 | text
//   prefix | 254 | n: 4 bytes | text                                  blocks of up to 1024 bytes
//   prefix | 255 | address: 8 bytes | -> far: | n: 4 bytes | text
#pragma once

#include <cstddef>
#include <string_view>

#include "base/region.h"

namespace zedis::types {

class RegionText {
 public:
  using Handle = base::Region::Handle;

  // The text whose form begins at `at`.
  static std::string_view At(const char* at) {
    const auto size = static_cast<unsigned char>(*at);
    if (size < kLong) [[likely]]
      return {at + 1, size};
    return LongText(at);
  }

  // A block with this text; its prefix is undefined.
  static Handle New(base::Region& region, std::size_t prefix, std::string_view text);
  static void Free(base::Region& region, Handle handle, std::size_t prefix);
  // To a block elsewhere; prefix and text are the same. The old one is freed.
  static Handle Move(base::Region& region, Handle old, std::size_t prefix);

 private:
  static constexpr unsigned char kLong = 254;
  static constexpr unsigned char kFar = 255;
  static constexpr std::size_t kLongHeaderBytes = 5;

  static std::string_view LongText(const char* at);
  static std::size_t FormBytes(const char* at);
};

}  // namespace zedis::types

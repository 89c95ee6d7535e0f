#include "types/region_text.h"

#include <cstdint>
#include <cstring>

namespace zedis::types {

using base::Region;

std::string_view RegionText::LongText(const char* at) {
  std::uint32_t size;
  if (static_cast<unsigned char>(*at) == kFar) {
    std::memcpy(&at, at + 1, sizeof at);
    std::memcpy(&size, at, sizeof size);
    return {at + sizeof size, size};
  }
  std::memcpy(&size, at + 1, sizeof size);
  return {at + kLongHeaderBytes, size};
}

std::size_t RegionText::FormBytes(const char* at) {
  const auto size = static_cast<unsigned char>(*at);
  if (size < kLong) return std::size_t{1} + size;
  return size == kFar ? 1 + sizeof(char*) : kLongHeaderBytes + LongText(at).size();
}

Region::Handle RegionText::New(Region& region, std::size_t prefix, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  if (size < kLong && prefix + 1 + size <= Region::kMaxBlockBytes) [[likely]] {
    const Handle handle = region.Allocate(prefix + 1 + size);
    char* at = region.At(handle) + prefix;
    *at = static_cast<char>(size);
    if (size != 0) std::memcpy(at + 1, text.data(), size);
    return handle;
  }
  const bool is_far = prefix + kLongHeaderBytes + text.size() > Region::kMaxBlockBytes;
  const Handle handle = region.Allocate(prefix + (is_far ? 1 + sizeof(char*) : kLongHeaderBytes + text.size()));
  char* at = region.At(handle) + prefix;
  *at++ = static_cast<char>(is_far ? kFar : kLong);
  if (is_far) {
    char* far = region.AllocateFar(sizeof size + text.size());
    std::memcpy(at, &far, sizeof far);
    at = far;
  }
  std::memcpy(at, &size, sizeof size);
  std::memcpy(at + sizeof size, text.data(), size);
  return handle;
}

void RegionText::Free(Region& region, Handle handle, std::size_t prefix) {
  const char* at = region.At(handle) + prefix;
  const std::size_t bytes = prefix + FormBytes(at);
  if (static_cast<unsigned char>(*at) == kFar) {
    char* far;
    std::memcpy(&far, at + 1, sizeof far);
    region.FreeFar(far);
  }
  region.Free(handle, bytes);
}

Region::Handle RegionText::Move(Region& region, Handle old, std::size_t prefix) {
  const std::size_t bytes = prefix + FormBytes(region.At(old) + prefix);
  const Handle fresh = region.Allocate(bytes);
  std::memcpy(region.At(fresh), region.At(old), bytes);
  region.Free(old, bytes);
  return fresh;
}

}  // namespace zedis::types

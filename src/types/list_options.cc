#include "types/list_options.h"

#include <algorithm>

namespace zedis::types {
namespace {

// However many elements are allowed, a node counted by elements holds no more bytes than this.
constexpr std::size_t kSafetyBytesMax = 8192;

struct Limit {
  std::size_t bytes;
  std::size_t count;
};

Limit LimitOf(const ListOptions& options) {
  if (options.max_listpack_size >= 0) {
    return {kSafetyBytesMax, static_cast<std::size_t>(std::max(options.max_listpack_size, 1))};
  }
  const int step = std::min(-(options.max_listpack_size + 1), 4);
  return {std::size_t{4096} << step, SIZE_MAX};
}

LimitAnswer IsAbove(const ListpackSize& size, const Limit& limit) {
  if (size.count > limit.count || size.least > limit.bytes) return LimitAnswer::kYes;
  return size.most > limit.bytes ? LimitAnswer::kLookCloser : LimitAnswer::kNo;
}

}  // namespace

ListOptions ListOptionsFrom(const base::Tunables& tunables) {
  return {.max_listpack_size = static_cast<int>(tunables.list_max_listpack_size.Get()),
          .compress_depth = static_cast<int>(tunables.list_compress_depth.Get())};
}

ListpackSize ListpackSize::Estimate(std::size_t element_bytes, std::size_t count) {
  // Each element ends with its own length in units of 7 bits: one byte below 128, and never more than one
  // further byte per 128 bytes of element.
  const std::size_t least = kListpackFrameBytes + element_bytes + count;
  return {.least = least, .most = least + element_bytes / 128, .count = count};
}

LimitAnswer ExceedsListpack(const ListOptions& options, const ListpackSize& size) {
  return IsAbove(size, LimitOf(options));
}

LimitAnswer ShrinksToListpack(const ListOptions& options, const ListpackSize& size) {
  Limit limit = LimitOf(options);
  if (options.max_listpack_size >= 0) {
    limit.count /= 2;
  } else {
    limit.bytes /= 2;
  }
  switch (IsAbove(size, limit)) {
    case LimitAnswer::kYes:
      return LimitAnswer::kNo;
    case LimitAnswer::kNo:
      return LimitAnswer::kYes;
    case LimitAnswer::kLookCloser:
      break;
  }
  return LimitAnswer::kLookCloser;
}

std::size_t ListpackElementBytes(std::size_t element_bytes) {
  if (element_bytes < 128) return element_bytes + 1;
  if (element_bytes < 16'383) return element_bytes + 2;
  if (element_bytes < 2'097'151) return element_bytes + 3;
  return element_bytes + (element_bytes < 268'435'455 ? 4 : 5);
}

}  // namespace zedis::types

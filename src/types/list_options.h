// The directives that shape lists, and what OBJECT ENCODING says of them.
//
// Our nodes have the size that measured best, whatever `list-max-listpack-size` says; its limit is kept as far as
// clients can see it. A list is called "listpack" while it is within the limit, "quicklist" from the moment it
// grows past it, and "listpack" again when it has shrunk to half of it (so that it does not change at every push).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/tunables.h"

namespace zedis::types {

struct ListOptions {
  int max_listpack_size = -2;  // -1..-5: 4, 8, 16, 32, 64 KiB; positive: elements
  int compress_depth = 0;      // plain nodes at each end, the others are compressed; 0: none are
};

ListOptions ListOptionsFrom(const base::Tunables& tunables);

// The bytes a listpack with this content takes in Redis, which its limit is about.
struct ListpackSize {
  std::size_t least = 0;  // at least
  std::size_t most = 0;   // at most; where it matters the caller makes both exact
  std::size_t count = 0;

  // With elements added of so many bytes of text.
  [[nodiscard]] ListpackSize Plus(std::size_t text_bytes, std::size_t elements) const {
    return {least + text_bytes, most + text_bytes, count + elements};
  }
  // From the bytes of `count` elements in our encoding, without looking at them.
  static ListpackSize Estimate(std::size_t element_bytes, std::size_t count);
};

enum class LimitAnswer : std::uint8_t { kNo, kYes, kLookCloser };

// Does a list of this size exceed one node? kLookCloser: only the exact size can tell.
LimitAnswer ExceedsListpack(const ListOptions& options, const ListpackSize& size);

// May a list of this size be called a listpack again?
LimitAnswer ShrinksToListpack(const ListOptions& options, const ListpackSize& size);

// Bytes of one element in Redis' listpack, given those in our encoding.
std::size_t ListpackElementBytes(std::size_t element_bytes);

inline constexpr std::size_t kListpackFrameBytes = 7;  // header and end mark

}  // namespace zedis::types

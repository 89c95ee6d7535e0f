// Input: a byte of flags, a byte that seeds where the stream is cut, the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "resp/request.h"
#include "resp/request_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zedis::resp;
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  // Limits small enough for the fuzzer to reach.
  RequestLimits limits{.max_bulk_bytes = 20000, .max_arguments = 120, .max_line_bytes = 600};
  limits.authenticated = (data[0] & 1) == 0;
  std::uint32_t random = data[1];
  const std::uint32_t piece_max = (data[0] & 2) == 0 ? 8 : 400;

  const Parsed expected = RequestReference(stream, limits).Parse();
  const Parsed whole = ParseInPieces(stream, limits, [&] { return stream.size(); });
  const Parsed pieces = ParseInPieces(stream, limits, [&] {
    random = random * 1664525 + 1013904223;
    return (random >> 16) % piece_max + 1;
  });
  CHECK(whole == expected);
  CHECK(pieces == expected);
  return 0;
}

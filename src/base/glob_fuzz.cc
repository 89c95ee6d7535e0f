// Input: a byte of flags, a pattern up to the first line end, a text.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/glob.h"
#include "base/glob_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr long kStepsMax = 20000;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t line_end = input.find('\n');
  if (line_end == std::string_view::npos) return 0;
  // Copies of the exact size, so that the sanitizer sees a byte read beyond either.
  const std::string pattern(input.substr(0, line_end));
  const std::string text(input.substr(line_end + 1));
  const bool ignore_case = (data[0] & 1) != 0;
  const bool result = zedis::base::GlobMatch(pattern, text, ignore_case);
  const std::optional<bool> expected = zedis::base::GlobReference(ignore_case, kStepsMax).Match(pattern, text);
  CHECK(!expected || *expected == result);
  return 0;
}

#include "commands/scan_options.h"

#include "base/glob.h"
#include "base/numbers.h"

namespace zedis::commands {

using namespace engine;  // NOLINT: a family is written in the engine's words

namespace {

constexpr Error kInvalidCursor{"ERR invalid cursor"};
constexpr Error kOnlyInHscan{"ERR NOVALUES option can only be used in HSCAN"};
constexpr Error kOnlyInZscan{"ERR NOSCORES option can only be used in ZSCAN"};

constexpr std::uint64_t kBucketsMax = std::uint64_t{1} << 40;

}  // namespace

bool ScanOptions::AcceptsName(std::string_view name) const { return any_name || base::GlobMatch(pattern, name); }

std::uint64_t ScanOptions::BucketsMax() const {
  return count > kBucketsMax / kScanBucketsPerCount ? kBucketsMax : count * kScanBucketsPerCount;
}

Expected<std::uint64_t> ParseCursor(std::string_view text) {
  text = text.substr(0, text.find('\0'));
  if (text.empty()) return 0;
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  if (text.empty()) return std::unexpected(&kInvalidCursor);
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9' || __builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) {
      return std::unexpected(&kInvalidCursor);
    }
  }
  return negative ? 0 - value : value;
}

Expected<ScanOptions> ParseScanOptions(Args args, std::size_t start, ScanOf of) {
  ScanOptions options;
  OptionCursor cursor(args, start);
  while (!cursor.done()) {
    if (cursor.TakeWith("count", 1)) {
      TRY(const std::int64_t count, ParseInteger(cursor.Next()));
      if (count < 1) return std::unexpected(&kSyntaxError);
      options.count = static_cast<std::uint64_t>(count);
    } else if (cursor.TakeWith("match", 1)) {
      options.pattern = cursor.Next();
      options.any_name = base::GlobMatchesEverything(options.pattern);
    } else if (of == ScanOf::kKeys && cursor.TakeWith("type", 1)) {
      options.type = cursor.Next();
      options.any_type = false;
    } else if (cursor.Take("novalues")) {
      if (of != ScanOf::kHash) return std::unexpected(&kOnlyInHscan);
      options.no_values = true;
    } else if (cursor.Take("noscores")) {
      if (of != ScanOf::kSortedSet) return std::unexpected(&kOnlyInZscan);
      options.no_scores = true;
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  return options;
}

void ReplyCursor(resp::Reply reply, std::uint64_t cursor) {
  char digits[base::kInt64CharsMax];
  reply.Bulk({digits, static_cast<std::size_t>(base::FormatUint64(digits, cursor) - digits)});
}

}  // namespace zedis::commands

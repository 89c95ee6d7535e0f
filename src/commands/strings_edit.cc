// Parts of strings: APPEND, ranges, and LCS, which compares two.

#include <algorithm>
#include <cstring>
#include <string>

#include "commands/string_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "types/common_subsequence.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;

constexpr Error kBadOffset{"ERR offset is out of range"};

// `size` + `more` bytes are a value that may be.
bool FitsLimit(const Context& ctx, std::uint64_t size, std::uint64_t more) {
  const auto limit = static_cast<std::uint64_t>(ctx.tunables.proto_max_bulk_len_bytes.Get());
  return size <= limit && more <= limit - size;
}

Outcome Append(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  const std::string_view more = args[2];
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kString, key));
  std::size_t size = more.size();
  if (entry == nullptr) {
    StoreString(ctx, key, more, store::kNoExpiry);
  } else {
    const std::size_t old_size = StringSize(*entry);
    if (!FitsLimit(ctx, old_size, more.size())) return kStringTooLong;
    size += old_size;
    char* bytes = EditString(ctx, key, entry, size);
    if (!more.empty()) std::memcpy(bytes + old_size, more.data(), more.size());
  }
  ctx.Changed(key, {base::kNotifyString, "append"});
  ctx.reply.Integer(static_cast<std::int64_t>(size));
  return Done();
}

Outcome StrLen(Context& ctx, Args args) {
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(entry != nullptr ? static_cast<std::int64_t>(StringSize(*entry)) : 0);
  return Done();
}

Outcome GetRange(Context& ctx, Args args) {
  TRY(std::int64_t start, ParseInteger(args[2]));
  TRY(std::int64_t end, ParseInteger(args[3]));
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  const std::int64_t size = entry != nullptr ? static_cast<std::int64_t>(StringSize(*entry)) : 0;
  // Both from the end and in the wrong order is empty even where both would be cut to the first byte.
  const bool reversed = start < 0 && end < 0 && start > end;
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (end < 0) end = std::max<std::int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (reversed || start > end || size == 0) {
    ctx.reply.Bulk("");
  } else {
    ReplyPartOfString(ctx, *entry, static_cast<std::size_t>(start), static_cast<std::size_t>(end - start + 1));
  }
  return Done();
}

Outcome SetRange(Context& ctx, Args args) {
  TRY(const std::int64_t offset, ParseInteger(args[2]));
  if (offset < 0) return kBadOffset;
  const std::string_view part = args[3];
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kString, key));
  const std::size_t old_size = entry != nullptr ? StringSize(*entry) : 0;
  if (part.empty()) {
    ctx.reply.Integer(static_cast<std::int64_t>(old_size));
    return Done();
  }
  const auto start = static_cast<std::size_t>(offset);
  if (!FitsLimit(ctx, start, part.size())) return kStringTooLong;
  const std::size_t size = std::max(old_size, start + part.size());
  std::memcpy(EditString(ctx, key, entry, size) + start, part.data(), part.size());
  ctx.Changed(key, {base::kNotifyString, "setrange"});
  ctx.reply.Integer(static_cast<std::int64_t>(size));
  return Done();
}

struct LcsOptions {
  bool length_only = false;
  bool runs = false;  // IDX
  bool with_run_length = false;
  std::int64_t least_run = 0;
};

Expected<LcsOptions> ParseLcs(Args args) {
  static constexpr Error kLengthAndRuns{"ERR If you want both the length and indexes, please just use IDX."};
  LcsOptions options;
  OptionCursor cursor(args, 3);
  while (!cursor.done()) {
    if (cursor.Take("idx")) {
      options.runs = true;
    } else if (cursor.Take("len")) {
      options.length_only = true;
    } else if (cursor.Take("withmatchlen")) {
      options.with_run_length = true;
    } else if (cursor.TakeWith("minmatchlen", 1)) {
      TRY(options.least_run, ParseInteger(cursor.Next()));
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  if (options.runs && options.length_only) return std::unexpected(&kLengthAndRuns);
  return options;
}

void ReplyRuns(Context& ctx, const types::CommonSubsequence& common, const LcsOptions& options) {
  const auto reply_range = [&](std::size_t start, std::size_t size) {
    ctx.reply.ArrayHeader(2);
    ctx.reply.Integer(static_cast<std::int64_t>(start));
    ctx.reply.Integer(static_cast<std::int64_t>(start + size - 1));
  };
  ctx.reply.MapHeader(2);
  ctx.reply.Bulk("matches");
  const resp::DeferredHeader matches = ctx.reply.DeferArray();
  std::uint64_t count = 0;
  for (const types::CommonSubsequence::Run& run : common.RunsFromTheEnd()) {
    if (static_cast<std::int64_t>(run.size) < options.least_run) continue;
    ctx.reply.ArrayHeader(options.with_run_length ? 3 : 2);
    reply_range(run.in_a, run.size);
    reply_range(run.in_b, run.size);
    if (options.with_run_length) ctx.reply.Integer(static_cast<std::int64_t>(run.size));
    ++count;
  }
  ctx.reply.CloseArray(matches, count);
  ctx.reply.Bulk("len");
  ctx.reply.Integer(static_cast<std::int64_t>(common.length()));
}

void ReplySubsequence(Context& ctx, std::string_view a, const types::CommonSubsequence& common) {
  std::string text(common.length(), '\0');
  std::size_t end = text.size();
  for (const types::CommonSubsequence::Run& run : common.RunsFromTheEnd()) {
    end -= run.size;
    std::memcpy(&text[end], &a[run.in_a], run.size);
  }
  ctx.reply.Bulk(text);
}

Outcome Lcs(Context& ctx, Args args) {
  static constexpr Error kNotStrings{"ERR The specified keys must contain string values"};
  static constexpr Error kTooMuch{"ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len"};
  const Key keys[] = {ctx.KeyAt(args, 1), ctx.KeyAt(args, 2)};
  bool are_strings = true;
  for (const Key& key : keys) {
    const Entry* entry = ctx.Find(key);
    are_strings &= entry == nullptr || entry->type() == Type::kString;
  }
  if (!are_strings) return kNotStrings;
  TRY(const LcsOptions options, ParseLcs(args));
  // Both are looked up before either is read: finding one that is due changes the shard.
  const StringText a(ctx.Peek(keys[0]));
  const StringText b(ctx.Peek(keys[1]));
  // Redis takes four bytes for each cell of a table and refuses beyond this; the bits used here are 1/16 of that.
  const std::uint64_t cells = (std::uint64_t{a.view().size()} + 1) * (b.view().size() + 1);
  if (cells * 4 > static_cast<std::uint64_t>(ctx.tunables.proto_max_bulk_len_bytes.Get())) return kTooMuch;
  const types::CommonSubsequence common(a.view(), b.view(), !options.length_only);
  if (options.runs) {
    ReplyRuns(ctx, common, options);
  } else if (options.length_only) {
    ctx.reply.Integer(static_cast<std::int64_t>(common.length()));
  } else {
    ReplySubsequence(ctx, a.view(), common);
  }
  return Done();
}

constexpr KeySpec kAppendKey[] = {{.flags = kKeyReadWrite | kKeyInsert}};
constexpr KeySpec kMetadataKey[] = {{.flags = kKeyReadOnly}};
constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kReadTwoKeys[] = {{.flags = kKeyReadOnly | kKeyAccess, .last = 1}};

constexpr Command kCommands[] = {
    {.name = "append",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatString,
     .keys = kAppendKey,
     .run = Append,
     .since = "2.0.0",
     .group = "string",
     .summary = "Adds bytes at the end of a string; a missing key counts as empty.",
     .complexity = "O(1) for each byte appended, averaged over many calls",
     .syntax = "key#0 value"},
    {.name = "strlen",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatString,
     .keys = kMetadataKey,
     .run = StrLen,
     .since = "2.2.0",
     .group = "string",
     .summary = "Returns how many bytes a string has.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "getrange",
     .arity = Exactly(3),
     .flags = kReadonly,
     .categories = kCatString,
     .keys = kReadOneKey,
     .run = GetRange,
     .since = "2.4.0",
     .group = "string",
     .summary = "Returns the bytes of a string between two positions.",
     .complexity = "O(N), N being the bytes returned",
     .syntax = "key#0 start:int end:int"},
    {.name = "substr",
     .arity = Exactly(3),
     .flags = kReadonly,
     .categories = kCatString,
     .keys = kReadOneKey,
     .run = GetRange,
     .since = "1.0.0",
     .group = "string",
     .summary = "Returns the bytes of a string between two positions.",
     .complexity = "O(N), N being the bytes returned",
     .deprecated_since = "2.0.0",
     .replaced_by = "`GETRANGE`",
     .syntax = "key#0 start:int end:int"},
    {.name = "setrange",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom,
     .categories = kCatString,
     .keys = kUpdateKey,
     .run = SetRange,
     .since = "2.2.0",
     .group = "string",
     .summary = "Overwrites bytes of a string from a position on, extending it with zeros where needed.",
     .complexity = "O(N), N being the bytes written, zeros included",
     .syntax = "key#0 offset:int value"},
    {.name = "lcs",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatString,
     .keys = kReadTwoKeys,
     .run = Lcs,
     .since = "7.0.0",
     .group = "string",
     .summary = "Finds the longest common subsequence of two strings.",
     .complexity = "O(N*M), N and M being the lengths of the strings",
     .syntax = "key1#0 key2#0 [LEN] [IDX] [MINMATCHLEN len:int] [WITHMATCHLEN]"},
};

}  // namespace

Table StringEditCommands() { return kCommands; }

}  // namespace zedis::commands

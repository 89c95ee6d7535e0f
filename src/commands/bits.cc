// Strings as bitmaps: SETBIT GETBIT BITCOUNT BITPOS BITOP. BITFIELD is in bits_field.cc.

#include <algorithm>
#include <deque>
#include <vector>

#include "commands/bit_offset.h"
#include "commands/string_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "types/bitmap.h"
#include "types/long_string.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;
using types::BitOperation;

Outcome SetBit(Context& ctx, Args args) {
  static constexpr Error kBadBit{"ERR bit is not an integer or out of range"};
  TRY(const std::uint64_t offset, ParseBitOffset(ctx, args[2]));
  TRY(const std::int64_t bit, ParseIntegerIn(args[3], 0, 1, kBadBit));
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kString, key));
  const std::size_t old_size = entry != nullptr ? StringSize(*entry) : 0;
  const std::size_t size = std::max<std::size_t>(old_size, (offset >> 3) + 1);
  const bool old_bit = types::SetBit(EditString(ctx, key, entry, size), offset, bit != 0);
  if (size != old_size || old_bit != (bit != 0)) ctx.Changed(key, {base::kNotifyString, "setbit"});
  ctx.reply.Integer(old_bit ? 1 : 0);
  return Done();
}

Outcome GetBit(Context& ctx, Args args) {
  TRY(const std::uint64_t offset, ParseBitOffset(ctx, args[2]));
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(types::GetBit(StringText(entry).view(), offset) ? 1 : 0);
  return Done();
}

// A range of bytes or bits as BITCOUNT and BITPOS take it.
struct RangeOptions {
  std::int64_t start = 0;
  std::int64_t end = -1;
  bool in_bits = false;

  // Both from the end and in the wrong order: BITCOUNT takes that for empty even where both would be cut to the first
  // byte, BITPOS does not.
  bool IsReversed() const { return start < 0 && end < 0 && start > end; }

  // The bits it means in a string of so many bytes; nothing if it is empty.
  std::optional<types::BitRange> Resolve(std::size_t bytes) const {
    const auto total = static_cast<std::int64_t>(in_bits ? bytes * 8 : bytes);
    const std::int64_t first = std::max<std::int64_t>(start < 0 ? start + total : start, 0);
    const std::int64_t last = std::min(std::max<std::int64_t>(end < 0 ? end + total : end, 0), total - 1);
    if (first > last) return std::nullopt;
    if (in_bits) return types::BitRange{static_cast<std::uint64_t>(first), static_cast<std::uint64_t>(last)};
    return types::BitRange{static_cast<std::uint64_t>(first) * 8, static_cast<std::uint64_t>(last) * 8 + 7};
  }
};

// BYTE or BIT.
Expected<bool> ParseInBits(std::string_view unit) {
  if (EqualsIgnoreCase("bit", unit)) return true;
  if (EqualsIgnoreCase("byte", unit)) return false;
  return std::unexpected(&kSyntaxError);
}

Outcome BitCount(Context& ctx, Args args) {
  RangeOptions options;
  if (args.size() > 5) return kSyntaxError;
  if (args.size() > 2) {
    TRY(options.start, ParseInteger(args[2]));
  }
  if (args.size() > 3) {
    TRY(options.end, ParseInteger(args[3]));
  }
  if (args.size() > 4) {
    TRY(options.in_bits, ParseInBits(args[4]));
  }
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  const StringText text(entry);
  const auto range = options.Resolve(text.view().size());
  ctx.reply.Integer(range && !options.IsReversed() ? static_cast<std::int64_t>(types::CountOnes(text.view(), *range))
                                                   : 0);
  return Done();
}

Outcome BitPos(Context& ctx, Args args) {
  static constexpr Error kBadBit{"ERR The bit argument must be 1 or 0."};
  TRY(const std::int64_t bit, ParseInteger(args[2]));
  if (bit != 0 && bit != 1) return kBadBit;
  RangeOptions options;
  if (args.size() > 6) return kSyntaxError;
  if (args.size() > 3) {
    TRY(options.start, ParseInteger(args[3]));
  }
  // The unit before the end, as Redis has it.
  if (args.size() > 5) {
    TRY(options.in_bits, ParseInBits(args[5]));
  }
  if (args.size() > 4) {
    TRY(options.end, ParseInteger(args[4]));
  }
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  // A missing key is zeros without end.
  std::int64_t position = entry == nullptr && bit == 0 ? 0 : -1;
  const StringText text(entry);
  if (const auto range = options.Resolve(text.view().size())) {
    if (const auto found = types::FindBit(text.view(), bit != 0, *range)) {
      position = static_cast<std::int64_t>(*found);
    } else if (bit == 0 && args.size() < 5) {
      // Without an end the string goes on with zeros.
      position = static_cast<std::int64_t>(text.view().size() * 8);
    }
  }
  ctx.reply.Integer(position);
  return Done();
}

Expected<BitOperation> ParseOperation(Args args) {
  static constexpr Error kOneSource{"ERR BITOP NOT must be called with a single source key."};
  OptionCursor cursor(args, 1);
  if (cursor.Take("and")) return BitOperation::kAnd;
  if (cursor.Take("or")) return BitOperation::kOr;
  if (cursor.Take("xor")) return BitOperation::kXor;
  if (!cursor.Take("not")) return std::unexpected(&kSyntaxError);
  if (args.size() != 4) return std::unexpected(&kOneSource);
  return BitOperation::kNot;
}

Outcome BitOp(Context& ctx, Args args) {
  TRY(const BitOperation operation, ParseOperation(args));
  for (std::size_t i = 3; i < args.size(); ++i) {
    TRY([[maybe_unused]] const Entry* source, ctx.FindAs(Type::kString, ctx.KeyAt(args, i)));
  }
  // All are looked up before any is read: finding one that is due changes the shard.
  std::deque<StringText> texts;
  std::vector<std::string_view> sources;
  std::size_t size = 0;
  for (std::size_t i = 3; i < args.size(); ++i) {
    sources.push_back(texts.emplace_back(ctx.Peek(ctx.KeyAt(args, i))).view());
    size = std::max(size, sources.back().size());
  }
  const Key target = ctx.KeyAt(args, 2);
  if (size == 0) {
    if (ctx.FindForWrite(target) != nullptr) {
      ctx.Erase(target);
      ctx.Changed(target, {base::kNotifyGeneric, "del"});
    }
  } else {
    if (size <= store::kNearValueMax) {
      char result[store::kNearValueMax];
      types::CombineBits(operation, sources, result, size);
      store::Value value = store::Value::Near(Type::kString, {result, size});
      value.edited = true;
      ctx.Put(target, value);
    } else {
      types::LongString* result = types::LongString::CreateZeroed(size);
      types::CombineBits(operation, sources, result->Data(), size);
      ctx.Put(target, store::Value::Far(Type::kString, result));
    }
    ctx.Changed(target, {base::kNotifyString, "set"});
  }
  ctx.reply.Integer(static_cast<std::int64_t>(size));
  return Done();
}

constexpr KeySpec kSetBitKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};
constexpr KeySpec kBitOpKeys[] = {{.flags = kKeyOverwrite | kKeyUpdate, .index = 2},
                                  {.flags = kKeyReadOnly | kKeyAccess, .index = 3, .last = -1}};

constexpr Command kCommands[] = {
    {.name = "setbit",
     .arity = Exactly(3),
     .flags = kWrite | kDenyOom,
     .categories = kCatBitmap,
     .keys = kSetBitKey,
     .run = SetBit,
     .since = "2.2.0",
     .group = "bitmap",
     .summary = "Sets or clears one bit of a string, extending it with zeros where needed.",
     .complexity = "O(1)",
     .syntax = "key#0 offset:int value:int"},
    {.name = "getbit",
     .arity = Exactly(2),
     .flags = kReadonly | kFast,
     .categories = kCatBitmap,
     .keys = kReadOneKey,
     .run = GetBit,
     .since = "2.2.0",
     .group = "bitmap",
     .summary = "Returns one bit of a string.",
     .complexity = "O(1)",
     .syntax = "key#0 offset:int"},
    {.name = "bitcount",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatBitmap,
     .keys = kReadOneKey,
     .run = BitCount,
     .since = "2.6.0",
     .group = "bitmap",
     .summary = "Counts the bits of a string that are one.",
     .complexity = "O(N), N being the bytes in the range",
     .syntax = "key#0 [index{start:int end:int [index_unit(BYTE|BIT)@7.0.0]}]",
     .history = "7.0.0 BYTE and BIT."},
    {.name = "bitpos",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatBitmap,
     .keys = kReadOneKey,
     .run = BitPos,
     .since = "2.8.7",
     .group = "bitmap",
     .summary = "Finds the first bit of a string that is one, or zero.",
     .complexity = "O(N), N being the bytes in the range",
     .syntax = "key#0 bit:int [index{start:int [end_index{end:int [index_unit(BYTE|BIT)@7.0.0]}]}]",
     .history = "7.0.0 BYTE and BIT."},
    {.name = "bitop",
     .arity = AtLeast(3),
     .flags = kWrite | kDenyOom,
     .categories = kCatBitmap,
     .keys = kBitOpKeys,
     .run = BitOp,
     .since = "2.6.0",
     .group = "bitmap",
     .summary = "Combines strings bit by bit and stores the result.",
     .complexity = "O(N), N being the bytes of all sources",
     .syntax = "operation destkey#0 key#1..."},
};

}  // namespace

Table BitCommands() { return kCommands; }

}  // namespace zedis::commands

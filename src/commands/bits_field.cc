// BITFIELD and BITFIELD_RO: integers of any width inside a string.

#include <algorithm>
#include <vector>

#include "commands/bit_offset.h"
#include "commands/string_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "types/bit_field.h"
#include "types/bitmap.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using store::Type;
using types::BitFieldType;
using types::OverflowMode;

struct FieldOperation {
  enum class Kind : std::uint8_t { kGet, kSet, kIncrBy };

  Kind kind = Kind::kGet;
  BitFieldType type;
  OverflowMode overflow = OverflowMode::kWrap;
  std::uint64_t offset = 0;
  std::int64_t operand = 0;
};

struct FieldOperations {
  std::vector<FieldOperation> list;
  std::uint64_t write_end = 0;  // behind the last bit that is written; 0: nothing is
};

Expected<OverflowMode> ParseOverflow(OptionCursor& cursor) {
  static constexpr Error kBadOverflow{"ERR Invalid OVERFLOW type specified"};
  if (cursor.Take("wrap")) return OverflowMode::kWrap;
  if (cursor.Take("sat")) return OverflowMode::kSaturate;
  if (cursor.Take("fail")) return OverflowMode::kFail;
  return std::unexpected(&kBadOverflow);
}

Expected<FieldOperations> ParseOperations(const Context& ctx, Args args) {
  static constexpr Error kBadType{
      "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."};
  FieldOperations operations;
  OverflowMode overflow = OverflowMode::kWrap;
  OptionCursor cursor(args, 2);
  while (!cursor.done()) {
    FieldOperation operation;
    if (cursor.TakeWith("overflow", 1)) {
      TRY(overflow, ParseOverflow(cursor));
      continue;
    }
    if (cursor.TakeWith("get", 2)) {
      operation.kind = FieldOperation::Kind::kGet;
    } else if (cursor.TakeWith("set", 3)) {
      operation.kind = FieldOperation::Kind::kSet;
    } else if (cursor.TakeWith("incrby", 3)) {
      operation.kind = FieldOperation::Kind::kIncrBy;
    } else {
      return std::unexpected(&kSyntaxError);
    }
    const auto type = BitFieldType::Parse(cursor.Next());
    if (!type) return std::unexpected(&kBadType);
    operation.type = *type;
    operation.overflow = overflow;
    TRY(operation.offset, ParseBitOffset(ctx, cursor.Next(), type->bits));
    if (operation.kind != FieldOperation::Kind::kGet) {
      operations.write_end = std::max(operations.write_end, operation.offset + type->bits);
      TRY(operation.operand, ParseInteger(cursor.Next()));
    }
    operations.list.push_back(operation);
  }
  return operations;
}

std::int64_t ReadField(std::string_view bytes, const FieldOperation& operation) {
  return operation.type.FromBits(types::GetBits(bytes, operation.offset, operation.type.bits));
}

Outcome ReadFields(Context& ctx, Args args, const FieldOperations& operations) {
  TRY(const Entry* entry, ctx.FindAs(Type::kString, ctx.KeyAt(args, 1)));
  const StringText text(entry);
  ctx.reply.ArrayHeader(operations.list.size());
  for (const FieldOperation& operation : operations.list) ctx.reply.Integer(ReadField(text.view(), operation));
  return Done();
}

struct FieldEffect {
  bool written = false;
  bool changed = false;
};

// Runs one operation and replies to it.
FieldEffect RunOnBytes(Context& ctx, char* bytes, std::size_t size, const FieldOperation& operation) {
  const std::int64_t old_value = ReadField({bytes, size}, operation);
  if (operation.kind == FieldOperation::Kind::kGet) {
    ctx.reply.Integer(old_value);
    return {};
  }
  const bool sets = operation.kind == FieldOperation::Kind::kSet;
  const auto value = sets ? operation.type.Fit(operation.operand, 0, operation.overflow)
                          : operation.type.Fit(old_value, operation.operand, operation.overflow);
  if (!value) {
    ctx.reply.NullBulk();
    return {};
  }
  types::SetBits(bytes, operation.offset, operation.type.bits, static_cast<std::uint64_t>(*value));
  ctx.reply.Integer(sets ? old_value : *value);
  return {.written = true, .changed = *value != old_value};
}

Outcome BitField(Context& ctx, Args args) {
  TRY(const FieldOperations operations, ParseOperations(ctx, args));
  if (operations.write_end == 0) return ReadFields(ctx, args, operations);
  const Key key = ctx.KeyAt(args, 1);
  TRY(Entry * entry, ctx.FindForWriteAs(Type::kString, key));
  const std::size_t old_size = entry != nullptr ? StringSize(*entry) : 0;
  const std::size_t size = std::max<std::size_t>(old_size, (operations.write_end + 7) / 8);
  char* bytes = EditString(ctx, key, entry, size);
  const bool has_grown = size != old_size;
  std::uint64_t changes = 0;  // as Redis counts them: fields, and those written with the same value if the string grew
  ctx.reply.ArrayHeader(operations.list.size());
  for (const FieldOperation& operation : operations.list) {
    const FieldEffect effect = RunOnBytes(ctx, bytes, size, operation);
    if (effect.changed || (effect.written && has_grown)) ++changes;
  }
  if (changes != 0 || has_grown) {
    ctx.Changed(key, changes != 0 ? Event{base::kNotifyString, "setbit"} : kUnannounced, changes);
  }
  return Done();
}

Outcome BitFieldRo(Context& ctx, Args args) {
  static constexpr Error kOnlyGet{"ERR BITFIELD_RO only supports the GET subcommand"};
  TRY(const FieldOperations operations, ParseOperations(ctx, args));
  if (operations.write_end != 0) return kOnlyGet;
  return ReadFields(ctx, args, operations);
}

constexpr KeySpec kBitFieldKey[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate | kKeyVariableFlags,
                                     .notes = "This command allows both access and modification of the key"}};

constexpr Command kCommands[] = {
    {.name = "bitfield",
     .arity = AtLeast(1),
     .flags = kWrite | kDenyOom,
     .categories = kCatBitmap,
     .keys = kBitFieldKey,
     .run = BitField,
     .since = "3.2.0",
     .group = "bitmap",
     .summary = "Reads and changes integers of any width inside a string.",
     .complexity = "O(1) for each operation",
     .syntax = "key#0 [operation(GET encoding_offset{encoding offset:int}|write{[OVERFLOW "
               "wrap_sat_fail(WRAP|SAT|FAIL)] write_operation(SET encoding_offset_value{encoding offset:int "
               "value:int}|INCRBY encoding_offset_increment{encoding offset:int increment:int})})...]"},
    {.name = "bitfield_ro",
     .arity = AtLeast(1),
     .flags = kReadonly | kFast,
     .categories = kCatBitmap,
     .keys = kReadOneKey,
     .run = BitFieldRo,
     .since = "6.0.0",
     .group = "bitmap",
     .summary = "Reads integers of any width inside a string.",
     .complexity = "O(1) for each operation",
     .syntax = "key#0 [GET encoding_offset{encoding offset:int}...+]"},
};

}  // namespace

Table BitFieldCommands() { return kCommands; }

}  // namespace zedis::commands

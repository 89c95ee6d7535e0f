// PFDEBUG shows the insides of a HyperLogLog, PFSELFTEST tries the data structure out.

#include <cmath>
#include <random>
#include <string>

#include "commands/hyperloglog_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "types/hyperloglog_dense.h"
#include "types/hyperloglog_sparse.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using types::HllEncoding;
using types::HllRegisters;

// Like PFCOUNT's: nobody is notified.
constexpr Event kDenseEvent{base::NotifyFlag{}, "pfdebug"};

// The value at args[2], dense from now on; whether it was not.
Expected<bool> MakeDense(Context& ctx, const Key& key, Entry* entry, std::string_view bytes) {
  if (types::HllEncodingOf(bytes) == HllEncoding::kDense) return false;
  types::HllEditor editor(std::string(bytes), 0);
  if (!editor.MakeDense()) return std::unexpected(&kCorruptedHyperLogLog);
  ReplaceBytes(ctx, key, entry, editor.Bytes());
  ctx.Changed(key, kDenseEvent);
  return true;
}

Outcome ReplyRegisters(Context& ctx, const Key& key, Entry* entry, std::string_view bytes) {
  HllRegisters registers{};
  if (!types::HllMerge(bytes, registers)) return kCorruptedHyperLogLog;
  TRY([[maybe_unused]] const bool converted, MakeDense(ctx, key, entry, bytes));
  ctx.reply.ArrayHeader(registers.size());
  for (const std::uint8_t value : registers) ctx.reply.Integer(value);
  return Done();
}

// "Z:10 v:3,2 z:5": long and short runs of zeros, and a value with the length of its run.
Outcome ReplyRuns(Context& ctx, std::string_view bytes) {
  static constexpr Error kNotSparse{"ERR HLL encoding is not sparse"};
  if (types::HllEncodingOf(bytes) != HllEncoding::kSparse) return kNotSparse;
  std::string text;
  for (std::string_view runs = bytes.substr(types::kHllHeaderBytes); !runs.empty();) {
    const types::HllRun run = types::ReadHllRun(runs);
    if (run.bytes == 0) return kCorruptedHyperLogLog;
    if (!text.empty()) text += ' ';
    if (run.value > 0) {
      fmt::format_to(std::back_inserter(text), "v:{},{}", run.value, run.length);
    } else {
      fmt::format_to(std::back_inserter(text), "{}:{}", run.bytes == 2 ? 'Z' : 'z', run.length);
    }
    runs.remove_prefix(run.bytes);
  }
  ctx.reply.Bulk(text);
  return Done();
}

// Vector instructions are chosen when the server is built.
Outcome ReplyVectors(Context& ctx, std::string_view wanted) {
  static constexpr Error kNoSwitch{"ERR Argument must be ON or OFF"};
  static constexpr Error kBuiltIn{"ERR SIMD cannot be switched off: this server was built with it"};
  const bool off = EqualsIgnoreCase("off", wanted);
  if (!off && !EqualsIgnoreCase("on", wanted)) return kNoSwitch;
  if (off && types::HllUsesVectors()) return kBuiltIn;
  ctx.reply.SimpleString(types::HllUsesVectors() ? "enabled" : "disabled");
  return Done();
}

Outcome PfDebug(Context& ctx, Args args) {
  static constexpr Error kNoKey{"ERR The specified key does not exist"};
  const std::string_view what = args[1];
  if (EqualsIgnoreCase("simd", what)) return ReplyVectors(ctx, args[2]);
  const Key key = ctx.KeyAt(args, 2);
  Entry* entry = ctx.FindForWrite(key);
  if (entry == nullptr) return kNoKey;
  TRY(const std::string_view unedited, HyperLogLogOf(*entry));
  const std::size_t size = unedited.size();
  const std::string_view bytes(EditHyperLogLog(ctx, key, entry), size);
  entry = ctx.Peek(key);
  if (EqualsIgnoreCase("getreg", what)) return ReplyRegisters(ctx, key, entry, bytes);
  if (EqualsIgnoreCase("decode", what)) return ReplyRuns(ctx, bytes);
  if (EqualsIgnoreCase("encoding", what)) {
    ctx.reply.SimpleString(types::HllEncodingOf(bytes) == HllEncoding::kDense ? "dense" : "sparse");
  } else if (EqualsIgnoreCase("todense", what)) {
    TRY(const bool converted, MakeDense(ctx, key, entry, bytes));
    ctx.reply.Integer(converted ? 1 : 0);
  } else {
    return ctx.Fail("ERR Unknown PFDEBUG subcommand '{}'", Shown(what));
  }
  return Done();
}

// Registers that are written one at a time are there one at a time and all at once.
bool PackedRegistersHold() {
  std::minstd_rand random(1);
  HllRegisters registers{};
  std::string packed(types::kHllPackedBytes, '\0');
  for (int i = 0; i < 50'000; ++i) {
    const std::size_t index = random() % registers.size();
    registers[index] = static_cast<std::uint8_t>(random() % 64);
    types::SetDenseRegister(packed.data(), index, registers[index]);
    if (types::DenseRegister(packed.data(), index) != registers[index]) return false;
  }
  HllRegisters unpacked{};
  types::UnpackDense(packed.data(), unpacked);
  std::string again(packed.size(), '\0');
  types::PackDense(registers, again.data());
  return unpacked == registers && again == packed;
}

// Elements counted by a sparse value and by a dense one give the same registers; and estimates that are off by less
// than six standard errors, of which one is 1.04 / sqrt(registers).
Outcome EstimatesHold(Context& ctx) {
  // Redis goes to ten millions, in seconds; here a worker serves nobody meanwhile.
  constexpr std::uint64_t kElements = 100'000;
  types::HllEditor sparse(types::EmptyHyperLogLog(), 3000);
  types::HllEditor dense(types::EmptyHyperLogLog(), 0);
  CHECK(dense.MakeDense());
  std::uint64_t checkpoint = 1;
  for (std::uint64_t n = 1; n <= kElements; ++n) {
    const std::uint64_t number = n * 0x9e3779b97f4a7c15;
    const types::HllPlace place = types::HllPlaceOf({reinterpret_cast<const char*>(&number), sizeof number});
    sparse.Raise(place);
    dense.Raise(place);
    if (n != checkpoint) continue;
    checkpoint *= 10;
    const std::uint64_t estimate = types::HllCount(dense.Bytes()).value_or(0);
    if (types::HllCount(sparse.Bytes()) != estimate) return ctx.Fail("TESTFAILED dense and sparse disagree");
    const double limit = std::ceil(6 * 1.04 / std::sqrt(types::kHllRegisters) * static_cast<double>(n));
    const double error = std::abs(static_cast<double>(estimate) - static_cast<double>(n));
    if (error > limit) return ctx.Fail("TESTFAILED Too big error. card:{} abserr:{}", n, error);
  }
  return Done();
}

Outcome PfSelfTest(Context& ctx, Args) {
  if (!PackedRegistersHold()) return ctx.Fail("TESTFAILED packed registers do not hold what was written");
  if (const Outcome estimates = EstimatesHold(ctx); !estimates.ok()) return estimates;
  ctx.reply.Ok();
  return Done();
}

constexpr KeySpec kDebugKey[] = {{.flags = kKeyReadWrite | kKeyAccess, .index = 2}};

constexpr Command kCommands[] = {
    {.name = "pfdebug",
     .arity = Exactly(2),
     .flags = kWrite | kDenyOom | kAdmin,
     .categories = kCatHyperLogLog,
     .keys = kDebugKey,
     .run = PfDebug,
     .since = "2.8.9",
     .group = "hyperloglog",
     .summary = "Shows how a HyperLogLog is stored, or makes it dense.",
     .complexity = "N/A",
     .syntax = "subcommand key#0",
     .is_internal = true},
    {.name = "pfselftest",
     .arity = Exactly(0),
     .flags = kAdmin,
     .categories = kCatHyperLogLog,
     .run = PfSelfTest,
     .since = "2.8.9",
     .group = "hyperloglog",
     .summary = "Tests HyperLogLogs themselves.",
     .complexity = "N/A",
     .is_internal = true},
};

}  // namespace

Table HyperLogLogDebugCommands() { return kCommands; }

}  // namespace zedis::commands

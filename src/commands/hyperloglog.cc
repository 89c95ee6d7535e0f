// HyperLogLogs: PFADD PFCOUNT PFMERGE. PFDEBUG and PFSELFTEST are in hyperloglog_debug.cc.

#include "commands/hyperloglog_value.h"
#include "commands/tables.h"
#include "engine/context.h"
#include "types/hyperloglog_dense.h"
#include "types/hyperloglog_sparse.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;
using types::HllEditor;
using types::HllRegisters;

constexpr Event kAddEvent{base::kNotifyString, "pfadd"};
// PFCOUNT changes the bytes of the value, so it must go through the door, but nobody is notified of it.
constexpr Event kRememberEvent{base::NotifyFlag{}, "pfcount"};

HllEditor EditorOf(const Context& ctx, std::string bytes) {
  return {std::move(bytes), static_cast<std::uint64_t>(ctx.tunables.hll_sparse_max_bytes.Get())};
}

// How many of the elements raised a register.
std::uint64_t AddToDense(char* bytes, Args elements) {
  std::uint64_t raised = 0;
  for (const std::string_view element : elements) {
    raised += types::RaiseDenseRegister(bytes + types::kHllHeaderBytes, types::HllPlaceOf(element)) ? 1 : 0;
  }
  if (raised > 0) types::HllForget(bytes);
  return raised;
}

Expected<std::uint64_t> AddTo(HllEditor& editor, Args elements) {
  std::uint64_t raised = 0;
  for (const std::string_view element : elements) {
    switch (editor.Raise(types::HllPlaceOf(element))) {
      case HllEditor::Change::kNone:
        break;
      case HllEditor::Change::kRaised:
        ++raised;
        break;
      case HllEditor::Change::kCorrupted:
        return std::unexpected(&kCorruptedHyperLogLog);
    }
  }
  return raised;
}

Expected<std::uint64_t> AddElements(Context& ctx, const Key& key, Args elements) {
  Entry* entry = ctx.FindForWrite(key);
  if (entry == nullptr) {
    HllEditor editor = EditorOf(ctx, types::EmptyHyperLogLog());
    editor.Forget();
    TRY(const std::uint64_t raised, AddTo(editor, elements));
    ReplaceBytes(ctx, key, nullptr, editor.Bytes());
    return raised + 1;
  }
  TRY(const std::string_view bytes, HyperLogLogOf(*entry));
  if (types::HllEncodingOf(bytes) == types::HllEncoding::kDense) {
    return AddToDense(EditHyperLogLog(ctx, key, entry), elements);
  }
  HllEditor editor = EditorOf(ctx, std::string(bytes));
  TRY(const std::uint64_t raised, AddTo(editor, elements));
  raised > 0 ? ReplaceBytes(ctx, key, entry, editor.Bytes()) : static_cast<void>(EditHyperLogLog(ctx, key, entry));
  return raised;
}

Outcome PfAdd(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const std::uint64_t changes, AddElements(ctx, key, args.subspan(2)));
  if (changes > 0) ctx.Changed(key, kAddEvent, changes);
  ctx.reply.Integer(changes > 0 ? 1 : 0);
  return Done();
}

Outcome CountOne(Context& ctx, const Key& key) {
  Entry* entry = ctx.Find(key);
  std::uint64_t count = 0;
  if (entry != nullptr) {
    TRY(const std::string_view bytes, HyperLogLogOf(*entry));
    const auto remembered = types::HllRemembered(bytes);
    const auto counted = remembered ? remembered : types::HllCount(bytes);
    if (!counted) return kCorruptedHyperLogLog;
    count = *counted;
    char* const edited = EditHyperLogLog(ctx, key, entry);
    if (!remembered) {
      types::HllRemember(edited, count);
      ctx.Changed(key, kRememberEvent);
    }
  }
  ctx.reply.Integer(static_cast<std::int64_t>(count));
  return Done();
}

// Raises `registers` to those of the key; nothing if there is no such key. The encoding that was met, else.
Expected<std::optional<types::HllEncoding>> MergeKey(Context& ctx, const Key& key, HllRegisters& registers) {
  const Entry* entry = ctx.Find(key);
  if (entry == nullptr) return std::nullopt;
  TRY(const std::string_view bytes, HyperLogLogOf(*entry));
  if (!types::HllMerge(bytes, registers)) return std::unexpected(&kCorruptedHyperLogLog);
  return types::HllEncodingOf(bytes);
}

Outcome PfCount(Context& ctx, Args args) {
  if (args.size() == 2) return CountOne(ctx, ctx.KeyAt(args, 1));
  HllRegisters registers{};
  for (std::size_t i = 1; i < args.size(); ++i) {
    TRY([[maybe_unused]] const auto encoding, MergeKey(ctx, ctx.KeyAt(args, i), registers));
  }
  ctx.reply.Integer(static_cast<std::int64_t>(types::HllEstimate(types::HllHistogramOf(registers))));
  return Done();
}

// The target is one of those that are merged. It becomes dense if any of them is.
Outcome PfMerge(Context& ctx, Args args) {
  HllRegisters registers{};
  bool dense = false;
  for (std::size_t i = 1; i < args.size(); ++i) {
    TRY(const auto encoding, MergeKey(ctx, ctx.KeyAt(args, i), registers));
    dense = dense || encoding == types::HllEncoding::kDense;
  }
  const Key target = ctx.KeyAt(args, 1);
  Entry* entry = ctx.FindForWrite(target);
  HllEditor editor =
      EditorOf(ctx, entry != nullptr ? std::string(StringText(*entry).view()) : types::EmptyHyperLogLog());
  editor.Forget();
  if (!editor.Raise(registers, dense)) return kCorruptedHyperLogLog;
  ReplaceBytes(ctx, target, entry, editor.Bytes());
  ctx.Changed(target, kAddEvent);
  ctx.reply.Ok();
  return Done();
}

constexpr KeySpec kAddKey[] = {{.flags = kKeyReadWrite | kKeyInsert}};
constexpr KeySpec kCountKeys[] = {
    {.flags = kKeyReadWrite | kKeyAccess,
     .last = -1,
     .notes = "RW because it may change the internal representation of the key, and propagate to replicas"}};
constexpr KeySpec kMergeKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyInsert},
                                  {.flags = kKeyReadOnly | kKeyAccess, .index = 2, .last = -1}};

constexpr Command kCommands[] = {
    {.name = "pfadd",
     .arity = AtLeast(1),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatHyperLogLog,
     .keys = kAddKey,
     .run = PfAdd,
     .since = "2.8.9",
     .group = "hyperloglog",
     .summary = "Counts elements in a HyperLogLog, which is made if it does not exist.",
     .complexity = "O(1) for each element",
     .syntax = "key#0 [element...]"},
    {.name = "pfcount",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatHyperLogLog,
     .keys = kCountKeys,
     .run = PfCount,
     .since = "2.8.9",
     .group = "hyperloglog",
     .summary = "Estimates how many different elements one HyperLogLog has seen, or several together.",
     .complexity = "O(1) for one key that has not changed since it was counted, else O(N), N being the keys, each "
                   "16384 registers",
     .syntax = "key#0..."},
    {.name = "pfmerge",
     .arity = AtLeast(1),
     .flags = kWrite | kDenyOom,
     .categories = kCatHyperLogLog,
     .keys = kMergeKeys,
     .run = PfMerge,
     .since = "2.8.9",
     .group = "hyperloglog",
     .summary = "Makes a HyperLogLog that has seen what it and others have seen.",
     .complexity = "O(N), N being the keys, each 16384 registers",
     .syntax = "destkey#0 sourcekey#1..."},
};

}  // namespace

Table HyperLogLogCommands() { return kCommands; }

}  // namespace zedis::commands

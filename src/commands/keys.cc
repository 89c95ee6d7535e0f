// Keys as such, whatever they hold: deleting, asking for, touching.
#include "commands/tables.h"
#include "engine/context.h"
#include "store/value_ops.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Entry;
using store::Key;

// DEL and UNLINK: large values are freed in slices after both.
Outcome Delete(Context& ctx, Args args) {
  std::int64_t deleted = 0;
  for (std::size_t i = 1; i < args.size(); ++i) {
    const Key key = ctx.KeyAt(args, i);
    if (ctx.Peek(key) == nullptr) continue;
    ctx.Erase(key);
    ctx.Changed(key, {base::kNotifyGeneric, "del"});
    ++deleted;
  }
  ctx.reply.Integer(deleted);
  return Done();
}

Outcome Exists(Context& ctx, Args args) {
  std::int64_t found = 0;
  for (std::size_t i = 1; i < args.size(); ++i) found += ctx.Inspect(ctx.KeyAt(args, i)) != nullptr ? 1 : 0;
  ctx.reply.Integer(found);
  return Done();
}

Outcome Touch(Context& ctx, Args args) {
  std::int64_t found = 0;
  for (std::size_t i = 1; i < args.size(); ++i) {
    Entry* entry = ctx.Inspect(ctx.KeyAt(args, i));
    if (entry == nullptr) continue;
    ctx.NoteAccess(entry);  // for a client with NO-TOUCH too: that is what it asks for
    ++found;
  }
  ctx.reply.Integer(found);
  return Done();
}

Outcome Type(Context& ctx, Args args) {
  const Entry* entry = ctx.Inspect(ctx.KeyAt(args, 1));
  ctx.reply.SimpleString(entry != nullptr ? store::RowOf(entry->type()).name : "none");
  return Done();
}

constexpr KeySpec kDeletedKeys[] = {{.flags = kKeyRemove | kKeyDelete, .last = -1}};
constexpr KeySpec kNamedKey[] = {{.flags = kKeyReadOnly}};
constexpr KeySpec kNamedKeys[] = {{.flags = kKeyReadOnly, .last = -1}};
constexpr std::string_view kSummed[] = {"request_policy:multi_shard", "response_policy:agg_sum"};

constexpr Command kKeyCommands[] = {
    {.name = "del",
     .arity = AtLeast(1),
     .flags = kWrite,
     .categories = kCatKeyspace,
     .keys = kDeletedKeys,
     .run = Delete,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Deletes keys and says how many there were.",
     .complexity = "O(N) with N keys; large values are freed in the background.",
     .tips = kSummed,
     .syntax = "key#0..."},
    {.name = "unlink",
     .arity = AtLeast(1),
     .flags = kWrite | kFast,
     .categories = kCatKeyspace,
     .keys = kDeletedKeys,
     .run = Delete,
     .since = "4.0.0",
     .group = "generic",
     .summary = "Deletes keys and leaves freeing their values to the background.",
     .complexity = "O(N) with N keys; large values are freed in the background.",
     .tips = kSummed,
     .syntax = "key#0..."},
    {.name = "exists",
     .arity = AtLeast(1),
     .flags = kReadonly | kFast,
     .categories = kCatKeyspace,
     .keys = kNamedKeys,
     .run = Exists,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Counts those of the named keys that exist.",
     .complexity = "O(N) with N keys.",
     .tips = kSummed,
     .syntax = "key#0...",
     .history = "3.0.3 Several keys."},
    {.name = "touch",
     .arity = AtLeast(1),
     .flags = kReadonly | kFast,
     .categories = kCatKeyspace,
     .keys = kNamedKeys,
     .run = Touch,
     .since = "3.2.1",
     .group = "generic",
     .summary = "Makes keys count as accessed now and says how many exist.",
     .complexity = "O(N) with N keys.",
     .tips = kSummed,
     .syntax = "key#0..."},
    {.name = "type",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatKeyspace,
     .keys = kNamedKey,
     .run = Type,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Names the type of the value that a key holds.",
     .complexity = "O(1)",
     .syntax = "key#0"},
};

}  // namespace

Table KeyCommands() { return kKeyCommands; }

}  // namespace zedis::commands

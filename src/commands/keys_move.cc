// Values that change their key or database: RENAME, COPY, MOVE. Time to live and access clock travel along.
#include "commands/database_argument.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "store/carried_value.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::CarriedValue;
using store::Key;

template <bool kOnlyIfFree>
Outcome Rename(Context& ctx, Args args) {
  const Key from = ctx.KeyAt(args, 1);
  const Key to = ctx.KeyAt(args, 2);
  if (ctx.FindForWrite(from) == nullptr) return kNoSuchKey;
  const bool refused = kOnlyIfFree && ctx.FindForWrite(to) != nullptr;  // also when both are the same key
  if (!refused && from.bytes != to.bytes) {
    CarriedValue value;
    value.Take(ctx.DatabaseOf(from), from, ctx.Peek(from));
    value.PutInto(ctx.DatabaseOf(to), to);
    ctx.ReportNew(to, ctx.session->database.Get());  // what was there before has been deleted
    ctx.Changed(from, {base::kNotifyGeneric, "rename_from"}, 0);
    ctx.Changed(to, {base::kNotifyGeneric, "rename_to"});
  }
  kOnlyIfFree ? ctx.reply.Integer(refused ? 0 : 1) : ctx.reply.Ok();
  return Done();
}

struct CopyOptions {
  int database = 0;
  bool replace = false;
};

Expected<CopyOptions> ParseCopyOptions(Context& ctx, Args args) {
  CopyOptions options{.database = ctx.session->database.Get()};
  OptionCursor cursor(args, 3);
  while (!cursor.done()) {
    if (cursor.Take("replace")) {
      options.replace = true;
    } else if (cursor.TakeWith("db", 1)) {
      TRY(options.database, ParseDatabase(ctx, cursor.Next()));
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  return options;
}

Outcome Copy(Context& ctx, Args args) {
  TRY(const CopyOptions options, ParseCopyOptions(ctx, args));
  const Key from = ctx.KeyAt(args, 1);
  const Key to = ctx.KeyAt(args, 2);
  if (options.database == ctx.session->database.Get() && from.bytes == to.bytes) return kSameObject;
  if (ctx.Find(from) == nullptr || (ctx.FindIn(to, options.database, false) != nullptr && !options.replace)) {
    ctx.reply.Integer(0);
    return Done();
  }
  CarriedValue value;
  value.Duplicate(*ctx.Peek(from));
  value.PutInto(ctx.keyspace.DatabaseOf(to, options.database), to, ctx.access_clock);
  ctx.ReportNew(to, options.database);
  ctx.ChangedIn(to, options.database, {base::kNotifyGeneric, "copy_to"});
  ctx.reply.Integer(1);
  return Done();
}

Outcome Move(Context& ctx, Args args) {
  TRY(const int database, ParseDatabase(ctx, args[2]));
  if (database == ctx.session->database.Get()) return kSameObject;
  const Key key = ctx.KeyAt(args, 1);
  if (ctx.FindForWrite(key) == nullptr || ctx.FindIn(key, database, false) != nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  CarriedValue value;
  value.Take(ctx.DatabaseOf(key), key, ctx.Peek(key));
  value.PutInto(ctx.keyspace.DatabaseOf(key, database), key);
  ctx.ReportNew(key, database);
  ctx.Changed(key, {base::kNotifyGeneric, "move_from"}, 0);
  ctx.ChangedIn(key, database, {base::kNotifyGeneric, "move_to"});
  ctx.reply.Integer(1);
  return Done();
}

constexpr KeySpec kRenameKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete},
                                   {.flags = kKeyOverwrite | kKeyUpdate, .index = 2}};
constexpr KeySpec kRenameNxKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyDelete},
                                     {.flags = kKeyOverwrite | kKeyInsert, .index = 2}};
constexpr KeySpec kCopyKeys[] = {{.flags = kKeyReadOnly | kKeyAccess},
                                 {.flags = kKeyOverwrite | kKeyUpdate, .index = 2}};
constexpr KeySpec kMoveKeys[] = {{.flags = kKeyReadWrite | kKeyAccess | kKeyUpdate}};

constexpr Command kMoveCommands[] = {
    {.name = "rename",
     .arity = Exactly(2),
     .flags = kWrite,
     .categories = kCatKeyspace,
     .keys = kRenameKeys,
     .run = Rename<false>,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Gives a key another name; what had that name before is gone.",
     .complexity = "O(1)",
     .syntax = "key#0 newkey#1"},
    {.name = "renamenx",
     .arity = Exactly(2),
     .flags = kWrite | kFast,
     .categories = kCatKeyspace,
     .keys = kRenameNxKeys,
     .run = Rename<true>,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Gives a key another name unless that is taken.",
     .complexity = "O(1)",
     .syntax = "key#0 newkey#1",
     .history = "3.2.0 Source and destination may be the same."},
    {.name = "copy",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom,
     .categories = kCatKeyspace,
     .keys = kCopyKeys,
     .run = Copy,
     .since = "6.2.0",
     .group = "generic",
     .summary = "Copies the value of a key to another key, also of another database.",
     .complexity = "O(N) with N elements in the value.",
     .syntax = "source#0 destination#1 [DB destination-db:int] [REPLACE]"},
    {.name = "move",
     .arity = Exactly(2),
     .flags = kWrite | kFast,
     .categories = kCatKeyspace,
     .keys = kMoveKeys,
     .run = Move,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Moves a key to another database unless it is taken there.",
     .complexity = "O(1)",
     .syntax = "key#0 db:int"},
};

}  // namespace

Table MoveCommands() { return kMoveCommands; }

}  // namespace zedis::commands

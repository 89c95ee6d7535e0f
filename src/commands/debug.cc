// DEBUG: what tests of clients and servers ask for. Redis has no rows for its subcommands, so there are none here.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <thread>

#include "base/glob.h"
#include "commands/dataset_digest.h"
#include "commands/help.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "engine/visit.h"
#include "rdb/payload.h"
#include "store/value_ops.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Database;
using store::Entry;
using store::Key;

// All locks, for a command that takes them only in some of its forms.
class WholeKeyspace {
 public:
  explicit WholeKeyspace(LockSet& locks) : locks_(locks), lock_(!locks.holds_all()) {
    if (lock_) locks_.LockAll();
  }
  ~WholeKeyspace() {
    if (lock_) locks_.UnlockAll();
  }
  WholeKeyspace(const WholeKeyspace&) = delete;
  WholeKeyspace& operator=(const WholeKeyspace&) = delete;

 private:
  LockSet& locks_;
  const bool lock_;
};

// Calls visit(const Entry*) with the lock of its shard; null if there is no such key.
template <class Visit>
void VisitKey(Context& ctx, std::string_view name, Visit visit) {
  const Key key = ctx.keyspace.MakeKey(name);
  VisitShard(ctx, ctx.keyspace.ShardOf(key), [&](int) { visit(ctx.Peek(key)); });
}

// Stops the whole server, as Redis does: other workers stand still at the first key that they need.
Outcome Sleep(Context& ctx, Args args) {
  double seconds = 0;
  std::from_chars(args[2].data(), args[2].data() + args[2].size(), seconds);
  if (seconds > 0) {
    const auto duration_us = static_cast<std::int64_t>(std::min(seconds, 1e9) * 1e6);
    const WholeKeyspace stop(ctx.locks);
    std::this_thread::sleep_for(std::chrono::microseconds(duration_us));
    ctx.SetTime(ctx.now_ms + duration_us / 1000);
  }
  ctx.reply.Ok();
  return Done();
}

Outcome ShowObject(Context& ctx, Args args) {
  bool found = false;
  std::string text;
  VisitKey(ctx, args[2], [&](const Entry* entry) {
    found = entry != nullptr;
    if (!found) return;
    const bool far = entry->storage() == store::Storage::kFar;
    text = fmt::format("Value at:{} refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
                       fmt::ptr(far ? entry->far() : entry), store::EncodingName(*entry, ctx.tunables),
                       rdb::SerializedLength(*entry, ctx.tunables), entry->access(),
                       store::IdleSeconds(entry->access(), ctx.now_ms));
  });
  if (!found) return kNoSuchKey;
  ctx.reply.SimpleString(text);
  return Done();
}

// Any text that does not begin with a number other than 0 means off, as atoi reads it.
Outcome SetActiveExpire(Context& ctx, Args args) {
  int on = 0;
  std::from_chars(args[2].data(), args[2].data() + args[2].size(), on);
  ctx.keyspace.SetSweeping(on != 0);
  ctx.reply.Ok();
  return Done();
}

Outcome MatchString(Context& ctx, Args args) {
  ctx.reply.Integer(base::GlobMatch(args[2], args[3]) ? 1 : 0);
  return Done();
}

void AddDatabase(Context& ctx, int number, DatasetDigest& digest) {
  bool empty = true;
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
    Database& database = ctx.keyspace.database(shard, number);
    database.index().ForEach([&](Database::Slot slot) {
      const Entry& entry = *database.At(slot);
      if (entry.ExpiredAt(ctx.now_ms)) return;
      if (empty) digest.MixNumber(static_cast<std::uint32_t>(number));
      empty = false;
      DatasetDigest one;
      one.Mix(entry.key());
      one.MixEntry(entry);
      digest.Add(one);
    });
  }
}

Outcome Digest(Context& ctx, Args) {
  const WholeKeyspace all(ctx.locks);
  DatasetDigest digest;
  for (int database = 0; database < ctx.keyspace.databases(); ++database) AddDatabase(ctx, database, digest);
  ctx.reply.SimpleString(digest.Hex());
  return Done();
}

Outcome DigestValue(Context& ctx, Args args) {
  ctx.reply.ArrayHeader(args.size() - 2);
  for (const std::string_view name : args.subspan(2)) {
    DatasetDigest digest;
    VisitKey(ctx, name, [&](const Entry* entry) {
      if (entry != nullptr) digest.MixEntry(*entry);
    });
    ctx.reply.SimpleString(digest.Hex());
  }
  return Done();
}

constexpr std::string_view kHelp[] = {
    "DIGEST",
    "    Prints a digest of all keys and values of all databases.",
    "DIGEST-VALUE <key> [<key> ...]",
    "    Prints a digest of the value of each key.",
    "OBJECT <key>",
    "    Shows how the value of a key is stored.",
    "SET-ACTIVE-EXPIRE <0|1>",
    "    With 0, keys that are due are erased only when somebody asks for them.",
    "SLEEP <seconds>",
    "    Stops the server for so long. Decimals are allowed.",
    "STRINGMATCH-LEN <pattern> <string>",
    "    Tells by 1 or 0 whether the glob pattern matches.",
};

struct Subcommand {
  std::string_view name;
  Arity arity;  // of the arguments behind the name
  Handler run;
};

constexpr Subcommand kSubcommands[] = {
    {"digest", Exactly(1), Digest},
    {"digest-value", AtLeast(1), DigestValue},
    {"help", Exactly(1), ReplyHelp},
    {"object", Exactly(2), ShowObject},
    {"set-active-expire", Exactly(2), SetActiveExpire},
    {"sleep", Exactly(2), Sleep},
    {"stringmatch-len", Exactly(3), MatchString},
};

Outcome Debug(Context& ctx, Args args) {
  for (const Subcommand& subcommand : kSubcommands) {
    if (EqualsIgnoreCase(subcommand.name, args[1]) && subcommand.arity.Accepts(args.size())) {
      return subcommand.run(ctx, args);
    }
  }
  return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try DEBUG HELP.", Shown(args[1]));
}

constexpr Command kDebugCommands[] = {
    {.name = "debug",
     .arity = AtLeast(1),
     .flags = kAdmin | kNoScript | kLoading | kStale | kProtected,
     .locks = Locks::kVisit,
     .run = Debug,
     .since = "1.0.0",
     .group = "server",
     .summary = "Groups what tests and the search for mistakes need.",
     .complexity = "Depends on the subcommand.",
     .is_internal = true,
     .help = kHelp},
};

}  // namespace

Table DebugCommands() { return kDebugCommands; }

}  // namespace zedis::commands

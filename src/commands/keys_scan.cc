// Commands that walk over a whole database: KEYS, SCAN, RANDOMKEY, DBSIZE. They visit one shard at a time and hold its
// lock for some tens of microseconds, so that they stop nobody, however large the database is.
#include <algorithm>
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/scan_options.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"
#include "engine/visit.h"
#include "store/value_ops.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using base::kPositionEnd;
using store::Database;
using store::Entry;
using store::Key;

// A segment holds some 500 entries, which are cold: reading their keys takes about 15 us.
constexpr int kSegmentsPerLock = 4;
constexpr std::uint64_t kKeysPerLock = 256;

// --- KEYS ---

bool HasWildcard(std::string_view pattern) { return pattern.find_first_of("*?[\\") != std::string_view::npos; }

void ReplyOneKey(Context& ctx, std::string_view name) {
  const Key key = ctx.keyspace.MakeKey(name);
  bool found = false;
  VisitShard(ctx, ctx.keyspace.ShardOf(key), [&](int) { found = ctx.Peek(key) != nullptr; });
  ctx.reply.ArrayHeader(found ? 1 : 0);
  if (found) ctx.reply.Bulk(name);
}

// Calls visit(const Entry&) for every live key. What is there throughout is visited exactly once.
template <class Visit>
void ForEachKeyOf(Context& ctx, int number, Visit visit) {
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
    for (std::uint64_t position = 0; position < kPositionEnd;) {
      VisitShard(ctx, shard, [&](int) {
        Database& database = ctx.keyspace.database(shard, number);
        int left = kSegmentsPerLock;
        position = database.index().ForEachSegment(position, [&](const base::IndexSegment& segment, std::uint64_t) {
          database.index().ForEachIn(segment, [&](Database::Slot slot) {
            const Entry* entry = database.At(slot);
            if (!entry->ExpiredAt(ctx.now_ms)) visit(*entry);
          });
          return --left > 0;
        });
      });
    }
  }
}

Outcome Keys(Context& ctx, Args args) {
  const std::string_view pattern = args[1];
  if (!HasWildcard(pattern)) {
    ReplyOneKey(ctx, pattern);
    return Done();
  }
  const bool all = base::GlobMatchesEverything(pattern);
  const resp::DeferredHeader header = ctx.reply.DeferArray();
  std::uint64_t count = 0;
  ForEachKeyOf(ctx, ctx.session->database.Get(), [&](const Entry& entry) {
    if (!all && !base::GlobMatch(pattern, entry.key())) return;
    ctx.reply.Bulk(entry.key());
    ++count;
  });
  ctx.reply.CloseArray(header, count);
  return Done();
}

// --- SCAN ---

// A cursor is the number of a shard and a position in its index.
struct Cursor {
  int shard = 0;
  std::uint64_t position = 0;
};

bool Accepts(const ScanOptions& options, const Entry& entry) {
  if (!options.AcceptsName(entry.key())) return false;
  return options.any_type || EqualsIgnoreCase(store::RowOf(entry.type()).name, options.type);
}

class Scan {
 public:
  Scan(Context& ctx, const ScanOptions& options, Cursor cursor)
      : ctx_(ctx),
        options_(options),
        cursor_(cursor),
        database_(ctx.session->database.Get()),
        buckets_left_(options.BucketsMax()) {}

  // Goes on until COUNT keys were seen, ten times as many buckets were looked at, or the end is reached. Shards
  // without keys cost no more than their lock.
  void Run() {
    const int shards = ctx_.keyspace.shards();
    while (cursor_.shard < shards && seen_ < options_.count && buckets_left_ > 0) {
      VisitShard(ctx_, cursor_.shard, [&](int) { RunSlice(); });
      if (cursor_.position >= kPositionEnd) cursor_ = {.shard = cursor_.shard + 1};
    }
  }

  void Reply() const {
    const bool ended = cursor_.shard >= ctx_.keyspace.shards();
    const std::uint64_t next =
        ended ? 0 : static_cast<std::uint64_t>(cursor_.shard) << base::kPositionBits | cursor_.position;
    ctx_.reply.ArrayHeader(2);
    ReplyCursor(ctx_.reply, next);
    ctx_.reply.ArrayHeader(sizes_.size());
    std::size_t at = 0;
    for (const std::size_t size : sizes_) {
      ctx_.reply.Bulk(std::string_view(keys_).substr(at, size));
      at += size;
    }
  }

 private:
  // Part of one shard, under its lock.
  void RunSlice() {
    Database& database = ctx_.keyspace.database(cursor_.shard, database_);
    if (database.size() == 0) {
      cursor_.position = kPositionEnd;
      return;
    }
    expired_.clear();
    const std::uint64_t seen_max = std::min(options_.count, seen_ + kKeysPerLock);
    while (cursor_.position < kPositionEnd && seen_ < seen_max && buckets_left_ > 0) {
      --buckets_left_;
      cursor_.position = database.index().Scan(cursor_.position, [&](Database::Slot slot) {
        ++seen_;
        const Entry& entry = *database.At(slot);
        if (entry.ExpiredAt(ctx_.now_ms)) {
          expired_.push_back(slot.handle());
        } else if (Accepts(options_, entry)) {
          sizes_.push_back(entry.key().size());
          keys_ += entry.key();
        }
      });
    }
    ctx_.ExpireAll(cursor_.shard, database_, expired_);
  }

  Context& ctx_;
  const ScanOptions& options_;
  Cursor cursor_;
  const int database_;
  std::uint64_t seen_ = 0;
  std::uint64_t buckets_left_;
  std::string keys_;  // one after the other: the reply begins with the cursor, which is known last
  std::vector<std::size_t> sizes_;
  std::vector<base::Arena::Handle> expired_;
};

Outcome ScanKeys(Context& ctx, Args args) {
  TRY(const std::uint64_t number, ParseCursor(args[1]));
  TRY(const ScanOptions options, ParseScanOptions(args, 2, ScanOf::kKeys));
  const std::uint64_t shard = number >> base::kPositionBits;
  const auto shards = static_cast<std::uint64_t>(ctx.keyspace.shards());
  Cursor cursor{.shard = static_cast<int>(std::min(shard, shards)), .position = number & (kPositionEnd - 1)};
  Scan scan(ctx, options, cursor);
  scan.Run();
  scan.Reply();
  return Done();
}

// --- DBSIZE and RANDOMKEY ---

// The keys of one shard's part of a database that are not due. O(1) if none is; a segment is counted as of when it
// is looked at.
std::size_t CountLive(Context& ctx, int shard, int number) {
  std::size_t live = 0;
  for (std::uint64_t position = 0; position < kPositionEnd;) {
    VisitShard(ctx, shard, [&](int) {
      position = ctx.keyspace.database(shard, number).CountLive(position, kSegmentsPerLock, ctx.now_ms, live);
    });
  }
  return live;
}

Outcome DbSize(Context& ctx, Args) {
  std::size_t live = 0;
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard)
    live += CountLive(ctx, shard, ctx.session->database.Get());
  ctx.reply.Integer(static_cast<std::int64_t>(live));
  return Done();
}

// A key of this shard that is not due, each as likely as any other; null if there is none. Under the shard's lock.
// Expected O(keys / live keys) for the first part; the walk is for shards full of keys that are due.
const Entry* PickLive(Context& ctx, Database& database) {
  constexpr int kPicksMax = 64;
  for (int i = 0; i < kPicksMax && database.size() > 0; ++i) {
    const Entry* entry = database.At(database.index().Pick([&] { return ctx.Random(); }));
    if (!entry->ExpiredAt(ctx.now_ms)) return entry;
  }
  const Entry* chosen = nullptr;
  std::uint64_t live = 0;
  database.index().ForEach([&](Database::Slot slot) {
    const Entry* entry = database.At(slot);
    if (!entry->ExpiredAt(ctx.now_ms) && ctx.Random() % ++live == 0) chosen = entry;
  });
  return chosen;
}

// One pass over the shards: a key of the shard just counted replaces the one chosen so far with the probability of
// its share of all keys counted, which makes every key as likely as any other.
Outcome RandomKey(Context& ctx, Args) {
  const int number = ctx.session->database.Get();
  std::uint64_t counted = 0;
  std::string chosen;
  bool found = false;
  for (int shard = 0; shard < ctx.keyspace.shards(); ++shard) {
    const std::uint64_t live = CountLive(ctx, shard, number);
    counted += live;
    if (live == 0 || ctx.Random() % counted >= live) continue;
    VisitShard(ctx, shard, [&](int) {
      const Entry* entry = PickLive(ctx, ctx.keyspace.database(shard, number));
      if (entry == nullptr) return;  // they have gone since they were counted
      chosen = entry->key();
      found = true;
    });
  }
  found ? ctx.reply.Bulk(chosen) : ctx.reply.NullBulk();
  return Done();
}

constexpr std::string_view kKeysTips[] = {"request_policy:all_shards", "nondeterministic_output_order"};
constexpr std::string_view kScanTips[] = {"nondeterministic_output", "request_policy:special",
                                          "response_policy:special"};
constexpr std::string_view kRandomTips[] = {"request_policy:all_shards", "response_policy:special",
                                            "nondeterministic_output"};
constexpr std::string_view kSummed[] = {"request_policy:all_shards", "response_policy:agg_sum"};

constexpr Command kScanCommands[] = {
    {.name = "keys",
     .arity = Exactly(1),
     .flags = kReadonly,
     .categories = kCatKeyspace | kCatDangerous,
     .locks = Locks::kVisit,
     .run = Keys,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Lists the keys whose names match a pattern.",
     .complexity = "O(N) with N keys in the database; O(1) for a pattern without wildcards.",
     .tips = kKeysTips,
     .syntax = "pattern:pattern"},
    {.name = "scan",
     .arity = AtLeast(1),
     .flags = kReadonly,
     .categories = kCatKeyspace,
     .locks = Locks::kVisit,
     .run = ScanKeys,
     .since = "2.8.0",
     .group = "generic",
     .summary = "Lists the keys of the database, some at each call.",
     .complexity = "O(1) for each call, O(N) for all of N keys.",
     .tips = kScanTips,
     .syntax = "cursor:int [MATCH pattern:pattern] [COUNT count:int] [TYPE type@6.0.0]",
     .history = "6.0.0 TYPE."},
    {.name = "randomkey",
     .arity = Exactly(0),
     .flags = kReadonly,
     .categories = kCatKeyspace,
     .locks = Locks::kVisit,
     .run = RandomKey,
     .since = "1.0.0",
     .group = "generic",
     .summary = "Returns any key of the database, each as likely as any other.",
     .complexity = "O(1) for each shard.",
     .tips = kRandomTips},
    {.name = "dbsize",
     .arity = Exactly(0),
     .flags = kReadonly | kFast,
     .categories = kCatKeyspace,
     .locks = Locks::kVisit,
     .run = DbSize,
     .since = "1.0.0",
     .group = "server",
     .summary = "Counts the keys of the database.",
     .complexity = "O(1) for each shard; more where keys are due that have not been erased yet.",
     .tips = kSummed},
};

}  // namespace

Table ScanCommands() { return kScanCommands; }

}  // namespace zedis::commands

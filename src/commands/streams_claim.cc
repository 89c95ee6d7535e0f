// Streams: what is pending in a group, and taking it over from consumers that do not come back.
#include <algorithm>
#include <vector>

#include "commands/stream_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Key;
using types::PendingEntry;
using types::PendingMap;
using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;

struct StreamAndGroup {
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
};

// The group named by args[2] of the stream at args[1].
Expected<StreamAndGroup> FindGroup(Context& ctx, Args args) {
  TRY(Stream * stream, FindStream(ctx, ctx.KeyAt(args, 1)));
  StreamGroup* group = stream != nullptr ? stream->FindGroup(args[2]) : nullptr;
  if (group == nullptr) return std::unexpected(NoGroup(ctx, args[1], args[2]));
  return StreamAndGroup{stream, group};
}

// --- XPENDING

void ReplySummary(resp::Reply reply, const StreamGroup& group) {
  const PendingMap& pending = group.Pending();
  reply.ArrayHeader(4);
  reply.Integer(static_cast<std::int64_t>(pending.Size()));
  if (pending.Empty()) {
    reply.NullBulk();
    reply.NullBulk();
    reply.NullArray();
    return;
  }
  ReplyId(reply, pending.IdAt(pending.First()));
  ReplyId(reply, pending.IdAt(pending.Last()));
  const auto header = reply.DeferArray();
  std::uint64_t consumers = 0;
  for (const StreamConsumer* consumer : group.Consumers()) {
    if (consumer->Pending().Empty()) continue;
    reply.ArrayHeader(2);
    reply.Bulk(consumer->Name());
    reply.BulkInteger(static_cast<std::int64_t>(consumer->Pending().Size()));
    ++consumers;
  }
  reply.CloseArray(header, consumers);
}

struct PendingOptions {
  std::int64_t idle_min_ms = 0;
  StreamRange range;
  std::int64_t count = 0;
  std::optional<std::string_view> consumer;
};

// [IDLE ms] start end count [consumer]. What follows is not looked at, as in Redis.
Expected<PendingOptions> ParsePendingOptions(Args args) {
  PendingOptions options;
  OptionCursor cursor(args, 3);
  if (cursor.TakeWith("idle", 1)) {
    TRY(options.idle_min_ms, ParseInteger(cursor.Next()));
    if (cursor.left() < 3) return std::unexpected(&kSyntaxError);
  }
  const std::size_t start = cursor.position();
  TRY(options.count, ParseInteger(args[start + 2]));
  TRY(options.range, ParseStreamRange(args[start], args[start + 1]));
  if (start + 3 < args.size()) options.consumer = args[start + 3];
  return options;
}

void ReplyPending(Context& ctx, const PendingMap& pending, const PendingOptions& options) {
  const auto header = ctx.reply.DeferArray();
  std::int64_t replied = 0;
  for (PendingMap::Cursor at = pending.LowerBound(options.range.from);
       replied < options.count && at != pending.End() && pending.IdAt(at) <= options.range.to; at = pending.After(at)) {
    const PendingEntry& entry = *pending.At(at);
    const std::int64_t idle_ms = ctx.now_ms - entry.delivered_at_ms;
    if (options.idle_min_ms != 0 && idle_ms < options.idle_min_ms) continue;
    ++replied;
    ctx.reply.ArrayHeader(4);
    ReplyId(ctx.reply, pending.IdAt(at));
    ctx.reply.Bulk(entry.consumer->Name());
    ctx.reply.Integer(std::max<std::int64_t>(idle_ms, 0));
    ctx.reply.Integer(static_cast<std::int64_t>(entry.deliveries));
  }
  ctx.reply.CloseArray(header, static_cast<std::uint64_t>(replied));
}

Outcome Xpending(Context& ctx, Args args) {
  constexpr std::size_t kSummary = 3;
  constexpr std::size_t kExtendedMin = 6;
  constexpr std::size_t kExtendedMax = 9;
  PendingOptions options;
  if (args.size() != kSummary) {
    if (args.size() < kExtendedMin || args.size() > kExtendedMax) return kSyntaxError;
    TRY(options, ParsePendingOptions(args));
  }
  TRY(const StreamAndGroup found, FindGroup(ctx, args));
  if (args.size() == kSummary) {
    ReplySummary(ctx.reply, *found.group);
    return Done();
  }
  const StreamConsumer* consumer = options.consumer ? found.group->FindConsumer(*options.consumer) : nullptr;
  if (options.consumer && consumer == nullptr) {
    ctx.reply.ArrayHeader(0);
  } else {
    ReplyPending(ctx, consumer != nullptr ? consumer->Pending() : found.group->Pending(), options);
  }
  return Done();
}

// --- XCLAIM

constexpr Error kClaimIdleMin{"ERR Invalid min-idle-time argument for XCLAIM"};
constexpr Error kClaimIdle{"ERR Invalid IDLE option argument for XCLAIM"};
constexpr Error kClaimTime{"ERR Invalid TIME option argument for XCLAIM"};
constexpr Error kClaimRetryCount{"ERR Invalid RETRYCOUNT option argument for XCLAIM"};

struct ClaimOptions {
  std::int64_t idle_min_ms = 0;
  std::int64_t deliver_at_ms = 0;
  std::optional<std::int64_t> deliveries = {};
  bool force = false;
  bool just_id = false;
  StreamId last_id = {};
};

// Returns how many of the arguments from the sixth on are ids; what follows them are options.
std::size_t CountIds(Args args) {
  std::size_t count = 0;
  while (5 + count < args.size() && ParseExactStreamId(args[5 + count])) ++count;
  return count;
}

Expected<ClaimOptions> ParseClaimOptions(Context& ctx, Args args, std::size_t ids) {
  ClaimOptions options;
  TRY(const std::int64_t idle_min_ms, ParseInteger(args[4], kClaimIdleMin));
  options.idle_min_ms = std::max<std::int64_t>(idle_min_ms, 0);
  std::optional<std::int64_t> deliver_at_ms;
  for (OptionCursor cursor(args, 5 + ids); !cursor.done();) {
    if (cursor.Take("force")) {
      options.force = true;
    } else if (cursor.Take("justid")) {
      options.just_id = true;
    } else if (cursor.TakeWith("idle", 1)) {
      TRY(const std::int64_t idle_ms, ParseInteger(cursor.Next(), kClaimIdle));
      std::int64_t at_ms = 0;
      deliver_at_ms = __builtin_sub_overflow(ctx.now_ms, idle_ms, &at_ms) ? ctx.now_ms : at_ms;
    } else if (cursor.TakeWith("time", 1)) {
      TRY(deliver_at_ms, ParseInteger(cursor.Next(), kClaimTime));
    } else if (cursor.TakeWith("retrycount", 1)) {
      TRY(const std::int64_t deliveries, ParseInteger(cursor.Next(), kClaimRetryCount));
      options.deliveries = deliveries >= 0 ? std::optional(deliveries) : std::nullopt;
    } else if (cursor.TakeWith("lastid", 1)) {
      TRY(options.last_id, ParseExactStreamId(cursor.Next()));
    } else {
      return std::unexpected(ctx.Fail("ERR Unrecognized XCLAIM option '{}'", Shown(cursor.Next(), SIZE_MAX)));
    }
  }
  // A time that makes no sense, of a client whose clock is ahead for example, is no error.
  const bool sensible = deliver_at_ms && *deliver_at_ms >= 0 && *deliver_at_ms <= ctx.now_ms;
  options.deliver_at_ms = sensible ? *deliver_at_ms : ctx.now_ms;
  return options;
}

bool IdleEnough(Context& ctx, const PendingEntry& entry, std::int64_t idle_min_ms) {
  return idle_min_ms == 0 || ctx.now_ms - entry.delivered_at_ms >= idle_min_ms;
}

// Takes one entry over; null if it stays where it is.
PendingEntry* Claim(Context& ctx, StreamGroup& group, const StreamId& id, StreamConsumer& consumer,
                    const ClaimOptions& options) {
  PendingEntry* entry = group.FindPending(id);
  if (entry == nullptr) {
    if (!options.force) return nullptr;
    group.Deliver(id, &consumer, ctx.now_ms);
    entry = group.FindPending(id);
  } else if (!IdleEnough(ctx, *entry, options.idle_min_ms)) {
    return nullptr;
  }
  group.Assign(id, entry, &consumer);
  entry->delivered_at_ms = options.deliver_at_ms;
  if (options.deliveries) {
    entry->deliveries = static_cast<std::uint64_t>(*options.deliveries);
  } else if (!options.just_id) {
    ++entry->deliveries;
  }
  consumer.active_at_ms = ctx.now_ms;
  return entry;
}

Outcome Xclaim(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const StreamAndGroup found, FindGroup(ctx, args));
  const std::size_t ids = CountIds(args);
  TRY(const ClaimOptions options, ParseClaimOptions(ctx, args, ids));
  StreamGroup& group = *found.group;
  bool changed = options.last_id > group.last_id;
  if (changed) group.last_id = options.last_id;
  StreamConsumer& consumer = SeenConsumer(ctx, key, group, args[3]);
  const auto header = ctx.reply.DeferArray();
  std::uint64_t claimed = 0;
  for (const std::string_view text : args.subspan(5, ids)) {
    const StreamId id = *ParseExactStreamId(text);
    StreamEntry entry;
    if (!found.stream->Find(id, &entry)) {
      // What was deleted is no longer worth claiming.
      changed |= group.Acknowledge(id);
      continue;
    }
    if (Claim(ctx, group, id, consumer, options) == nullptr) continue;
    options.just_id ? ReplyId(ctx.reply, id) : ReplyEntry(ctx.reply, entry);
    ++claimed;
  }
  ctx.reply.CloseArray(header, claimed);
  if (changed || claimed > 0) ctx.Changed(key, {kNotifyNothing, "xclaim", false});
  return Done();
}

// --- XAUTOCLAIM

constexpr Error kAutoClaimIdleMin{"ERR Invalid min-idle-time argument for XAUTOCLAIM"};
constexpr Error kCountMustBePositive{"ERR COUNT must be > 0"};

struct AutoClaimOptions {
  static constexpr std::int64_t kDefaultCount = 100;
  // What a scan looks at for each that it may return.
  static constexpr std::int64_t kAttemptsFactor = 10;
  static constexpr std::int64_t kCountMax = INT64_MAX / 16;

  std::int64_t idle_min_ms = 0;
  StreamId start;
  std::int64_t count = kDefaultCount;
  bool just_id = false;
};

Expected<AutoClaimOptions> ParseAutoClaimOptions(Args args) {
  AutoClaimOptions options;
  TRY(const std::int64_t idle_min_ms, ParseInteger(args[4], kAutoClaimIdleMin));
  options.idle_min_ms = std::max<std::int64_t>(idle_min_ms, 0);
  TRY(options.start, ParseRangeStart(args[5]));
  for (OptionCursor cursor(args, 6); !cursor.done();) {
    if (cursor.TakeWith("count", 1)) {
      TRY(options.count, ParseIntegerIn(cursor.Next(), 1, AutoClaimOptions::kCountMax, kCountMustBePositive));
    } else if (cursor.Take("justid")) {
      options.just_id = true;
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  return options;
}

struct AutoClaimed {
  std::vector<StreamId> claimed;
  std::vector<StreamId> deleted;
  StreamId next;  // where to go on; 0-0 at the end
};

AutoClaimed ClaimIdle(Context& ctx, const StreamAndGroup& found, StreamConsumer& consumer,
                      const AutoClaimOptions& options) {
  AutoClaimed result;
  StreamGroup& group = *found.group;
  const PendingMap& pending = group.Pending();
  const ClaimOptions claim{.idle_min_ms = options.idle_min_ms, .deliver_at_ms = ctx.now_ms, .just_id = options.just_id};
  PendingMap::Cursor at = pending.LowerBound(options.start);
  std::int64_t left = options.count;
  for (std::int64_t attempts = options.count * AutoClaimOptions::kAttemptsFactor;
       attempts > 0 && left > 0 && at != pending.End(); --attempts) {
    const StreamId id = pending.IdAt(at);
    StreamEntry entry;
    if (!found.stream->Find(id, &entry)) {
      group.Acknowledge(id);
      result.deleted.push_back(id);
      at = pending.LowerBound(id);
      --left;
      continue;
    }
    if (Claim(ctx, group, id, consumer, claim) != nullptr) {
      result.claimed.push_back(id);
      --left;
    }
    at = pending.After(at);
  }
  if (at != pending.End()) result.next = pending.IdAt(at);
  return result;
}

Outcome Xautoclaim(Context& ctx, Args args) {
  TRY(const AutoClaimOptions options, ParseAutoClaimOptions(args));
  const Key key = ctx.KeyAt(args, 1);
  TRY(const StreamAndGroup found, FindGroup(ctx, args));
  StreamConsumer& consumer = SeenConsumer(ctx, key, *found.group, args[3]);
  const AutoClaimed result = ClaimIdle(ctx, found, consumer, options);
  ctx.reply.ArrayHeader(3);
  ReplyId(ctx.reply, result.next);
  ctx.reply.ArrayHeader(result.claimed.size());
  for (const StreamId& id : result.claimed) {
    StreamEntry entry;
    if (options.just_id) {
      ReplyId(ctx.reply, id);
    } else if (found.stream->Find(id, &entry)) {
      ReplyEntry(ctx.reply, entry);
    }
  }
  ctx.reply.ArrayHeader(result.deleted.size());
  for (const StreamId& id : result.deleted) ReplyId(ctx.reply, id);
  if (!result.claimed.empty() || !result.deleted.empty()) ctx.Changed(key, {kNotifyNothing, "xautoclaim", false});
  return Done();
}

// --- The table

constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};
constexpr std::string_view kNondeterministic[] = {"nondeterministic_output"};

constexpr Command kStreamClaimCommands[] = {
    {.name = "xpending",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatStream,
     .keys = kReadOneKey,
     .run = Xpending,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Tells what a group has delivered and not been told to be done.",
     .complexity =
         "O(log N + M), N being the number of pending entries and M the number looked at; for the summary O(C), "
         "C being the number of consumers.",
     .tips = kNondeterministic,
     .syntax = "key#0 group [filters{[IDLE min-idle-time:int@6.2.0] start end count:int [consumer]}]",
     .history = "6.2.0 IDLE and ranges without their ends."},
    {.name = "xclaim",
     .arity = AtLeast(5),
     .flags = kWrite | kFast,
     .categories = kCatStream,
     .keys = kUpdateKey,
     .run = Xclaim,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Hands pending entries to another consumer.",
     .complexity = "O(log N) for each id, N being the number of pending entries.",
     .tips = kNondeterministic,
     .syntax = "key#0 group consumer min-idle-time id... [IDLE ms:int] [TIME unix-time-milliseconds:time] [RETRYCOUNT "
               "count:int] [FORCE] [JUSTID] [LASTID id]"},
    {.name = "xautoclaim",
     .arity = AtLeast(5),
     .flags = kWrite | kFast,
     .categories = kCatStream,
     .keys = kDeleteKey,
     .run = Xautoclaim,
     .since = "6.2.0",
     .group = "stream",
     .summary = "Hands what has been pending for long to another consumer.",
     .complexity = "O(log N + M), N being the number of pending entries and M at most ten times COUNT.",
     .tips = kNondeterministic,
     .syntax = "key#0 group consumer min-idle-time start [COUNT count:int] [JUSTID]",
     .history = "7.0.0 The reply names the entries that no longer exist."},
};

}  // namespace

Table StreamClaimCommands() { return kStreamClaimCommands; }

}  // namespace zedis::commands

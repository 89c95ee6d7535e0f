// Streams: reading ranges, and reading on from where one has been, alone or in a group.
#include <optional>
#include <vector>

#include "commands/blocking_command.h"
#include "commands/stream_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Key;
using types::PendingMap;
using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;

Expected<std::uint64_t> ParseCount(std::string_view text) {
  TRY(const std::int64_t count, ParseInteger(text));
  return count < 0 ? 0 : static_cast<std::uint64_t>(count);
}

// --- XRANGE XREVRANGE

Outcome Range(Context& ctx, Args args, bool backward) {
  TRY(const StreamRange range, ParseStreamRange(args[backward ? 3 : 2], args[backward ? 2 : 3]));
  std::optional<std::uint64_t> count;
  for (OptionCursor cursor(args, 4); !cursor.done();) {
    if (!cursor.TakeWith("count", 1)) return kSyntaxError;
    TRY(count, ParseCount(cursor.Next()));
  }
  TRY(const Stream* stream, FindStream(ctx, ctx.KeyAt(args, 1)));
  if (stream == nullptr) {
    ctx.reply.ArrayHeader(0);
  } else if (count == 0) {
    ctx.reply.NullArray();
  } else {
    ReplyRange(ctx.reply, *stream, range, backward, count.value_or(0));
  }
  return Done();
}

Outcome Xrange(Context& ctx, Args args) { return Range(ctx, args, false); }
Outcome Xrevrange(Context& ctx, Args args) { return Range(ctx, args, true); }

// --- XREAD XREADGROUP

constexpr Error kGroupInXread{"ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."};
constexpr Error kNoAckInXread{"ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."};
constexpr Error kNoGroupOption{"ERR Missing GROUP option for XREADGROUP"};
constexpr Error kNewestInXread{
    "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option."};
constexpr std::string_view kNoGroupRest = " in XREADGROUP with GROUP option";

struct ReadOptions {
  std::uint64_t count = 0;                       // 0: all
  bool in_group = false;                         // XREADGROUP
  bool acknowledged = false;                     // NOACK
  std::optional<std::int64_t> deadline_ms = {};  // BLOCK
  std::string_view group = {};
  std::string_view consumer = {};
  std::size_t keys = 0;  // where they begin; the ids follow
  std::size_t streams = 0;
};

// A stream with what is asked of it; no stream and no group: it is not to be looked at.
struct Source {
  Key key;
  Stream* stream = nullptr;
  StreamGroup* group = nullptr;
  StreamId after;
};

// In a group, what nobody has got yet: ">". It is this id, as in Redis.
constexpr StreamId kUndelivered = types::kStreamIdMax;

Outcome ParseReadOptions(Context& ctx, Args args, ReadOptions& options) {
  bool has_group = false;
  OptionCursor cursor(args, 1);
  while (options.keys == 0) {
    if (cursor.done()) return kSyntaxError;
    if (cursor.TakeWith("block", 1)) {
      const Expected<std::int64_t> deadline_ms = ParseDeadlineMs(ctx, cursor.Next());
      if (!deadline_ms) return deadline_ms.error();
      options.deadline_ms = *deadline_ms;
    } else if (cursor.TakeWith("count", 1)) {
      const Expected<std::uint64_t> count = ParseCount(cursor.Next());
      if (!count) return count.error();
      options.count = *count;
    } else if (cursor.TakeWith("streams", 1)) {
      options.keys = cursor.position();
    } else if (cursor.TakeWith("group", 2)) {
      if (!options.in_group) return kGroupInXread;
      options.group = cursor.Next();
      options.consumer = cursor.Next();
      has_group = true;
    } else if (cursor.Take("noack")) {
      if (!options.in_group) return kNoAckInXread;
      options.acknowledged = true;
    } else {
      return kSyntaxError;
    }
  }
  if (cursor.left() % 2 != 0) {
    return ctx.Fail("ERR Unbalanced '{}' list of streams: for each stream key an ID or '{}' must be specified.",
                    ctx.command->row->name, options.in_group ? '>' : '$');
  }
  options.streams = cursor.left() / 2;
  return options.in_group && !has_group ? Outcome(kNoGroupOption) : Done();
}

Failure Meaningless(Context& ctx, char word) {
  return ctx.Fail(
      "ERR The {0} ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by "
      "specifying a proper ID, or use the > ID to get new messages. The {0} ID would just return an empty result set.",
      word);
}

// Behind which id to read on.
Expected<StreamId> ParseAfter(Context& ctx, std::string_view text, const Stream* stream, bool in_group) {
  for (const char word : {'$', '+'}) {
    if (!IsIdWord(text, word)) continue;
    if (in_group) return std::unexpected(Meaningless(ctx, word));
    if (stream == nullptr) return StreamId{};
    // "+" is the last entry, so that there is one unless the stream is empty.
    return word == '$' ? stream->LastId() : stream->LastEntryId().Previous().value_or(StreamId{});
  }
  if (IsIdWord(text, '>')) {
    if (!in_group) return std::unexpected(&kNewestInXread);
    return kUndelivered;
  }
  return ParseExactStreamId(text);
}

using Sources = std::vector<Source>;

Expected<Sources> FindSources(Context& ctx, Args args, const ReadOptions& options) {
  Sources sources(options.streams);
  for (std::size_t i = 0; i < options.streams; ++i) {
    Source& source = sources[i];
    source.key = ctx.KeyAt(args, options.keys + i);
    if (!Blocking::Considers(ctx, source.key)) continue;
    TRY(source.stream, FindStream(ctx, source.key));
    if (options.in_group) {
      if (source.stream != nullptr) source.group = source.stream->FindGroup(options.group);
      if (source.group == nullptr) {
        return std::unexpected(NoGroup(ctx, source.key.bytes, options.group, kNoGroupRest));
      }
    }
    TRY(source.after, ParseAfter(ctx, args[options.keys + options.streams + i], source.stream, options.in_group));
  }
  return sources;
}

// The reply's outer shape: a map, in RESP2 an array of pairs. It is null if no stream has anything.
class ReadReply {
 public:
  explicit ReadReply(resp::Reply reply) : reply_(reply) {}
  void Begin(std::string_view key) {
    if (!header_) header_ = reply_.IsResp3() ? reply_.DeferMap() : reply_.DeferArray();
    if (!reply_.IsResp3()) reply_.ArrayHeader(2);
    reply_.Bulk(key);
    ++streams_;
  }
  bool is_empty() const { return !header_; }
  void Close() {
    if (!header_) return reply_.NullArray();
    reply_.IsResp3() ? reply_.CloseMap(*header_, streams_) : reply_.CloseArray(*header_, streams_);
  }

 private:
  resp::Reply reply_;
  std::optional<resp::DeferredHeader> header_;
  std::uint64_t streams_ = 0;
};

// There is nothing to read. Who waits for what comes behind the last entry ("$") has seen what there is now, so the ids
// that he waits for are those that these words stand for now.
Outcome Wait(Context& ctx, Args args, const ReadOptions& options, const Sources& sources) {
  const WaitRequest request{.what = options.in_group ? WaitFor::kGroup : WaitFor::kStream,
                            .first_key = options.keys,
                            .keys = options.streams,
                            .deadline_ms = *options.deadline_ms};
  if (options.in_group || ctx.serving != nullptr) return Blocking::Block(ctx, args, request);
  std::vector<types::StreamIdText> ids;
  ids.reserve(sources.size());
  std::vector<std::string_view> resolved(args.begin(), args.end());
  for (std::size_t i = 0; i < sources.size(); ++i) {
    resolved[options.keys + options.streams + i] = ids.emplace_back(sources[i].after).View();
  }
  return Blocking::Block(ctx, resolved, request);
}

Outcome Xread(Context& ctx, Args args) {
  ReadOptions options;
  const Outcome parsed = ParseReadOptions(ctx, args, options);
  if (!parsed.ok()) return parsed;
  TRY(const Sources sources, FindSources(ctx, args, options));
  ReadReply reply(ctx.reply);
  for (const Source& source : sources) {
    if (source.stream == nullptr || source.stream->LastEntryId() <= source.after) continue;
    reply.Begin(source.key.bytes);
    ReplyRange(ctx.reply, *source.stream, {*source.after.Next(), types::kStreamIdMax}, false, options.count);
  }
  if (reply.is_empty() && options.deadline_ms) return Wait(ctx, args, options, sources);
  reply.Close();
  return Done();
}

// What the consumer has pending behind an id, of which some may be deleted by now.
void ReplyHistory(Context& ctx, const Source& source, StreamConsumer& consumer, std::uint64_t count) {
  const auto header = ctx.reply.DeferArray();
  const PendingMap& pending = consumer.Pending();
  std::uint64_t replied = 0;
  for (PendingMap::Cursor at = pending.LowerBound(*source.after.Next());
       at != pending.End() && (count == 0 || replied < count); at = pending.After(at), ++replied) {
    StreamEntry entry;
    if (!source.stream->Find(pending.IdAt(at), &entry)) {
      ctx.reply.ArrayHeader(2);
      ReplyId(ctx.reply, pending.IdAt(at));
      ctx.reply.NullArray();
      continue;
    }
    ReplyEntry(ctx.reply, entry);
    pending.At(at)->delivered_at_ms = ctx.now_ms;
    ++pending.At(at)->deliveries;
  }
  ctx.reply.CloseArray(header, replied);
}

void ReplyUndelivered(Context& ctx, const Source& source, StreamConsumer& consumer, const ReadOptions& options) {
  StreamGroup& group = *source.group;
  const auto header = ctx.reply.DeferArray();
  const StreamId first = source.stream->FirstId();
  types::StreamCursor cursor(*source.stream, *group.last_id.Next(), types::kStreamIdMax, false);
  StreamEntry entry;
  std::uint64_t replied = 0;
  while ((options.count == 0 || replied < options.count) && cursor.Next(&entry)) {
    ReplyEntry(ctx.reply, entry);
    source.stream->NoteDelivered(group, entry.id, first);
    if (!options.acknowledged) group.Deliver(entry.id, &consumer, ctx.now_ms);
    ++replied;
  }
  if (!options.acknowledged) consumer.active_at_ms = ctx.now_ms;
  ctx.reply.CloseArray(header, replied);
}

Outcome Xreadgroup(Context& ctx, Args args) {
  ReadOptions options{.in_group = true};
  const Outcome parsed = ParseReadOptions(ctx, args, options);
  if (!parsed.ok()) return parsed;
  TRY(const Sources sources, FindSources(ctx, args, options));
  ReadReply reply(ctx.reply);
  for (const Source& source : sources) {
    if (source.group == nullptr) continue;
    StreamConsumer& consumer = SeenConsumer(ctx, source.key, *source.group, options.consumer);
    if (source.after != kUndelivered) {
      reply.Begin(source.key.bytes);
      ReplyHistory(ctx, source, consumer, options.count);
    } else if (source.stream->LastEntryId() > source.group->last_id) {
      reply.Begin(source.key.bytes);
      ReplyUndelivered(ctx, source, consumer, options);
    } else {
      continue;
    }
    ctx.Changed(source.key, {kNotifyNothing, "xreadgroup", false});
  }
  if (reply.is_empty() && options.deadline_ms) return Wait(ctx, args, options, sources);
  reply.Close();
  return Done();
}

// --- The table

constexpr KeySpec kReadKeys[] = {
    {.flags = kKeyReadOnly | kKeyAccess, .keyword = "STREAMS", .start_from = 1, .last = -1, .limit = 2}};
// A group or a consumer may be called "streams".
constexpr KeySpec kReadGroupKeys[] = {{.flags = kKeyReadOnly | kKeyAccess,
                                       .keyword = "STREAMS",
                                       .start_from = 4,
                                       .pass_over = {"GROUP", 2},
                                       .last = -1,
                                       .limit = 2}};

constexpr std::string_view kRangeComplexity =
    "O(log N + M), N being the length of the stream and M the number of entries returned.";

constexpr Command kStreamReadCommands[] = {
    {.name = "xrange",
     .arity = AtLeast(3),
     .flags = kReadonly,
     .categories = kCatStream,
     .keys = kReadOneKey,
     .run = Xrange,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Returns the entries of a stream between two ids.",
     .complexity = kRangeComplexity,
     .syntax = "key#0 start end [COUNT count:int]",
     .history = "6.2.0 Ranges without their ends."},
    {.name = "xrevrange",
     .arity = AtLeast(3),
     .flags = kReadonly,
     .categories = kCatStream,
     .keys = kReadOneKey,
     .run = Xrevrange,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Returns the entries of a stream between two ids, the newest first.",
     .complexity = kRangeComplexity,
     .syntax = "key#0 end start [COUNT count:int]",
     .history = "6.2.0 Ranges without their ends."},
    {.name = "xread",
     .arity = AtLeast(3),
     .flags = kReadonly | kBlocking,
     .categories = kCatStream,
     .keys = kReadKeys,
     .run = Xread,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Returns the entries of several streams behind an id each.",
     .complexity = "O(log N + M) for each stream, N being its length and M the number of its entries returned.",
     .syntax = "[COUNT count:int] [BLOCK milliseconds:int] STREAMS streams{key#0... id...}"},
    {.name = "xreadgroup",
     .arity = AtLeast(6),
     .flags = kWrite | kBlocking,
     .categories = kCatStream,
     .keys = kReadGroupKeys,
     .run = Xreadgroup,
     .since = "5.0.0",
     .group = "stream",
     .summary =
         "Delivers entries that a group has not seen yet to one of its consumers, or returns what that has pending.",
     .complexity = "O(log N + M) for each stream, N being its length and M the number of its entries returned.",
     .syntax = "GROUP group_consumer{group consumer} [COUNT count:int] [BLOCK milliseconds:int] [NOACK] STREAMS "
               "streams{key#0... id...}"},
};

}  // namespace

Table StreamReadCommands() { return kStreamReadCommands; }

}  // namespace zedis::commands

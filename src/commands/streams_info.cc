// Streams: XINFO.
#include "commands/help.h"
#include "commands/stream_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using types::PendingEntry;
using types::PendingMap;
using types::Stream;
using types::StreamConsumer;
using types::StreamEntry;
using types::StreamGroup;
using types::StreamId;

constexpr std::int64_t kFullCountDefault = 10;

// Pairs of a name and a value.
class InfoReply {
 public:
  explicit InfoReply(resp::Reply reply) : reply_(reply) {}
  resp::Reply Name(std::string_view name) const {
    reply_.Bulk(name);
    return reply_;
  }
  void Number(std::string_view name, std::uint64_t value) const {
    Name(name).Integer(static_cast<std::int64_t>(value));
  }
  void Id(std::string_view name, const StreamId& id) const { ReplyId(Name(name), id); }
  void NumberOrNull(std::string_view name, const std::optional<std::int64_t>& value) const {
    value ? Name(name).Integer(*value) : Name(name).NullBulk();
  }

 private:
  resp::Reply reply_;
};

Expected<Stream*> ExistingStream(Context& ctx, Args args) {
  TRY(Stream * stream, FindStream(ctx, ctx.KeyAt(args, 2)));
  if (stream == nullptr) return std::unexpected(&kNoSuchKey);
  return stream;
}

// --- XINFO STREAM

// visit(id, entry) for up to `count` pending entries, 0: all; replies with the array that they make.
template <class Visit>
void ReplyPending(resp::Reply reply, const PendingMap& pending, std::uint64_t count, Visit visit) {
  const auto header = reply.DeferArray();
  std::uint64_t replied = 0;
  for (PendingMap::Cursor at = pending.First(); at != pending.End() && (count == 0 || replied < count);
       at = pending.After(at), ++replied) {
    visit(pending.IdAt(at), *pending.At(at));
  }
  reply.CloseArray(header, replied);
}

void ReplyFullConsumer(resp::Reply reply, const StreamConsumer& consumer, std::uint64_t count) {
  const InfoReply info(reply);
  reply.MapHeader(5);
  info.Name("name").Bulk(consumer.Name());
  info.Name("seen-time").Integer(consumer.seen_at_ms);
  info.Name("active-time").Integer(consumer.active_at_ms);
  info.Number("pel-count", consumer.Pending().Size());
  info.Name("pending");
  ReplyPending(reply, consumer.Pending(), count, [&](const StreamId& id, const PendingEntry& entry) {
    reply.ArrayHeader(3);
    ReplyId(reply, id);
    reply.Integer(entry.delivered_at_ms);
    reply.Integer(static_cast<std::int64_t>(entry.deliveries));
  });
}

void ReplyFullGroup(resp::Reply reply, const Stream& stream, const StreamGroup& group, std::uint64_t count) {
  const InfoReply info(reply);
  reply.MapHeader(7);
  info.Name("name").Bulk(group.Name());
  info.Id("last-delivered-id", group.last_id);
  info.NumberOrNull("entries-read", group.entries_read);
  info.NumberOrNull("lag", stream.Lag(group));
  info.Number("pel-count", group.Pending().Size());
  info.Name("pending");
  ReplyPending(reply, group.Pending(), count, [&](const StreamId& id, const PendingEntry& entry) {
    reply.ArrayHeader(4);
    ReplyId(reply, id);
    reply.Bulk(entry.consumer->Name());
    reply.Integer(entry.delivered_at_ms);
    reply.Integer(static_cast<std::int64_t>(entry.deliveries));
  });
  info.Name("consumers").ArrayHeader(group.Consumers().size());
  for (const StreamConsumer* consumer : group.Consumers()) ReplyFullConsumer(reply, *consumer, count);
}

void ReplyEdge(resp::Reply reply, const Stream& stream, bool last) {
  types::StreamCursor cursor(stream, {}, types::kStreamIdMax, last);
  StreamEntry entry;
  cursor.Next(&entry) ? ReplyEntry(reply, entry) : reply.NullBulk();
}

// What both forms begin with. Clients know the index as the radix tree that Redis has in its place.
void ReplyStream(const InfoReply& info, const Stream& stream) {
  const std::size_t blocks = stream.Index().Size();
  info.Number("length", stream.Length());
  info.Number("radix-tree-keys", blocks);
  info.Number("radix-tree-nodes", blocks + 1);
  info.Id("last-generated-id", stream.LastId());
  info.Id("max-deleted-entry-id", stream.max_deleted_id);
  info.Number("entries-added", stream.entries_added);
  info.Id("recorded-first-entry-id", stream.FirstId());
}

// FULL [COUNT n]
Expected<std::uint64_t> ParseFull(Context& ctx, Args args) {
  OptionCursor cursor(args, 3);
  const bool full = cursor.Take("full");
  std::int64_t count = kFullCountDefault;
  if (full && cursor.TakeWith("count", 1) && cursor.left() == 1) {
    TRY(count, ParseInteger(cursor.Next()));
    if (count < 0) count = kFullCountDefault;
  }
  if (!full || !cursor.done()) return std::unexpected(UnknownStreamSubcommand(ctx, args, "XINFO"));
  return static_cast<std::uint64_t>(count);
}

Outcome InfoStream(Context& ctx, Args args) {
  TRY(const Stream* stream, ExistingStream(ctx, args));
  const InfoReply info(ctx.reply);
  if (args.size() == 3) {
    ctx.reply.MapHeader(10);
    ReplyStream(info, *stream);
    info.Number("groups", stream->Groups().size());
    info.Name("first-entry");
    ReplyEdge(ctx.reply, *stream, false);
    info.Name("last-entry");
    ReplyEdge(ctx.reply, *stream, true);
    return Done();
  }
  TRY(const std::uint64_t count, ParseFull(ctx, args));
  ctx.reply.MapHeader(9);
  ReplyStream(info, *stream);
  info.Name("entries");
  ReplyRange(ctx.reply, *stream, {{}, types::kStreamIdMax}, false, count);
  info.Name("groups").ArrayHeader(stream->Groups().size());
  for (const StreamGroup* group : stream->Groups()) ReplyFullGroup(ctx.reply, *stream, *group, count);
  return Done();
}

// --- XINFO GROUPS CONSUMERS

Outcome InfoGroups(Context& ctx, Args args) {
  TRY(const Stream* stream, ExistingStream(ctx, args));
  const InfoReply info(ctx.reply);
  ctx.reply.ArrayHeader(stream->Groups().size());
  for (const StreamGroup* group : stream->Groups()) {
    ctx.reply.MapHeader(6);
    info.Name("name").Bulk(group->Name());
    info.Number("consumers", group->Consumers().size());
    info.Number("pending", group->Pending().Size());
    info.Id("last-delivered-id", group->last_id);
    info.NumberOrNull("entries-read", group->entries_read);
    info.NumberOrNull("lag", stream->Lag(*group));
  }
  return Done();
}

Outcome InfoConsumers(Context& ctx, Args args) {
  TRY(const Stream* stream, ExistingStream(ctx, args));
  const StreamGroup* group = stream->FindGroup(args[3]);
  if (group == nullptr) return NoSuchGroup(ctx, args);
  const InfoReply info(ctx.reply);
  ctx.reply.ArrayHeader(group->Consumers().size());
  for (const StreamConsumer* consumer : group->Consumers()) {
    const bool active = consumer->active_at_ms != StreamConsumer::kNever;
    ctx.reply.MapHeader(4);
    info.Name("name").Bulk(consumer->Name());
    info.Number("pending", consumer->Pending().Size());
    info.Name("idle").Integer(std::max<std::int64_t>(ctx.now_ms - consumer->seen_at_ms, 0));
    info.Name("inactive").Integer(active ? ctx.now_ms - consumer->active_at_ms : StreamConsumer::kNever);
  }
  return Done();
}

constexpr std::string_view kHelp[] = {
    "CONSUMERS <key> <group>",
    "    Tells what each consumer of a group has pending, and when it was last here.",
    "GROUPS <key>",
    "    Tells how far each group of a stream has read.",
    "STREAM <key> [FULL [COUNT <count>]]",
    "    Tells all about a stream. FULL adds entries, groups, consumers, and what they have pending.",
};

// --- The table

constexpr KeySpec kInfoKey[] = {{.flags = kKeyReadOnly | kKeyAccess, .index = 2}};
constexpr std::string_view kNondeterministic[] = {"nondeterministic_output"};

constexpr Command kXinfoSubcommands[] = {
    {.name = "xinfo|consumers",
     .arity = Exactly(3),
     .flags = kReadonly,
     .categories = kCatStream,
     .keys = kInfoKey,
     .run = InfoConsumers,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Tells about the consumers of a group.",
     .complexity = "O(N), N being the number of consumers.",
     .tips = kNondeterministic,
     .syntax = "key#0 groupname",
     .history = "7.2.0 inactive."},
    {.name = "xinfo|groups",
     .arity = Exactly(2),
     .flags = kReadonly,
     .categories = kCatStream,
     .keys = kInfoKey,
     .run = InfoGroups,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Tells about the groups of a stream.",
     .complexity = "O(N), N being the number of groups.",
     .syntax = "key#0",
     .history = "7.0.0 entries-read and lag."},
    HelpRow("xinfo|help", "stream", "5.0.0", 0, kCatStream),
    {.name = "xinfo|stream",
     .arity = AtLeast(2),
     .flags = kReadonly,
     .categories = kCatStream,
     .keys = kInfoKey,
     .run = InfoStream,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Tells about a stream.",
     .complexity =
         "O(1); with FULL O(N), N being the number of entries, groups, consumers and pending entries returned.",
     .syntax = "key#0 [FULL full{[COUNT count:int]}]",
     .history = "6.0.0 FULL.\n"
                "7.0.0 max-deleted-entry-id, entries-added, recorded-first-entry-id, entries-read and lag.\n"
                "7.2.0 active-time; seen-time is that of the last attempt."},
};

constexpr Command kStreamInfoCommands[] = {
    {.name = "xinfo",
     .arity = AtLeast(1),
     .subcommands = kXinfoSubcommands,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Groups the commands that look into streams.",
     .complexity = "Depends on the subcommand.",
     .help = kHelp},
};

}  // namespace

Table StreamInfoCommands() { return kStreamInfoCommands; }

}  // namespace zedis::commands

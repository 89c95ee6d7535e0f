// Streams: consumer groups, and what their consumers have done.
#include "commands/help.h"
#include "commands/stream_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Key;
using types::Stream;
using types::StreamConsumer;
using types::StreamGroup;
using types::StreamId;

constexpr Error kKeyMustExist{
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option "
    "to create an empty stream automatically."};
constexpr Error kEntriesReadRange{"ERR value for ENTRIESREAD must be positive or -1"};
constexpr Error kGroupExists{"BUSYGROUP Consumer Group name already exists"};

// XGROUP <subcommand> key group ...
constexpr std::size_t kKeyArgument = 2;
constexpr std::size_t kGroupArgument = 3;

Expected<Stream*> ExistingStream(Context& ctx, Args args) {
  TRY(Stream * stream, FindStreamForWrite(ctx, ctx.KeyAt(args, kKeyArgument)));
  if (stream == nullptr) return std::unexpected(&kKeyMustExist);
  return stream;
}

Expected<StreamGroup*> ExistingGroup(Context& ctx, Args args) {
  TRY(const Stream* stream, ExistingStream(ctx, args));
  StreamGroup* group = stream->FindGroup(args[kGroupArgument]);
  if (group == nullptr) return std::unexpected(NoSuchGroup(ctx, args));
  return group;
}

struct GroupOptions {
  bool make_stream = false;
  std::optional<std::int64_t> entries_read;
};

// What follows the id of CREATE and SETID.
Expected<GroupOptions> ParseGroupOptions(Context& ctx, Args args, bool creates) {
  GroupOptions options;
  for (OptionCursor cursor(args, 5); !cursor.done();) {
    if (creates && cursor.Take("mkstream")) {
      options.make_stream = true;
    } else if (cursor.TakeWith("entriesread", 1)) {
      TRY(const std::int64_t read, ParseInteger(cursor.Next()));
      if (read < -1) return std::unexpected(&kEntriesReadRange);
      options.entries_read = read == -1 ? std::nullopt : std::optional(read);
    } else {
      return std::unexpected(UnknownStreamSubcommand(ctx, args, "XGROUP"));
    }
  }
  return options;
}

Outcome Create(Context& ctx, Args args) {
  constexpr std::size_t kArgumentsMax = 8;
  TRY(const GroupOptions options, ParseGroupOptions(ctx, args, true));
  const Key key = ctx.KeyAt(args, kKeyArgument);
  TRY(Stream * stream, FindStreamForWrite(ctx, key));
  if (stream == nullptr && !options.make_stream) return kKeyMustExist;
  if (args.size() > kArgumentsMax) return UnknownStreamSubcommand(ctx, args, "XGROUP");
  StreamId last;
  if (!IsIdWord(args[4], '$')) {
    TRY(last, ParseExactStreamId(args[4]));
  } else if (stream != nullptr) {
    last = stream->LastId();
  }
  const bool creates_stream = stream == nullptr;
  if (creates_stream) stream = &CreateStream(ctx, key);
  if (stream->CreateGroup(args[kGroupArgument], last, options.entries_read) == nullptr) return kGroupExists;
  ctx.Changed(key, {base::kNotifyStream, "xgroup-create", creates_stream});
  ctx.reply.Ok();
  return Done();
}

Outcome SetId(Context& ctx, Args args) {
  TRY(const GroupOptions options, ParseGroupOptions(ctx, args, false));
  TRY(StreamGroup * group, ExistingGroup(ctx, args));
  if (args.size() != 5 && args.size() != 7) return UnknownStreamSubcommand(ctx, args, "XGROUP");
  const Key key = ctx.KeyAt(args, kKeyArgument);
  StreamId last;
  if (IsIdWord(args[4], '$')) {
    last = StreamIn(*ctx.Peek(key)).LastId();
  } else {
    TRY(last, ParseStreamId(args[4], 0));
  }
  group->last_id = last;
  group->entries_read = options.entries_read;
  ctx.Changed(key, {base::kNotifyStream, "xgroup-setid", false});
  ctx.reply.Ok();
  return Done();
}

Outcome Destroy(Context& ctx, Args args) {
  TRY(Stream * stream, ExistingStream(ctx, args));
  const Key key = ctx.KeyAt(args, kKeyArgument);
  StreamGroup* group = stream->FindGroup(args[kGroupArgument]);
  if (group != nullptr) {
    RemovedParts removed(ctx, key);
    stream->RemoveGroup(group, removed.Receiver());
    ctx.Changed(key, {base::kNotifyStream, "xgroup-destroy", false});
  }
  ctx.reply.Integer(group != nullptr ? 1 : 0);
  return Done();
}

Outcome CreateConsumer(Context& ctx, Args args) {
  TRY(StreamGroup * group, ExistingGroup(ctx, args));
  const bool creates = group->FindConsumer(args[4]) == nullptr;
  if (creates) {
    group->CreateConsumer(args[4], ctx.now_ms);
    ctx.Changed(ctx.KeyAt(args, kKeyArgument), {base::kNotifyStream, "xgroup-createconsumer", false});
  }
  ctx.reply.Integer(creates ? 1 : 0);
  return Done();
}

Outcome DeleteConsumer(Context& ctx, Args args) {
  TRY(StreamGroup * group, ExistingGroup(ctx, args));
  StreamConsumer* consumer = group->FindConsumer(args[4]);
  std::size_t pending = 0;
  if (consumer != nullptr) {
    pending = consumer->Pending().Size();
    group->DeleteConsumer(consumer);
    ctx.Changed(ctx.KeyAt(args, kKeyArgument), {base::kNotifyStream, "xgroup-delconsumer", false});
  }
  ctx.reply.Integer(static_cast<std::int64_t>(pending));
  return Done();
}

constexpr std::string_view kHelp[] = {
    "CREATE <key> <group> <id|$> [MKSTREAM] [ENTRIESREAD <count>]",
    "    Creates a group that begins to read behind the id. MKSTREAM creates the stream, too,",
    "    ENTRIESREAD says how many entries there were up to the id.",
    "CREATECONSUMER <key> <group> <consumer>",
    "    Creates a consumer.",
    "DELCONSUMER <key> <group> <consumer>",
    "    Deletes a consumer with what it has pending, and tells how much that was.",
    "DESTROY <key> <group>",
    "    Deletes a group with all that is pending in it.",
    "SETID <key> <group> <id|$> [ENTRIESREAD <count>]",
    "    Makes a group read on behind another id.",
};

// --- XACK

Outcome Xack(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(const Stream* stream, FindStream(ctx, key));
  StreamGroup* group = stream != nullptr ? stream->FindGroup(args[2]) : nullptr;
  if (group == nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  const Args ids = args.subspan(3);
  for (const std::string_view text : ids) {
    TRY([[maybe_unused]] const StreamId id, ParseExactStreamId(text));
  }
  std::int64_t count = 0;
  for (const std::string_view text : ids) count += group->Acknowledge(*ParseExactStreamId(text)) ? 1 : 0;
  if (count > 0) ctx.Changed(key, {kNotifyNothing, "xack", false});
  ctx.reply.Integer(count);
  return Done();
}

// --- The table

constexpr KeySpec kInsertKey[] = {{.flags = kKeyReadWrite | kKeyInsert, .index = kKeyArgument}};
constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate, .index = kKeyArgument}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete, .index = kKeyArgument}};
constexpr KeySpec kAckKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};

constexpr Command kXgroupSubcommands[] = {
    {.name = "xgroup|create",
     .arity = AtLeast(4),
     .flags = kWrite | kDenyOom,
     .categories = kCatStream,
     .keys = kInsertKey,
     .run = Create,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Creates a consumer group.",
     .complexity = "O(1)",
     .syntax = "key#0 groupname id(id|new_id=\"$\") [MKSTREAM] [ENTRIESREAD entries_read:int]",
     .history = "7.0.0 ENTRIESREAD."},
    {.name = "xgroup|createconsumer",
     .arity = Exactly(4),
     .flags = kWrite | kDenyOom,
     .categories = kCatStream,
     .keys = kInsertKey,
     .run = CreateConsumer,
     .since = "6.2.0",
     .group = "stream",
     .summary = "Creates a consumer of a group.",
     .complexity = "O(1)",
     .syntax = "key#0 groupname consumername"},
    {.name = "xgroup|delconsumer",
     .arity = Exactly(4),
     .flags = kWrite,
     .categories = kCatStream,
     .keys = kDeleteKey,
     .run = DeleteConsumer,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Deletes a consumer of a group with what it has pending.",
     .complexity = "O(N), N being the number of its pending entries.",
     .syntax = "key#0 groupname consumername"},
    {.name = "xgroup|destroy",
     .arity = Exactly(3),
     .flags = kWrite,
     .categories = kCatStream,
     .keys = kDeleteKey,
     .run = Destroy,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Deletes a consumer group.",
     .complexity = "O(1); what was pending is freed later.",
     .syntax = "key#0 groupname"},
    HelpRow("xgroup|help", "stream", "5.0.0", 0, kCatStream),
    {.name = "xgroup|setid",
     .arity = AtLeast(4),
     .flags = kWrite,
     .categories = kCatStream,
     .keys = kUpdateKey,
     .run = SetId,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Makes a consumer group read on behind another id.",
     .complexity = "O(1)",
     .syntax = "key#0 groupname id(id|new_id=\"$\") [ENTRIESREAD entries_read:int]",
     .history = "7.0.0 ENTRIESREAD."},
};

constexpr Command kStreamGroupCommands[] = {
    {.name = "xgroup",
     .arity = AtLeast(1),
     .subcommands = kXgroupSubcommands,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Groups the commands that manage consumer groups.",
     .complexity = "Depends on the subcommand.",
     .help = kHelp},
    {.name = "xack",
     .arity = AtLeast(3),
     .flags = kWrite | kFast,
     .categories = kCatStream,
     .keys = kAckKey,
     .run = Xack,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Tells a group that entries are done, so that they are no longer pending.",
     .complexity = "O(log N) for each id, N being the number of pending entries; O(1) for the oldest.",
     .syntax = "key#0 group id..."},
};

}  // namespace

Table StreamGroupCommands() { return kStreamGroupCommands; }

}  // namespace zedis::commands

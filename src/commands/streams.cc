// Streams: adding and removing entries.
#include <algorithm>

#include "commands/stream_value.h"
#include "commands/tables.h"
#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words
using store::Key;
using types::Stream;
using types::StreamId;
using types::StreamTrim;

constexpr Error kTwoTrims{"ERR syntax error, MAXLEN and MINID options at the same time are not compatible"};
constexpr Error kNegativeMaxLen{"ERR The MAXLEN argument must be >= 0."};
constexpr Error kNegativeLimit{"ERR The LIMIT argument must be >= 0."};
constexpr Error kLimitWithoutTrim{"ERR syntax error, LIMIT cannot be used without specifying a trimming strategy"};
constexpr Error kLimitOfExactTrim{"ERR syntax error, LIMIT cannot be used without the special ~ option"};
constexpr Error kNoTrim{"ERR syntax error, XTRIM must be called with a trimming strategy"};
constexpr Error kZeroId{"ERR The ID specified in XADD must be greater than 0-0"};
constexpr Error kIdTooSmall{"ERR The ID specified in XADD is equal or smaller than the target stream top item"};
constexpr Error kNoIdLeft{"ERR The stream has exhausted the last possible ID, unable to add more items"};
constexpr Error kEntryTooLarge{"ERR Elements are too large to be stored"};

constexpr std::size_t kEntryTextMax = std::size_t{1} << 30;

types::StreamNodeLimits NodeLimits(const base::Tunables& tunables) {
  return {.bytes = static_cast<std::int64_t>(tunables.stream_node_max_bytes.Get()),
          .entries = static_cast<std::int64_t>(tunables.stream_node_max_entries.Get())};
}

// --- The options of XADD and XTRIM

struct EditOptions {
  std::optional<StreamTrim> trim;
  bool create = true;
  NewStreamId id;          // XADD
  std::size_t fields = 0;  // XADD: where they begin
};

class EditParser {
 public:
  EditParser(Context& ctx, Args args, bool adds) : ctx_(ctx), cursor_(args, 2), adds_(adds) {}

  Expected<EditOptions> Parse() {
    while (!cursor_.done()) {
      TRY(const bool more, ParseOne());
      if (!more) break;
    }
    if (limit_.value_or(0) != 0 && !options_.trim) return std::unexpected(&kLimitWithoutTrim);
    if (!adds_ && !options_.trim) return std::unexpected(&kNoTrim);
    if (limit_ && (!options_.trim || !options_.trim->approximate)) return std::unexpected(&kLimitOfExactTrim);
    if (options_.trim && options_.trim->approximate) options_.trim->limit = limit_.value_or(DefaultLimit());
    options_.fields = cursor_.position();
    return options_;
  }

 private:
  static constexpr std::uint64_t kLimitOfNoEntries = 10'000;
  static constexpr std::uint64_t kDefaultLimitMax = 1'000'000;

  // Bounds the work of one command: a hundred full blocks.
  [[nodiscard]] std::uint64_t DefaultLimit() const {
    const auto entries = static_cast<std::uint64_t>(ctx_.tunables.stream_node_max_entries.Get());
    if (entries == 0) return kLimitOfNoEntries;
    return entries > kDefaultLimitMax / 100 ? kDefaultLimitMax : 100 * entries;
  }

  // False when the id of XADD was read.
  Expected<bool> ParseOne() {
    if (cursor_.TakeWith("maxlen", 1)) {
      TRY(StreamTrim trim, BeginTrim());
      TRY(const std::int64_t length, ParseInteger(cursor_.Next()));
      if (length < 0) return std::unexpected(&kNegativeMaxLen);
      trim.length_max = static_cast<std::uint64_t>(length);
      options_.trim = trim;
      return true;
    }
    if (cursor_.TakeWith("minid", 1)) {
      TRY(StreamTrim trim, BeginTrim());
      trim.by = StreamTrim::By::kId;
      TRY(trim.id_min, ParseExactStreamId(cursor_.Next()));
      options_.trim = trim;
      return true;
    }
    if (cursor_.TakeWith("limit", 1)) {
      TRY(const std::int64_t limit, ParseInteger(cursor_.Next()));
      if (limit < 0) return std::unexpected(&kNegativeLimit);
      limit_ = static_cast<std::uint64_t>(limit);
      return true;
    }
    if (!adds_) return std::unexpected(&kSyntaxError);
    if (cursor_.Take("nomkstream")) {
      options_.create = false;
      return true;
    }
    TRY(options_.id, ParseNewStreamId(cursor_.Next()));
    return false;
  }

  // What stands between MAXLEN or MINID and its value.
  Expected<StreamTrim> BeginTrim() {
    if (options_.trim) return std::unexpected(&kTwoTrims);
    StreamTrim trim;
    if (cursor_.TakeWith("~", 1)) {
      trim.approximate = true;
    } else {
      cursor_.TakeWith("=", 1);
    }
    return trim;
  }

  Context& ctx_;
  OptionCursor cursor_;
  const bool adds_;
  std::optional<std::uint64_t> limit_;
  EditOptions options_;
};

// --- XADD

// The id that an entry gets, greater than all there were.
Expected<StreamId> ResolveId(Context& ctx, const NewStreamId& asked, const StreamId& last) {
  const std::optional<StreamId> next = last.Next();
  if (!next) return std::unexpected(&kNoIdLeft);
  if (!asked.ms) return std::max(StreamId{static_cast<std::uint64_t>(ctx.now_ms), 0}, *next);
  if (!asked.seq && *asked.ms == last.ms) {
    if (next->ms != last.ms) return std::unexpected(&kIdTooSmall);
    return *next;
  }
  const StreamId id{*asked.ms, asked.seq.value_or(0)};
  if (id <= last) return std::unexpected(&kIdTooSmall);
  return id;
}

Outcome Xadd(Context& ctx, Args args) {
  TRY(const EditOptions options, EditParser(ctx, args, true).Parse());
  const Args pairs = options.fields <= args.size() ? args.subspan(options.fields) : Args{};
  if (pairs.empty() || pairs.size() % 2 != 0) return ctx.Fail("ERR wrong number of arguments for 'xadd' command");
  if (options.id.ms == 0 && options.id.seq == 0) return kZeroId;

  const Key key = ctx.KeyAt(args, 1);
  TRY(Stream * stream, FindStreamForWrite(ctx, key));
  if (stream == nullptr && !options.create) {
    ctx.reply.NullBulk();
    return Done();
  }
  TRY(const StreamId id, ResolveId(ctx, options.id, stream != nullptr ? stream->LastId() : StreamId{}));
  std::size_t bytes = 0;
  for (const std::string_view text : pairs) bytes += text.size();
  if (bytes > kEntryTextMax) return kEntryTooLarge;

  if (stream == nullptr) stream = &CreateStream(ctx, key);
  stream->Append(id, pairs, NodeLimits(ctx.tunables));
  ReplyId(ctx.reply, id);
  RemovedParts removed(ctx, key);
  const bool trimmed = options.trim && stream->Trim(*options.trim, removed.Receiver()) > 0;
  ctx.Changed(key, {base::kNotifyStream, "xadd"});
  if (trimmed) ctx.Changed(key, {base::kNotifyStream, "xtrim"});
  return Done();
}

// --- XTRIM XDEL XLEN XSETID

Outcome Xtrim(Context& ctx, Args args) {
  TRY(const EditOptions options, EditParser(ctx, args, false).Parse());
  const Key key = ctx.KeyAt(args, 1);
  TRY(Stream * stream, FindStreamForWrite(ctx, key));
  RemovedParts removed(ctx, key);
  const std::uint64_t count = stream != nullptr ? stream->Trim(*options.trim, removed.Receiver()) : 0;
  if (count > 0) ctx.Changed(key, {base::kNotifyStream, "xtrim"});
  ctx.reply.Integer(static_cast<std::int64_t>(count));
  return Done();
}

Outcome Xdel(Context& ctx, Args args) {
  const Key key = ctx.KeyAt(args, 1);
  TRY(Stream * stream, FindStreamForWrite(ctx, key));
  if (stream == nullptr) {
    ctx.reply.Integer(0);
    return Done();
  }
  const Args ids = args.subspan(2);
  for (const std::string_view text : ids) {
    TRY([[maybe_unused]] const StreamId id, ParseExactStreamId(text));
  }
  std::int64_t count = 0;
  for (const std::string_view text : ids) count += stream->Delete(*ParseExactStreamId(text)) ? 1 : 0;
  if (count > 0) ctx.Changed(key, {base::kNotifyStream, "xdel"});
  ctx.reply.Integer(count);
  return Done();
}

Outcome Xlen(Context& ctx, Args args) {
  TRY(const Stream* stream, FindStream(ctx, ctx.KeyAt(args, 1)));
  ctx.reply.Integer(stream != nullptr ? static_cast<std::int64_t>(stream->Length()) : 0);
  return Done();
}

constexpr Error kNegativeEntriesAdded{"ERR entries_added must be positive"};
constexpr Error kBelowGivenTombstone{
    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"};
constexpr Error kBelowTombstone{"ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"};
constexpr Error kBelowLastEntry{"ERR The ID specified in XSETID is smaller than the target stream top item"};
constexpr Error kFewerThanLength{"ERR The entries_added specified in XSETID is smaller than the target stream length"};

Outcome Xsetid(Context& ctx, Args args) {
  TRY(const StreamId id, ParseExactStreamId(args[2]));
  std::optional<std::int64_t> entries_added;
  StreamId max_deleted;
  for (OptionCursor cursor(args, 3); !cursor.done();) {
    if (cursor.TakeWith("entriesadded", 1)) {
      TRY(entries_added, ParseInteger(cursor.Next()));
      if (*entries_added < 0) return kNegativeEntriesAdded;
    } else if (cursor.TakeWith("maxdeletedid", 1)) {
      TRY(max_deleted, ParseExactStreamId(cursor.Next()));
      if (id < max_deleted) return kBelowGivenTombstone;
    } else {
      return kSyntaxError;
    }
  }
  const Key key = ctx.KeyAt(args, 1);
  TRY(Stream * stream, FindStreamForWrite(ctx, key));
  if (stream == nullptr) return kNoSuchKey;
  if (id < stream->max_deleted_id) return kBelowTombstone;
  if (stream->Length() > 0) {
    if (id < stream->LastEntryId()) return kBelowLastEntry;
    if (entries_added && static_cast<std::uint64_t>(*entries_added) < stream->Length()) return kFewerThanLength;
  }
  stream->SetLastId(id);
  if (entries_added) stream->entries_added = static_cast<std::uint64_t>(*entries_added);
  if (!max_deleted.IsZero()) stream->max_deleted_id = max_deleted;
  ctx.Changed(key, {base::kNotifyStream, "xsetid", false});
  ctx.reply.Ok();
  return Done();
}

// --- The table

constexpr KeySpec kAddKey[] = {{.flags = kKeyReadWrite | kKeyUpdate,
                                .notes = "UPDATE instead of INSERT because of the optional trimming feature"}};
constexpr KeySpec kUpdateKey[] = {{.flags = kKeyReadWrite | kKeyUpdate}};
constexpr KeySpec kDeleteKey[] = {{.flags = kKeyReadWrite | kKeyDelete}};
constexpr KeySpec kLengthKey[] = {{.flags = kKeyReadOnly}};
constexpr std::string_view kNondeterministic[] = {"nondeterministic_output"};

constexpr Command kStreamCommands[] = {
    {.name = "xadd",
     .arity = AtLeast(4),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatStream,
     .keys = kAddKey,
     .run = Xadd,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Adds an entry to a stream, which is created if it is missing, and trims it if asked to.",
     .complexity = "O(1) to add, O(N) to trim, N being the number of entries that go.",
     .tips = kNondeterministic,
     .syntax =
         "key#0 [NOMKSTREAM@6.2.0] [trim{strategy(MAXLEN|MINID@6.2.0) [operator(equal=\"=\"|approximately=\"~\")] "
         "threshold [LIMIT count:int@6.2.0]}] id_or_auto(auto_id=\"*\"|id) field_value{field value}...",
     .history = "6.2.0 NOMKSTREAM, MINID and LIMIT.\n"
                "7.0.0 Ids of the form <ms>-*."},
    {.name = "xtrim",
     .arity = AtLeast(3),
     .flags = kWrite,
     .categories = kCatStream,
     .keys = kDeleteKey,
     .run = Xtrim,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Removes the oldest entries of a stream, down to a length or an id.",
     .complexity = "O(N), N being the number of entries that go; whole blocks of them go at once.",
     .tips = kNondeterministic,
     .syntax = "key#0 trim{strategy(MAXLEN|MINID@6.2.0) [operator(equal=\"=\"|approximately=\"~\")] threshold [LIMIT "
               "count:int@6.2.0]}",
     .history = "6.2.0 MINID and LIMIT."},
    {.name = "xdel",
     .arity = AtLeast(2),
     .flags = kWrite | kFast,
     .categories = kCatStream,
     .keys = kDeleteKey,
     .run = Xdel,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Removes entries from a stream by their ids.",
     .complexity = "O(log N) for each entry, N being the length of the stream.",
     .syntax = "key#0 id..."},
    {.name = "xlen",
     .arity = Exactly(1),
     .flags = kReadonly | kFast,
     .categories = kCatStream,
     .keys = kLengthKey,
     .run = Xlen,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Tells how many entries a stream has.",
     .complexity = "O(1)",
     .syntax = "key#0"},
    {.name = "xsetid",
     .arity = AtLeast(2),
     .flags = kWrite | kDenyOom | kFast,
     .categories = kCatStream,
     .keys = kUpdateKey,
     .run = Xsetid,
     .since = "5.0.0",
     .group = "stream",
     .summary = "Sets the last id of a stream, and what it remembers of its past.",
     .complexity = "O(1)",
     .syntax = "key#0 last-id [ENTRIESADDED entries_added:int@7.0.0] [MAXDELETEDID max_deleted_entry_id@7.0.0]",
     .history = "7.0.0 ENTRIESADDED and MAXDELETEDID."},
};

}  // namespace

Table StreamCommands() { return kStreamCommands; }

}  // namespace zedis::commands

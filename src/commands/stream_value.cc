#include "commands/stream_value.h"

#include "commands/list_value.h"
#include "engine/arguments.h"

namespace zedis::commands {

using engine::Args;
using engine::Context;
using engine::Expected;
using engine::Failure;
using store::Key;
using store::Type;
using types::Element;
using types::Stream;
using types::StreamEntry;
using types::StreamId;

namespace {

constexpr std::size_t kIdTextMax = 127;
constexpr engine::Error kInvalidStart{"ERR invalid start ID for the interval"};
constexpr engine::Error kInvalidEnd{"ERR invalid end ID for the interval"};

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// Redis reads the numbers of an id by strtoull: space before them, signs and leading zeros are welcome.
std::optional<std::uint64_t> ParseIdNumber(std::string_view text) {
  if (const auto number = base::ParseUint64(text)) return number;
  if (base::ParseInt64(text)) return std::nullopt;  // canonical, but negative
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) || __builtin_add_overflow(value, digit, &value)) {
      return std::nullopt;
    }
  }
  return negative ? 0 - value : value;
}

std::string_view BeforeZero(std::string_view text) { return text.substr(0, text.find('\0')); }

}  // namespace

Expected<NewStreamId> ParseNewStreamId(std::string_view text) {
  if (text == "*") return NewStreamId{};
  if (text.size() > kIdTextMax) return std::unexpected(&kInvalidStreamId);
  text = BeforeZero(text);
  const std::size_t dash = text.find('-');
  NewStreamId id;
  id.ms = ParseIdNumber(text.substr(0, dash));
  if (!id.ms) return std::unexpected(&kInvalidStreamId);
  if (dash == std::string_view::npos) {
    id.seq = 0;
  } else if (const std::string_view seq = text.substr(dash + 1); seq != "*") {
    id.seq = ParseIdNumber(seq);
    if (!id.seq) return std::unexpected(&kInvalidStreamId);
  }
  return id;
}

Expected<StreamId> ParseExactStreamId(std::string_view text, std::uint64_t missing_seq) {
  if (text.size() > kIdTextMax) return std::unexpected(&kInvalidStreamId);
  text = BeforeZero(text);
  const std::size_t dash = text.find('-');
  const auto ms = ParseIdNumber(text.substr(0, dash));
  const auto seq = dash == std::string_view::npos ? std::optional(missing_seq) : ParseIdNumber(text.substr(dash + 1));
  if (!ms || !seq) return std::unexpected(&kInvalidStreamId);
  return StreamId{*ms, *seq};
}

Expected<StreamId> ParseStreamId(std::string_view text, std::uint64_t missing_seq) {
  if (IsIdWord(text, '-')) return StreamId{};
  if (IsIdWord(text, '+')) return types::kStreamIdMax;
  return ParseExactStreamId(text, missing_seq);
}

namespace {

// An end of an interval; `step` is what leads beyond one that is excluded.
Expected<StreamId> ParseEnd(std::string_view text, std::uint64_t missing_seq,
                            std::optional<StreamId> (StreamId::*step)() const, const engine::Error& error) {
  if (text.size() <= 1 || text[0] != '(') return ParseStreamId(text, missing_seq);
  TRY(const StreamId excluded, ParseExactStreamId(text.substr(1), missing_seq));
  const std::optional<StreamId> neighbour = (excluded.*step)();
  if (!neighbour) return std::unexpected(&error);
  return *neighbour;
}

}  // namespace

Expected<StreamId> ParseRangeStart(std::string_view text) { return ParseEnd(text, 0, &StreamId::Next, kInvalidStart); }

Expected<StreamRange> ParseStreamRange(std::string_view from, std::string_view to) {
  StreamRange range;
  TRY(range.from, ParseRangeStart(from));
  TRY(range.to, ParseEnd(to, UINT64_MAX, &StreamId::Previous, kInvalidEnd));
  return range;
}

Expected<Stream*> FindStream(Context& ctx, const Key& key) {
  TRY(const store::Entry* entry, ctx.FindAs(Type::kStream, key));
  return StreamOrNull(entry);
}

Expected<Stream*> FindStreamForWrite(Context& ctx, const Key& key) {
  TRY(const store::Entry* entry, ctx.FindForWriteAs(Type::kStream, key));
  return StreamOrNull(entry);
}

Stream& CreateStream(Context& ctx, const Key& key) {
  return StreamIn(*ctx.Put(key, store::Value::Far(Type::kStream, new Stream)));
}

types::StreamConsumer& SeenConsumer(Context& ctx, const Key& key, types::StreamGroup& group, std::string_view name) {
  types::StreamConsumer* consumer = group.FindConsumer(name);
  if (consumer == nullptr) {
    consumer = group.CreateConsumer(name, ctx.now_ms);
    ctx.Changed(key, {base::kNotifyStream, "xgroup-createconsumer", false});
  }
  consumer->seen_at_ms = ctx.now_ms;
  return *consumer;
}

void ReplyEntry(resp::Reply reply, const StreamEntry& entry) {
  reply.ArrayHeader(2);
  ReplyId(reply, entry.id);
  reply.ArrayHeader(2 * std::uint64_t{entry.pairs});
  entry.ForEachPair([&](const Element& name, const Element& value) {
    ReplyElement(reply, name);
    ReplyElement(reply, value);
  });
}

void ReplyRange(resp::Reply reply, const Stream& stream, const StreamRange& range, bool backward, std::uint64_t count) {
  const auto header = reply.DeferArray();
  types::StreamCursor cursor(stream, range.from, range.to, backward);
  StreamEntry entry;
  std::uint64_t replied = 0;
  while ((count == 0 || replied < count) && cursor.Next(&entry)) {
    ReplyEntry(reply, entry);
    ++replied;
  }
  reply.CloseArray(header, replied);
}

Failure NoGroup(Context& ctx, std::string_view key, std::string_view group, std::string_view rest) {
  return ctx.Fail("NOGROUP No such key '{}' or consumer group '{}'{}", engine::Shown(key, SIZE_MAX),
                  engine::Shown(group, SIZE_MAX), rest);
}

Failure NoSuchGroup(Context& ctx, Args args) {
  return ctx.Fail("NOGROUP No such consumer group '{}' for key name '{}'", engine::Shown(args[3], SIZE_MAX),
                  engine::Shown(args[2], SIZE_MAX));
}

Failure UnknownStreamSubcommand(Context& ctx, Args args, std::string_view command) {
  return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try {} HELP.", engine::Shown(args[1]),
                  command);
}

}  // namespace zedis::commands

// Streams as commands see them: finding one at its key, ids as clients write them, and the replies that families share.
#pragma once

#include <optional>
#include <string_view>

#include "engine/context.h"
#include "types/stream.h"

namespace zedis::commands {

inline constexpr engine::Error kInvalidStreamId{"ERR Invalid stream ID specified as stream command argument"};

// For changes of which Redis sends no notification: deliveries, acknowledgements, claims.
inline constexpr base::NotifyFlag kNotifyNothing{};

// --- Ids

// "ms-seq", or "ms" with this seq. "-" and "+" are the least and the greatest.
engine::Expected<types::StreamId> ParseStreamId(std::string_view text, std::uint64_t missing_seq);
// The same without "-" and "+".
engine::Expected<types::StreamId> ParseExactStreamId(std::string_view text, std::uint64_t missing_seq = 0);

// What XADD takes: "*", "ms-*" or an id.
struct NewStreamId {
  std::optional<std::uint64_t> ms;
  std::optional<std::uint64_t> seq;
};
engine::Expected<NewStreamId> ParseNewStreamId(std::string_view text);

struct StreamRange {
  types::StreamId from;
  types::StreamId to;
};
// The ends of an interval, each of which may be excluded by "(". Its start alone; both.
engine::Expected<types::StreamId> ParseRangeStart(std::string_view text);
engine::Expected<StreamRange> ParseStreamRange(std::string_view from, std::string_view to);

// Ids are texts without a zero byte: what is behind one is not looked at, as in Redis.
inline bool IsIdWord(std::string_view text, char word) {
  return text.substr(0, text.find('\0')) == std::string_view(&word, 1);
}

// --- Streams at their keys

inline types::Stream& StreamIn(const store::Entry& entry) { return *static_cast<types::Stream*>(entry.far()); }
inline types::Stream* StreamOrNull(const store::Entry* entry) { return entry != nullptr ? &StreamIn(*entry) : nullptr; }

// Null if there is no such key; an error if it holds another type.
engine::Expected<types::Stream*> FindStream(engine::Context& ctx, const store::Key& key);
engine::Expected<types::Stream*> FindStreamForWrite(engine::Context& ctx, const store::Key& key);
types::Stream& CreateStream(engine::Context& ctx, const store::Key& key);

// The consumer by this name, created if it is missing, which has just shown up.
types::StreamConsumer& SeenConsumer(engine::Context& ctx, const store::Key& key, types::StreamGroup& group,
                                    std::string_view name);

// Collects what is taken out of a stream; frees it, in slices if it is large.
class RemovedParts {
 public:
  RemovedParts(engine::Context& ctx, const store::Key& key) : ctx_(ctx), key_(key) {}
  RemovedParts(const RemovedParts&) = delete;
  RemovedParts& operator=(const RemovedParts&) = delete;
  ~RemovedParts() {
    if (parts_.PartsToFree() == 0) return;
    auto* garbage = new types::Stream;
    garbage->SwapParts(parts_);
    ctx_.DatabaseOf(key_).Discard(store::Type::kStream, garbage);
  }
  types::Stream* Receiver() { return &parts_; }

 private:
  engine::Context& ctx_;
  const store::Key key_;
  types::Stream parts_;
};

// --- Replies

inline void ReplyId(resp::Reply reply, const types::StreamId& id) { reply.Bulk(types::StreamIdText(id).View()); }
void ReplyEntry(resp::Reply reply, const types::StreamEntry& entry);
// Up to `count` entries of the range as an array, 0: all.
void ReplyRange(resp::Reply reply, const types::Stream& stream, const StreamRange& range, bool backward,
                std::uint64_t count);

// "NOGROUP No such key 'k' or consumer group 'g'" and what follows it.
engine::Failure NoGroup(engine::Context& ctx, std::string_view key, std::string_view group, std::string_view rest = "");

// The same, as XGROUP and XINFO say it, whose arguments 2 and 3 are key and group.
engine::Failure NoSuchGroup(engine::Context& ctx, engine::Args args);

// The error of XGROUP and XINFO for arguments that make no subcommand.
engine::Failure UnknownStreamSubcommand(engine::Context& ctx, engine::Args args, std::string_view command);

}  // namespace zedis::commands

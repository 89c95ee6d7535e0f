// SUBSCRIBE, PUBLISH and their kin.
#include <algorithm>
#include <string>
#include <vector>

#include "base/glob.h"
#include "commands/help.h"
#include "engine/arguments.h"
#include "server/pubsub.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

// A channel and how many subscriptions the session has now. This is a push, which CLIENT REPLY does not silence. Null:
// there was nothing to unsubscribe from.
void Confirm(Context& ctx, std::string_view what, const std::string_view* channel, std::size_t count) {
  const auto write = [&](const resp::Reply& reply) {
    reply.PushHeader(3);
    reply.Bulk(what);
    channel != nullptr ? reply.Bulk(*channel) : reply.NullBulk();
    reply.Integer(static_cast<std::int64_t>(count));
  };
  if (ctx.session->reply_mode == ReplyMode::kOn) [[likely]]
    return write(ctx.reply);
  resp::OutputBuffer apart;
  write({apart, ctx.reply.Version()});
  ctx.outbox.Push(*ctx.session, apart.Bytes());
}

std::size_t CountOf(const Session& session, ChannelKind kind) {
  Subscriptions* subscriptions = Pubsub::Of(session);
  return subscriptions == nullptr ? 0 : subscriptions->Count(kind);
}

constexpr Error kNotInTransaction{"ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"};

template <ChannelKind kKind>
Outcome Subscribe(Context& ctx, Args args) {
  // As in Redis, which lets clients subscribe to other channels there.
  if (kKind == ChannelKind::kShard && !ctx.may_block) return kNotInTransaction;
  constexpr std::string_view kWords[] = {"subscribe", "psubscribe", "ssubscribe"};
  for (const std::string_view& name : args.subspan(1)) {
    ServicesOf(ctx).pubsub.Subscribe(ctx, kKind, name);
    Confirm(ctx, kWords[static_cast<std::size_t>(kKind)], &name, CountOf(*ctx.session, kKind));
  }
  return Done();
}

// In the order of their names: any order would do, and this one is the same each time.
std::vector<std::string> NamesOf(const Session& session, ChannelKind kind) {
  std::vector<std::string> names;
  if (Subscriptions* subscriptions = Pubsub::Of(session)) {
    for (const auto& [name, place] : subscriptions->Of(kind)) names.emplace_back(name);
  }
  std::ranges::sort(names);
  return names;
}

template <ChannelKind kKind>
Outcome Unsubscribe(Context& ctx, Args args) {
  constexpr std::string_view kWords[] = {"unsubscribe", "punsubscribe", "sunsubscribe"};
  constexpr std::string_view kWord = kWords[static_cast<std::size_t>(kKind)];
  const auto leave = [&](std::string_view name) {
    ServicesOf(ctx).pubsub.Unsubscribe(ctx, kKind, name);
    Confirm(ctx, kWord, &name, CountOf(*ctx.session, kKind));
  };
  if (args.size() > 1) {
    for (const std::string_view name : args.subspan(1)) leave(name);
    return Done();
  }
  const std::vector<std::string> names = NamesOf(*ctx.session, kKind);
  for (const std::string& name : names) leave(name);
  if (names.empty()) Confirm(ctx, kWord, nullptr, CountOf(*ctx.session, kKind));
  return Done();
}

template <ChannelKind kKind>
Outcome Publish(Context& ctx, Args args) {
  ctx.reply.Integer(static_cast<std::int64_t>(ServicesOf(ctx).pubsub.Publish(ctx, kKind, args[1], args[2])));
  return Done();
}

template <ChannelKind kKind>
Outcome ListChannels(Context& ctx, Args args) {
  if (args.size() > 3) {
    return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try PUBSUB HELP.", Shown(args[1]));
  }
  const std::string_view pattern = args.size() == 3 ? args[2] : "*";
  // An empty name matches no "*", but without a pattern all are meant.
  const bool all = args.size() == 2;
  const resp::DeferredHeader header = ctx.reply.DeferArray();
  std::uint64_t count = 0;
  ServicesOf(ctx).pubsub.Channels(kKind).ForEach([&](std::string_view name) {
    if (!all && !base::GlobMatch(pattern, name)) return;
    ctx.reply.Bulk(name);
    ++count;
  });
  ctx.reply.CloseArray(header, count);
  return Done();
}

template <ChannelKind kKind>
Outcome CountSubscribers(Context& ctx, Args args) {
  const Args names = args.subspan(2);
  ctx.reply.ArrayHeader(names.size() * 2);
  for (const std::string_view name : names) {
    std::size_t subscribers = 0;
    ServicesOf(ctx).pubsub.Channels(kKind).Find(name,
                                                [&](const Channel& channel) { subscribers = channel.subscribers; });
    ctx.reply.Bulk(name);
    ctx.reply.Integer(static_cast<std::int64_t>(subscribers));
  }
  return Done();
}

Outcome CountPatterns(Context& ctx, Args) {
  ctx.reply.Integer(static_cast<std::int64_t>(ServicesOf(ctx).pubsub.patterns()));
  return Done();
}

constexpr std::string_view kHelp[] = {
    "CHANNELS [<pattern>]",
    "    Return the channels that have subscribers, or those that match a pattern.",
    "NUMPAT",
    "    Return how many patterns have subscribers.",
    "NUMSUB [<channel> ...]",
    "    Return how many subscribers each of the channels has; subscribers to patterns",
    "    are not counted.",
    "SHARDCHANNELS [<pattern>]",
    "    Return the shard channels that have subscribers, or those that match a pattern.",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return how many subscribers each of the shard channels has.",
};

constexpr Command Row(std::string_view name, Arity arity, Handler run, std::string_view since, std::string_view syntax,
                      std::string_view complexity, std::string_view summary) {
  return {.name = name,
          .arity = arity,
          .flags = kPubsub | kLoading | kStale,
          .locks = Locks::kNone,
          .run = run,
          .since = since,
          .group = "pubsub",
          .summary = summary,
          .complexity = complexity,
          .syntax = syntax};
}
constexpr Command With(Command row, std::uint32_t more_flags, std::span<const KeySpec> keys = {}) {
  row.flags |= more_flags;
  row.keys = keys;
  return row;
}

// Shard channels belong to a slot of a cluster as keys do.
constexpr KeySpec kOneShardChannel[] = {{.flags = kKeyNotKey}};
constexpr KeySpec kShardChannels[] = {{.flags = kKeyNotKey, .last = -1}};

constexpr std::uint32_t kSubscribing = kNoScript | kWhileSubscribed;
constexpr std::string_view kEachChannel = "O(N) where N is the number of channels.";

constexpr Command kPubsubSubcommands[] = {
    Row("pubsub|channels", AtLeast(1), ListChannels<ChannelKind::kChannel>, "2.8.0", "[pattern:pattern]",
        "O(N) where N is the number of channels that have subscribers.", "Returns the channels that have subscribers."),
    commands::HelpRow("pubsub|help", "pubsub", "6.2.0"),
    Row("pubsub|numpat", Exactly(1), CountPatterns, "2.8.0", "", "O(1)", "Returns how many patterns have subscribers."),
    Row("pubsub|numsub", AtLeast(1), CountSubscribers<ChannelKind::kChannel>, "2.8.0", "[channel...]", kEachChannel,
        "Returns how many subscribers channels have."),
    Row("pubsub|shardchannels", AtLeast(1), ListChannels<ChannelKind::kShard>, "7.0.0", "[pattern:pattern]",
        "O(N) where N is the number of shard channels that have subscribers.",
        "Returns the shard channels that have subscribers."),
    Row("pubsub|shardnumsub", AtLeast(1), CountSubscribers<ChannelKind::kShard>, "7.0.0", "[shardchannel...]",
        kEachChannel, "Returns how many subscribers shard channels have."),
};

constexpr Command kPubsubCommands[] = {
    With(Row("psubscribe", AtLeast(1), Subscribe<ChannelKind::kPattern>, "2.0.0", "pattern{pattern:pattern}...",
             "O(N) where N is the number of patterns.", "Subscribes to all channels whose names match patterns."),
         kSubscribing),
    With(Row("publish", Exactly(2), Publish<ChannelKind::kChannel>, "2.0.0", "channel message",
             "O(N+M) where N is the number of those who get the message and M that of all patterns with subscribers.",
             "Sends a message to those who have subscribed to a channel."),
         kFast),
    {.name = "pubsub",
     .arity = AtLeast(1),
     .subcommands = kPubsubSubcommands,
     .since = "2.8.0",
     .group = "pubsub",
     .summary = "Holds the commands about channels and their subscribers.",
     .complexity = "Depends on subcommand.",
     .help = kHelp},
    With(Row("punsubscribe", AtLeast(0), Unsubscribe<ChannelKind::kPattern>, "2.0.0", "[pattern:pattern...]",
             "O(N) where N is the number of patterns.", "Takes back subscriptions to patterns, or to all of them."),
         kSubscribing),
    With(Row("spublish", Exactly(2), Publish<ChannelKind::kShard>, "7.0.0", "shardchannel message",
             "O(N) where N is the number of those who get the message.",
             "Sends a message to those who have subscribed to a shard channel."),
         kFast, kOneShardChannel),
    With(Row("ssubscribe", AtLeast(1), Subscribe<ChannelKind::kShard>, "7.0.0", "shardchannel...", kEachChannel,
             "Subscribes to shard channels."),
         kSubscribing, kShardChannels),
    With(Row("subscribe", AtLeast(1), Subscribe<ChannelKind::kChannel>, "2.0.0", "channel...", kEachChannel,
             "Subscribes to channels."),
         kSubscribing),
    With(Row("sunsubscribe", AtLeast(0), Unsubscribe<ChannelKind::kShard>, "7.0.0", "[shardchannel...]", kEachChannel,
             "Takes back subscriptions to shard channels, or to all of them."),
         kSubscribing, kShardChannels),
    With(Row("unsubscribe", AtLeast(0), Unsubscribe<ChannelKind::kChannel>, "2.0.0", "[channel...]", kEachChannel,
             "Takes back subscriptions to channels, or to all of them."),
         kSubscribing),
};

}  // namespace

Table PubsubCommands() { return kPubsubCommands; }

}  // namespace zedis::server

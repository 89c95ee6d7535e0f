#include "server/tracking_commands.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/arguments.h"
#include "server/services.h"
#include "server/tracking.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kOneRedirect{"ERR A client can only redirect to a single other client"};
constexpr Error kNoSuchClient{"ERR The client ID you want redirect to does not exist"};
constexpr Error kPrefixNeedsBroadcast{"ERR PREFIX option requires BCAST mode to be enabled"};
constexpr Error kOtherBroadcastMode{
    "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a "
    "different mode."};
constexpr Error kOptionsWithBroadcast{"ERR OPTIN and OPTOUT are not compatible with BCAST"};
constexpr Error kOptInAndOut{"ERR You can't specify both OPTIN mode and OPTOUT mode"};
constexpr Error kOtherOptMode{
    "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a "
    "different mode."};
constexpr Error kYesNeedsOptIn{"ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode."};
constexpr Error kNoNeedsOptOut{"ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode."};
constexpr Error kNotEnabled{
    "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled"};

struct Request {
  bool broadcast = false, opt_in = false, opt_out = false, no_loop = false;
  std::uint64_t redirect_id = 0;
  std::vector<std::string> prefixes;

  TrackingMode Mode() const {
    if (broadcast) return TrackingMode::kBroadcast;
    if (opt_in) return TrackingMode::kOptIn;
    return opt_out ? TrackingMode::kOptOut : TrackingMode::kEverything;
  }
};

bool IsThere(Context& ctx, std::int64_t id) {
  bool found = false;
  ServicesOf(ctx).clients.Find(static_cast<std::uint64_t>(id), [&](const ClientRegistry::Client&) { found = true; });
  return found;
}

Expected<Request> Parse(Context& ctx, Args args) {
  Request request;
  for (OptionCursor cursor(args, 3); !cursor.done();) {
    if (cursor.TakeWith("redirect", 1)) {
      if (request.redirect_id != 0) return std::unexpected(&kOneRedirect);
      TRY(const std::int64_t id, ParseInteger(cursor.Next()));
      if (!IsThere(ctx, id)) return std::unexpected(&kNoSuchClient);
      request.redirect_id = static_cast<std::uint64_t>(id);
    } else if (cursor.TakeWith("prefix", 1)) {
      request.prefixes.emplace_back(cursor.Next());
    } else if (cursor.Take("bcast")) {
      request.broadcast = true;
    } else if (cursor.Take("optin")) {
      request.opt_in = true;
    } else if (cursor.Take("optout")) {
      request.opt_out = true;
    } else if (cursor.Take("noloop")) {
      request.no_loop = true;
    } else {
      return std::unexpected(&kSyntaxError);
    }
  }
  return request;
}

bool Overlap(std::string_view one, std::string_view other) { return one.starts_with(other) || other.starts_with(one); }

// A key must not begin with two prefixes of a client: it would hear of it twice.
Outcome CheckPrefixes(Context& ctx, std::span<const std::string> existing, std::span<const std::string> given) {
  for (std::size_t i = 0; i < given.size(); ++i) {
    for (const std::string& other : existing) {
      if (!Overlap(given[i], other)) continue;
      return ctx.Fail(
          "ERR Prefix '{}' overlaps with an existing prefix '{}'. Prefixes for a single client must not overlap.",
          given[i], other);
    }
    for (const std::string& other : given.subspan(i + 1)) {
      if (!Overlap(given[i], other)) continue;
      return ctx.Fail(
          "ERR Prefix '{}' overlaps with another provided prefix '{}'. Prefixes for a single client must not overlap.",
          given[i], other);
    }
  }
  return Done();
}

Outcome CheckModes(const Request& request, const TrackingState* before) {
  if (!request.broadcast && !request.prefixes.empty()) return kPrefixNeedsBroadcast;
  if (before != nullptr && (before->options.mode == TrackingMode::kBroadcast) != request.broadcast) {
    return kOtherBroadcastMode;
  }
  if (request.broadcast && (request.opt_in || request.opt_out)) return kOptionsWithBroadcast;
  if (request.opt_in && request.opt_out) return kOptInAndOut;
  if (before != nullptr && ((request.opt_in && before->options.mode == TrackingMode::kOptOut) ||
                            (request.opt_out && before->options.mode == TrackingMode::kOptIn))) {
    return kOtherOptMode;
  }
  return Done();
}

Outcome SwitchOn(Context& ctx, Request request) {
  const TrackingState* before = TrackingState::Of(*ctx.session);
  Outcome outcome = CheckModes(request, before);
  if (!outcome.ok()) return outcome;
  if (request.broadcast) {
    const std::span<const std::string> existing =
        before == nullptr ? std::span<const std::string>() : before->options.prefixes;
    outcome = CheckPrefixes(ctx, existing, request.prefixes);
    if (!outcome.ok()) return outcome;
    const bool has_all = std::ranges::find(existing, std::string()) != existing.end();
    if (request.prefixes.empty() && !has_all) request.prefixes.emplace_back();
  }
  const TrackingOptions options{.mode = request.Mode(),
                                .no_loop = request.no_loop,
                                .redirect_id = request.redirect_id,
                                .prefixes = std::move(request.prefixes)};
  if (!ServicesOf(ctx).tracking.Start(ctx, options)) return kNoSuchClient;
  return Done();
}

}  // namespace

Outcome ClientTracking(Context& ctx, Args args) {
  TRY(const Request request, Parse(ctx, args));
  if (EqualsIgnoreCase("on", args[2])) {
    const Outcome outcome = SwitchOn(ctx, request);
    if (!outcome.ok()) return outcome;
  } else if (EqualsIgnoreCase("off", args[2])) {
    ServicesOf(ctx).tracking.Stop(*ctx.session);
  } else {
    return kSyntaxError;
  }
  ctx.reply.Ok();
  return Done();
}

Outcome ClientCaching(Context& ctx, Args args) {
  TrackingState* state = TrackingState::Of(*ctx.session);
  if (state == nullptr) return kNotEnabled;
  const bool yes = EqualsIgnoreCase("yes", args[2]);
  if (!yes && !EqualsIgnoreCase("no", args[2])) return kSyntaxError;
  if (yes && state->options.mode != TrackingMode::kOptIn) return kYesNeedsOptIn;
  if (!yes && state->options.mode != TrackingMode::kOptOut) return kNoNeedsOptOut;
  state->caching_given = true;
  ctx.reply.Ok();
  return Done();
}

Outcome ClientGetRedir(Context& ctx, Args) {
  ctx.reply.Integer(ctx.session->shown_redirect.Get());
  return Done();
}

Outcome ClientTrackingInfo(Context& ctx, Args) {
  const TrackingState* state = TrackingState::Of(*ctx.session);
  std::vector<std::string_view> flags{state == nullptr ? "off" : "on"};
  if (state != nullptr) {
    switch (state->options.mode) {
      case TrackingMode::kEverything:
        break;
      case TrackingMode::kOptIn:
        flags.emplace_back("optin");
        if (state->caching_given) flags.emplace_back("caching-yes");
        break;
      case TrackingMode::kOptOut:
        flags.emplace_back("optout");
        if (state->caching_given) flags.emplace_back("caching-no");
        break;
      case TrackingMode::kBroadcast:
        flags.emplace_back("bcast");
        break;
    }
    if (state->options.no_loop) flags.emplace_back("noloop");
    if (state->is_broken) flags.emplace_back("broken_redirect");
  }
  const resp::Reply& reply = ctx.reply;
  reply.MapHeader(3);
  reply.Bulk("flags");
  reply.SetHeader(flags.size());
  for (const std::string_view flag : flags) reply.Bulk(flag);
  reply.Bulk("redirect");
  reply.Integer(ctx.session->shown_redirect.Get());
  reply.Bulk("prefixes");
  std::vector<std::string> prefixes = state == nullptr ? std::vector<std::string>() : state->options.prefixes;
  std::ranges::sort(prefixes);
  reply.ArrayHeader(prefixes.size());
  for (const std::string& prefix : prefixes) reply.Bulk(prefix);
  return Done();
}

}  // namespace zedis::server

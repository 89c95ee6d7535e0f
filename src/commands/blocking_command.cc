#include "commands/blocking_command.h"

#include <cmath>

#include "base/numbers.h"

namespace zedis::commands {

using namespace engine;  // NOLINT: a family is written in the engine's words

namespace {

constexpr Error kNotAFloat{"ERR timeout is not a float or out of range"};
constexpr Error kNotAnInteger{"ERR timeout is not an integer or out of range"};
constexpr Error kNegative{"ERR timeout is negative"};
constexpr Error kOutOfRange{"ERR timeout is out of range"};

Expected<std::int64_t> DeadlineIn(const Context& ctx, std::int64_t timeout_ms) {
  if (timeout_ms < 0) return std::unexpected(&kNegative);
  if (timeout_ms == 0) return 0;
  if (timeout_ms > INT64_MAX - ctx.now_ms) return std::unexpected(&kOutOfRange);
  return ctx.now_ms + timeout_ms;
}

}  // namespace

Expected<std::int64_t> ParseDeadlineSeconds(const Context& ctx, std::string_view text) {
  const auto seconds = base::ParseLongDouble(text);
  if (!seconds) return std::unexpected(&kNotAFloat);
  const long double timeout_ms = std::ceil(*seconds * 1000);
  if (timeout_ms < 0) return std::unexpected(&kNegative);
  if (timeout_ms > static_cast<long double>(INT64_MAX)) return std::unexpected(&kOutOfRange);
  return DeadlineIn(ctx, static_cast<std::int64_t>(timeout_ms));
}

Expected<std::int64_t> ParseDeadlineMs(const Context& ctx, std::string_view text) {
  const auto timeout_ms = base::ParseInt64(text);
  if (!timeout_ms) return std::unexpected(&kNotAnInteger);
  return DeadlineIn(ctx, *timeout_ms);
}

Expected<std::optional<FoundKey>> FindFirst(Context& ctx, Args args, const WaitRequest& request) {
  const store::Type type = request.what == WaitFor::kList ? store::Type::kList : store::Type::kSortedSet;
  for (std::size_t i = request.first_key; i < request.first_key + request.keys; ++i) {
    const store::Key key = ctx.KeyAt(args, i);
    if (!Blocking::Considers(ctx, key)) continue;
    TRY(store::Entry * entry, ctx.FindForWriteAs(type, key));
    if (entry != nullptr && !Blocking::IsPromised(ctx, key, request.what)) return FoundKey{key, entry};
  }
  return std::nullopt;
}

}  // namespace zedis::commands

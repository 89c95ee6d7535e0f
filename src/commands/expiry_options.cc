#include "commands/expiry_options.h"

namespace zedis::commands {

bool ExpiryOption::Take(engine::OptionCursor& cursor, Extra extra) {
  if (kind != Kind::kNone) return false;
  if (extra == kKeepTtl && cursor.Take("keepttl")) {
    kind = Kind::kKeepTtl;
  } else if (extra == kPersist && cursor.Take("persist")) {
    kind = Kind::kPersist;
  } else if (cursor.TakeWith("ex", 1)) {
    kind = Kind::kSeconds;
  } else if (cursor.TakeWith("px", 1)) {
    kind = Kind::kMilliseconds;
  } else if (cursor.TakeWith("exat", 1)) {
    kind = Kind::kUnixSeconds;
  } else if (cursor.TakeWith("pxat", 1)) {
    kind = Kind::kUnixMilliseconds;
  } else {
    return false;
  }
  if (sets_time()) time = cursor.Next();
  return true;
}

engine::Expected<std::int64_t> ExpiryOption::Resolve(engine::Context& ctx) const {
  if (!sets_time()) return store::kNoExpiry;
  TRY(std::int64_t value, engine::ParseInteger(time));
  const bool in_seconds = kind == Kind::kSeconds || kind == Kind::kUnixSeconds;
  const bool relative = kind == Kind::kSeconds || kind == Kind::kMilliseconds;
  bool overflow = value <= 0;
  if (in_seconds) overflow |= __builtin_mul_overflow(value, std::int64_t{1000}, &value);
  if (relative) overflow |= __builtin_add_overflow(value, ctx.now_ms, &value);
  if (overflow) return std::unexpected(ctx.Fail("ERR invalid expire time in '{}' command", ctx.command->row->name));
  return value;
}

}  // namespace zedis::commands

#include "commands/expiry_options.h"

namespace zedis::commands {

bool ExpiryOption::Take(engine::OptionCursor& cursor, Extra extra) {
  struct Word {
    std::string_view text;
    Kind kind;
    bool allowed;
  };
  const Word words[] = {
      {"ex", Kind::kSeconds, true},
      {"px", Kind::kMilliseconds, true},
      {"exat", Kind::kUnixSeconds, true},
      {"pxat", Kind::kUnixMilliseconds, true},
      {"keepttl", Kind::kKeepTtl, extra == kKeepTtl},
      {"persist", Kind::kPersist, extra == kPersist},
  };
  for (const Word& word : words) {
    if (!word.allowed || (kind != Kind::kNone && kind != word.kind)) continue;
    const bool has_time = word.kind != Kind::kKeepTtl && word.kind != Kind::kPersist;
    if (!cursor.TakeWith(word.text, has_time ? 1 : 0)) continue;
    kind = word.kind;
    if (has_time) time = cursor.Next();
    return true;
  }
  return false;
}

engine::Expected<std::int64_t> ExpiryOption::Resolve(engine::Context& ctx, std::int64_t least) const {
  if (!sets_time()) return store::kNoExpiry;
  TRY(std::int64_t value, engine::ParseInteger(time));
  const bool in_seconds = kind == Kind::kSeconds || kind == Kind::kUnixSeconds;
  const bool relative = kind == Kind::kSeconds || kind == Kind::kMilliseconds;
  bool overflow = value < least;
  if (in_seconds) overflow |= __builtin_mul_overflow(value, std::int64_t{1000}, &value);
  if (relative) overflow |= __builtin_add_overflow(value, ctx.now_ms, &value);
  if (overflow) return std::unexpected(ctx.Fail("ERR invalid expire time in '{}' command", ctx.command->row->name));
  return value;
}

}  // namespace zedis::commands

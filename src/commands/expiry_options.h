// The options that give a time to live: EX PX EXAT PXAT KEEPTTL PERSIST, as SET, GETEX, MSETEX and others take them.
#pragma once

#include <cstdint>

#include "engine/arguments.h"
#include "engine/context.h"

namespace zedis::commands {

struct ExpiryOption {
  enum class Kind : std::uint8_t {
    kNone,
    kSeconds,
    kMilliseconds,
    kUnixSeconds,
    kUnixMilliseconds,
    kKeepTtl,
    kPersist
  };
  enum Extra : std::uint8_t { kTimesOnly, kKeepTtl, kPersist };

  Kind kind = Kind::kNone;
  std::string_view time;                  // as given
  std::int64_t at_ms = store::kNoExpiry;  // the caller sets it from Resolve()

  // Consumes one of the options; false if the next word is none of them or another one was given before. The same one
  // may come again, the last counts, as in Redis.
  bool Take(engine::OptionCursor& cursor, Extra extra);

  bool sets_time() const {
    return kind == Kind::kSeconds || kind == Kind::kMilliseconds || kind == Kind::kUnixSeconds ||
           kind == Kind::kUnixMilliseconds;
  }
  // The absolute time in ms, kNoExpiry without one. Errors: not an integer, "invalid expire time in 'set' command" if
  // what was given is less than `least`.
  engine::Expected<std::int64_t> Resolve(engine::Context& ctx, std::int64_t least = 1) const;
  bool IsPast(const engine::Context& ctx) const { return sets_time() && at_ms <= ctx.now_ms; }
};

}  // namespace zedis::commands

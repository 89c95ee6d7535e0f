// Uniform choices, for the commands that return any member.
#pragma once

#include <cstdint>

#include "engine/context.h"

namespace zedis::commands {

// Any number below `bound`, each as likely as any other up to 2^-64 of a difference. REQUIRES: bound > 0
inline std::uint64_t RandomBelow(engine::Context& ctx, std::uint64_t bound) {
  __extension__ typedef unsigned __int128 Wide;  // NOLINT: __extension__ goes with typedef only
  return static_cast<std::uint64_t>((static_cast<Wide>(ctx.Random()) * bound) >> 64);
}

// Walks over `size` things of which `wanted` are to be chosen: Next() says of each in turn whether it is one of them.
// Every choice is as likely as any other. (Selection sampling: Knuth, The Art of Computer Programming, 3.4.2.)
class Sampler {
 public:
  // REQUIRES: wanted <= size
  Sampler(engine::Context& ctx, std::uint64_t size, std::uint64_t wanted) : ctx_(ctx), left_(size), wanted_(wanted) {}

  bool Next() {
    const bool chosen = RandomBelow(ctx_, left_--) < wanted_;
    wanted_ -= chosen ? 1 : 0;
    return chosen;
  }

 private:
  engine::Context& ctx_;
  std::uint64_t left_;
  std::uint64_t wanted_;
};

}  // namespace zedis::commands

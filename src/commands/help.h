// The reply of a HELP subcommand: simple strings, in Redis's shape.
#pragma once

#include <span>
#include <string_view>

#include "engine/context.h"

namespace zedis::commands {

// `lines` are the subcommands and, indented by four blanks, what they do; HELP itself is added.
inline void ReplyHelp(engine::Context& ctx, std::string_view name, std::span<const std::string_view> lines) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  ctx.reply.ArrayHeader(lines.size() + 3);
  ctx.reply.SimpleString(upper + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const std::string_view line : lines) ctx.reply.SimpleString(line);
  ctx.reply.SimpleString("HELP");
  ctx.reply.SimpleString("    Prints this help.");
}

}  // namespace zedis::commands

#include "commands/help.h"

#include <string>

namespace zedis::commands {

engine::Outcome ReplyHelp(engine::Context& ctx, engine::Args) {
  // DEBUG has no rows for its subcommands: it is the command itself.
  const engine::ResolvedCommand* parent = ctx.command->parent;
  const engine::Command& container = parent != nullptr ? *parent->row : *ctx.command->row;
  ctx.reply.ArrayHeader(container.help.size() + 3);
  ctx.reply.SimpleString(engine::UpperCase(container.name) +
                         " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const std::string_view line : container.help) ctx.reply.SimpleString(line);
  ctx.reply.SimpleString("HELP");
  ctx.reply.SimpleString("    Prints this help.");
  return engine::Done();
}

}  // namespace zedis::commands

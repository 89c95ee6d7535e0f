// ACL: the users of the server and what they may do.
#include <algorithm>
#include <string>
#include <vector>

#include "commands/help.h"
#include "engine/arguments.h"
#include "server/acl_connections.h"
#include "server/acl_denial.h"
#include "server/acl_password.h"
#include "server/command_describe.h"
#include "server/services.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

using namespace engine;  // NOLINT: a family is written in the engine's words

constexpr Error kNoAclFile{
    "ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER "
    "command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store "
    "users "
    "in the Redis configuration."};
constexpr Error kDefaultStays{"ERR The 'default' user cannot be removed"};
constexpr Error kSaveFailed{
    "ERR There was an error trying to save the ACLs. Please check the server logs for more "
    "information"};

// For subcommands whose arity allows more than they take.
Failure TooManyArguments(Context& ctx, Args args) {
  return ctx.Fail("ERR unknown subcommand or wrong number of arguments for '{}'. Try ACL HELP.", Shown(args[1]));
}

void ReplyTexts(Context& ctx, const std::vector<std::string>& texts) {
  ctx.reply.ArrayHeader(texts.size());
  for (const std::string& text : texts) ctx.reply.Bulk(text);
}

// --- who and what there is ---

Outcome WhoAmI(Context& ctx, Args) {
  ctx.reply.Bulk(UserOf(*ctx.session).name());
  return Done();
}

Outcome UsersOf(Context& ctx, Args) {
  const auto users = ServicesOf(ctx).access.All();
  ctx.reply.ArrayHeader(users.size());
  for (const auto& user : users) ctx.reply.Bulk(user->name());
  return Done();
}

Outcome List(Context& ctx, Args) {
  ReplyTexts(ctx, ServicesOf(ctx).access.Lines());
  return Done();
}

Outcome Cat(Context& ctx, Args args) {
  if (args.size() > 3) return TooManyArguments(ctx, args);
  if (args.size() == 2) {
    ctx.reply.ArrayHeader(CategoryNames().size());
    for (const CategoryName& category : CategoryNames()) ctx.reply.Bulk(category.name);
    return Done();
  }
  const auto category = FindCategory(args[2]);
  if (!category) return ctx.Fail("ERR Unknown category '{}'", Shown(args[2]));
  const auto header = ctx.reply.DeferArray();
  std::uint64_t count = 0;
  for (const ResolvedCommand* command : ServicesOf(ctx).access.catalog().all()) {
    if (!IsListed(*command) || (command->categories & *category) == 0) continue;
    ctx.reply.Bulk(command->row->name);
    ++count;
  }
  ctx.reply.CloseArray(header, count);
  return Done();
}

// Databases are told only where not all are allowed, so that everybody else sees the reply of Redis.
void ReplySelector(Context& ctx, const Selector& selector) {
  const auto field = [&](std::string_view name, const std::string& value) {
    ctx.reply.Bulk(name);
    ctx.reply.Bulk(value);
  };
  field("commands", selector.CommandRules(ServicesOf(ctx).access.catalog()));
  field("keys", selector.KeyRules());
  field("channels", selector.ChannelRules());
  if (const std::string databases = selector.DatabaseRules(); !databases.empty()) field("databases", databases);
}

std::uint64_t FieldsOf(const Selector& selector) { return selector.DatabaseRules().empty() ? 3 : 4; }

Outcome GetUser(Context& ctx, Args args) {
  const auto user = ServicesOf(ctx).access.Find(args[2]);
  if (!user) {
    ctx.reply.NullArray();
    return Done();
  }
  const Selector& own = user->selectors().front();
  ctx.reply.MapHeader(FieldsOf(own) + 3);
  ctx.reply.Bulk("flags");
  const auto flags = user->Flags();
  ctx.reply.SetHeader(flags.size());
  for (const std::string_view flag : flags) ctx.reply.Bulk(flag);
  ctx.reply.Bulk("passwords");
  ctx.reply.ArrayHeader(user->password_hashes().size());
  for (const std::string& hash : user->password_hashes()) ctx.reply.Bulk(hash);
  ReplySelector(ctx, own);
  ctx.reply.Bulk("selectors");
  const auto others = user->selectors().subspan(1);
  ctx.reply.ArrayHeader(others.size());
  for (const Selector& selector : others) {
    ctx.reply.MapHeader(FieldsOf(selector));
    ReplySelector(ctx, selector);
  }
  return Done();
}

// --- changes ---

Outcome SetUser(Context& ctx, Args args) {
  const auto set = ServicesOf(ctx).access.SetUser(args[2], args.subspan(3));
  if (!set) return ctx.Fail("ERR {}", set.error());
  CloseListeners(ServicesOf(ctx), args[2]);
  ctx.reply.Ok();
  return Done();
}

Outcome DelUser(Context& ctx, Args args) {
  const Args names = args.subspan(2);
  if (std::ranges::find(names, "default") != names.end()) return kDefaultStays;
  Access& access = ServicesOf(ctx).access;
  const auto deleted = std::ranges::count_if(names, [&](std::string_view name) { return access.DeleteUser(name); });
  if (deleted != 0) CloseOrphans(ctx);
  ctx.reply.Integer(deleted);
  return Done();
}

Outcome Load(Context& ctx, Args) {
  Access& access = ServicesOf(ctx).access;
  if (access.file().empty()) return kNoAclFile;
  if (const auto loaded = access.LoadFile(); !loaded) return ctx.Fail("ERR {}", loaded.error());
  CloseOrphans(ctx);
  CloseListeners(ServicesOf(ctx));
  ctx.reply.Ok();
  return Done();
}

Outcome Save(Context& ctx, Args) {
  const Services& services = ServicesOf(ctx);
  if (services.access.file().empty()) return kNoAclFile;
  if (const auto saved = services.access.SaveFile(); !saved) {
    services.log.Warning("Saving the users in '{}' failed: {}", services.access.file(), saved.error());
    return kSaveFailed;
  }
  ctx.reply.Ok();
  return Done();
}

// --- help for administrators ---

Outcome GenPass(Context& ctx, Args args) {
  constexpr std::int64_t kBitsMax = 4096;
  if (args.size() > 3) return TooManyArguments(ctx, args);
  std::int64_t bits = 256;
  if (args.size() == 3) {
    TRY(bits, ParseInteger(args[2]));
    if (bits <= 0 || bits > kBitsMax) {
      return ctx.Fail(
          "ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to {}",
          kBitsMax);
    }
  }
  ctx.reply.Bulk(RandomPassword(static_cast<std::size_t>(bits)));
  return Done();
}

Outcome DryRun(Context& ctx, Args args) {
  const auto user = ServicesOf(ctx).access.Find(args[2]);
  if (!user) return ctx.Fail("ERR User '{}' not found", Shown(args[2]));
  const Args request = args.subspan(3);
  const ResolvedCommand* command = ctx.registry.Find(request[0]);
  if (command != nullptr && command->has_subcommands && request.size() > 1) {
    command = Registry::FindSubcommand(*command, request[1]);
  }
  if (command == nullptr) return ctx.Fail("ERR Command '{}' not found", Shown(request[0]));
  if (!command->arity.Accepts(request.size()) || command->run == nullptr) {
    return ctx.Fail("ERR wrong number of arguments for '{}' command", command->row->name);
  }
  const Denial denial = user->Check(*command, request, ctx.session->database.Get());
  const std::string_view object = ObjectOf(denial, *command, request);
  switch (denial.reason) {
    case DenialReason::kNone:
      ctx.reply.Ok();
      break;
    case DenialReason::kCommand:
      ctx.reply.Bulk(fmt::format("This user has no permissions to run the '{}' command", object));
      break;
    case DenialReason::kKey:
      ctx.reply.Bulk(fmt::format("This user has no permissions to access the '{}' key", object));
      break;
    case DenialReason::kChannel:
      ctx.reply.Bulk(fmt::format("This user has no permissions to access the '{}' channel", object));
      break;
    case DenialReason::kDatabase:
      ctx.reply.Bulk(fmt::format("User {} has no permissions to access database {}", user->name(), object));
      break;
  }
  return Done();
}

void ReplyEntry(Context& ctx, const AclLog::Entry& entry) {
  const auto text = [&](std::string_view name, std::string_view value) {
    ctx.reply.Bulk(name);
    ctx.reply.Bulk(value);
  };
  const auto number = [&](std::string_view name, std::int64_t value) {
    ctx.reply.Bulk(name);
    ctx.reply.Integer(value);
  };
  ctx.reply.MapHeader(10);
  number("count", entry.count);
  text("reason", entry.reason);
  text("context", entry.context);
  text("object", entry.object);
  text("username", entry.username);
  ctx.reply.Bulk("age-seconds");
  ctx.reply.Double(static_cast<double>(ctx.now_ms - entry.updated_ms) / 1000);
  text("client-info", entry.client);
  number("entry-id", static_cast<std::int64_t>(entry.id));
  number("timestamp-created", entry.created_ms);
  number("timestamp-last-updated", entry.updated_ms);
}

Outcome Log(Context& ctx, Args args) {
  if (args.size() > 3) return TooManyArguments(ctx, args);
  AclLog& log = ServicesOf(ctx).access.log();
  std::int64_t count = 10;
  if (args.size() == 3) {
    if (EqualsIgnoreCase("reset", args[2])) {
      log.Clear();
      ctx.reply.Ok();
      return Done();
    }
    TRY(count, ParseInteger(args[2]));
  }
  const auto entries = log.Latest(static_cast<std::size_t>(std::max<std::int64_t>(count, 0)));
  ctx.reply.ArrayHeader(entries.size());
  for (const AclLog::Entry& entry : entries) ReplyEntry(ctx, entry);
  return Done();
}

constexpr std::string_view kHelp[] = {
    "CAT [<category>]",
    "    Return the categories of commands, or the commands of one.",
    "DELUSER <username> [<username> ...]",
    "    Delete users and close their connections.",
    "DRYRUN <username> <command> [<arg> ...]",
    "    Return whether a user may run a command, without running it.",
    "GETUSER <username>",
    "    Return the rules of a user.",
    "GENPASS [<bits>]",
    "    Return a random password, of 256 bits unless another number is given.",
    "LIST",
    "    Return all users as lines of a configuration file.",
    "LOAD",
    "    Read the users from the ACL file again.",
    "LOG [<count> | RESET]",
    "    Return what was denied lately, or forget it.",
    "SAVE",
    "    Write the users into the ACL file.",
    "SETUSER <username> <attribute> [<attribute> ...]",
    "    Create a user or change its rules.",
    "USERS",
    "    Return the names of all users.",
    "WHOAMI",
    "    Return the name of this connection's user.",
};

constexpr std::string_view kAllNodes[] = {"request_policy:all_nodes", "response_policy:all_succeeded"};
constexpr std::string_view kPerUser = "O(N). Where N is the number of configured users.";

constexpr std::uint32_t kUsual = kNoScript | kLoading | kStale | kSentinel;
constexpr Command Open(const ServerRow& row) { return MakeRow(row, kUsual); }
constexpr Command Sub(const ServerRow& row) { return MakeRow(row, kUsual | kAdmin); }

constexpr Command kSubcommands[] = {
    WithSyntax(Open({"acl|cat",
                     AtLeast(1),
                     Cat,
                     "6.0.0",
                     {},
                     "O(1) since the categories and commands are a fixed set.",
                     "Names the categories of commands, or the commands of one."}),
               "[categoryname]"),
    WithSyntax(
        Sub({"acl|deluser", AtLeast(2), DelUser, "6.0.0", kAllNodes,
             "O(1) amortized time considering the typical user.", "Deletes users and closes their connections."}),
        "username..."),
    WithSyntax(Sub({"acl|dryrun", AtLeast(3), DryRun, "7.0.0", {}, "O(1).", "Tells whether a user may run a command."}),
               "username command [arg...]"),
    WithSyntax(Open({"acl|genpass", AtLeast(1), GenPass, "6.0.0", {}, "O(1)", "Makes a random password."}),
               "[bits:int]"),
    WithSyntax(Sub({"acl|getuser",
                    Exactly(2),
                    GetUser,
                    "6.0.0",
                    {},
                    "O(N). Where N is the number of password, command and pattern rules that the user has.",
                    "Returns the rules of a user."}),
               "username",
               "6.2.0 Channels.\n"
               "7.0.0 Selectors; keys and channels as the rules that they are."),
    commands::HelpRow("acl|help", "server", "6.0.0", kSentinel),
    Sub({"acl|list", Exactly(1), List, "6.0.0", {}, kPerUser, "Returns all users as lines of a file."}),
    Sub({"acl|load", Exactly(1), Load, "6.0.0", {}, kPerUser, "Reads the users from the ACL file."}),
    WithSyntax(Sub({"acl|log",
                    AtLeast(1),
                    Log,
                    "6.0.0",
                    {},
                    "O(N) with N being the number of entries shown.",
                    "Returns what was denied lately."}),
               "[operation(count:int|RESET)]",
               "7.2.0 The fields entry-id, timestamp-created and timestamp-last-updated."),
    Sub({"acl|save", Exactly(1), Save, "6.0.0", kAllNodes, kPerUser, "Writes the users into the ACL file."}),
    WithSyntax(Sub({"acl|setuser", AtLeast(2), SetUser, "6.0.0", kAllNodes,
                    "O(N). Where N is the number of rules provided.", "Creates a user or changes its rules."}),
               "username [rule...]",
               "6.2.0 Channels.\n"
               "7.0.0 Selectors, and permissions to read or to write for each pattern of keys."),
    Sub({"acl|users", Exactly(1), UsersOf, "6.0.0", {}, kPerUser, "Names all users."}),
    Open({"acl|whoami", Exactly(1), WhoAmI, "6.0.0", {}, "O(1)", "Returns the name of the connection's user."}),
};

constexpr Command kAclCommands[] = {
    {.name = "acl",
     .arity = AtLeast(1),
     .flags = kSentinel,
     .locks = Locks::kNone,
     .subcommands = kSubcommands,
     .since = "6.0.0",
     .group = "server",
     .summary = "Holds the commands about users and what they may do.",
     .complexity = "Depends on subcommand.",
     .help = kHelp},
};

}  // namespace

Table AclCommands() { return kAclCommands; }

}  // namespace zedis::server

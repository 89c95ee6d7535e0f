// The row of a command: everything that COMMAND, ACL, locking and documentation derive from. A family is one file in
// commands/ with its handlers and a constexpr array of rows at its foot.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "engine/outcome.h"

namespace zedis::engine {

class Context;
using Args = std::span<const std::string_view>;  // args[0] is the name as the client wrote it
using Handler = Outcome (*)(Context&, Args);

// Number of arguments with the name: positive is exact, negative the least.
struct Arity {
  std::int8_t value = 0;
  constexpr bool Accepts(std::size_t count) const {
    return value >= 0 ? count == static_cast<std::size_t>(value) : count >= static_cast<std::size_t>(-value);
  }
};
// `arguments` without the command's name.
constexpr Arity Exactly(int arguments) { return {static_cast<std::int8_t>(arguments + 1)}; }
constexpr Arity AtLeast(int arguments) { return {static_cast<std::int8_t>(-(arguments + 1))}; }

// The flags that COMMAND INFO shows, in Redis's names.
enum Flags : std::uint32_t {
  kWrite = 1u << 0,
  kReadonly = 1u << 1,
  kDenyOom = 1u << 2,
  kAdmin = 1u << 3,
  kPubsub = 1u << 4,
  kNoScript = 1u << 5,
  kBlocking = 1u << 6,
  kLoading = 1u << 7,
  kStale = 1u << 8,
  kSkipMonitor = 1u << 9,
  kSkipSlowlog = 1u << 10,
  kAsking = 1u << 11,
  kFast = 1u << 12,
  kNoAuth = 1u << 13,
  kMayReplicate = 1u << 14,
  kNoMulti = 1u << 15,
  kMovableKeys = 1u << 16,
  kAllowBusy = 1u << 17,
  kProtected = 1u << 18,
  kNoAsyncLoading = 1u << 19,
  kNoMandatoryKeys = 1u << 20,
  kTouchesArbitraryKeys = 1u << 21,
  kSentinel = 1u << 22,
  // A RESP2 client that has subscriptions may run it. Not listed.
  kWhileSubscribed = 1u << 30,
  // The server answers that it comes later. Not listed as a command.
  kNotYet = 1u << 31,
};

// ACL categories. kRead/kWrite/kFast/kSlow/kAdmin/kDangerous/kPubsub... that follow from flags are derived as Redis
// does (ImplicitCategories); a row names those of its family: kCatString | kCatBitmap ...
enum Categories : std::uint32_t {
  kCatKeyspace = 1u << 0,
  kCatRead = 1u << 1,
  kCatWrite = 1u << 2,
  kCatSet = 1u << 3,
  kCatSortedSet = 1u << 4,
  kCatList = 1u << 5,
  kCatHash = 1u << 6,
  kCatString = 1u << 7,
  kCatBitmap = 1u << 8,
  kCatHyperLogLog = 1u << 9,
  kCatGeo = 1u << 10,
  kCatStream = 1u << 11,
  kCatPubsub = 1u << 12,
  kCatAdmin = 1u << 13,
  kCatFast = 1u << 14,
  kCatSlow = 1u << 15,
  kCatBlocking = 1u << 16,
  kCatDangerous = 1u << 17,
  kCatConnection = 1u << 18,
  kCatTransaction = 1u << 19,
  kCatScripting = 1u << 20,
};

// Where the keys of a command are and what it does to them: Redis's key specifications.
enum KeyFlags : std::uint16_t {
  kKeyReadOnly = 1u << 0,   // RO
  kKeyReadWrite = 1u << 1,  // RW
  kKeyOverwrite = 1u << 2,  // OW
  kKeyRemove = 1u << 3,     // RM
  kKeyAccess = 1u << 4,     // its value is returned or copied
  kKeyUpdate = 1u << 5,
  kKeyInsert = 1u << 6,
  kKeyDelete = 1u << 7,
  kKeyNotKey = 1u << 8,
  kKeyIncomplete = 1u << 9,
  kKeyVariableFlags = 1u << 10,
};

struct KeySpec {
  enum class Find : std::uint8_t {
    kRange,
    kKeynum,
    kUnknown,  // no words of a specification say it: at most one key, which `locate` finds, if it is given
  };

  std::uint16_t flags = 0;
  // Begin: at an index, or after a keyword searched from `start_from` on (negative: from the end, backwards).
  std::int16_t index = 1;
  std::string_view keyword = {};
  std::int16_t start_from = 0;
  // The search passes over this word and so many arguments behind it, which might look like the keyword.
  struct PassOver {
    std::string_view word = {};
    std::int16_t arguments = 0;
  } pass_over = {};
  // Find: a range up to `last` relative to the begin (negative: from the last argument), limit as in Redis;
  // or a count of keys at `keynum_index`, the first key at `first_key`, both relative to the begin.
  Find find = Find::kRange;
  std::int16_t last = 0;
  std::int16_t step = 1;
  std::int16_t limit = 0;
  std::int16_t keynum_index = 0;
  std::int16_t first_key = 0;
  std::size_t (*locate)(Args) = nullptr;  // the index of the key, or 0
  std::string_view notes = {};
};

// Which locks dispatch takes before the handler runs.
enum class Locks : std::uint8_t {
  kKeys,   // the shards of the keys; none if it has no keys
  kNone,   // none: the handler touches no keys
  kVisit,  // none: the handler visits shards one at a time through VisitShards()
  kAll,    // all shards, under the token
};

// What dispatch does with a command between MULTI and EXEC.
enum class InMulti : std::uint8_t {
  kQueued,
  kAtOnce,  // runs, and the transaction goes on
  kEnds,    // runs, and ends it: DISCARD, RESET, QUIT
  kExec,    // runs what was queued
};

struct Command {
  std::string_view name;  // lower case; subcommands as "client|id"
  Arity arity;
  std::uint32_t flags = 0;
  std::uint32_t categories = 0;
  std::span<const KeySpec> keys = {};
  Locks locks = Locks::kKeys;
  // For kKeys: whether this request reaches keys that only its values name, so that it needs kAll. Null: never.
  bool (*needs_all)(Args) = nullptr;
  Handler run = nullptr;  // null: only subcommands
  InMulti in_multi = InMulti::kQueued;
  std::span<const Command> subcommands = {};
  std::string_view since = "1.0.0";
  std::string_view group = {};  // as COMMAND DOCS: "string", "generic", ...
  std::string_view summary = {};
  std::string_view complexity = {};
  std::span<const std::string_view> tips = {};
  std::string_view deprecated_since = {};
  std::string_view replaced_by = {};
  std::string_view syntax = {};                 // of the arguments, in the words of server/command_syntax.h
  std::string_view history = {};                // lines: a version and what it brought
  bool is_internal = false;                     // not for applications
  std::span<const std::string_view> help = {};  // of a container: what its HELP says, see commands/help.h
};

// For rows that a function of their family makes.
constexpr Command WithSyntax(Command row, std::string_view syntax, std::string_view history = {}) {
  row.syntax = syntax;
  row.history = history;
  return row;
}

// The usual key specifications.
inline constexpr KeySpec kReadOneKey[] = {{.flags = kKeyReadOnly | kKeyAccess}};
inline constexpr KeySpec kReadManyKeys[] = {{.flags = kKeyReadOnly | kKeyAccess, .last = -1}};

}  // namespace zedis::engine

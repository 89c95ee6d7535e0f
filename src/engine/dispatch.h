// Dispatch: from a parsed request to a reply. Finds the row, computes the hashes of the keys, passes the gates, takes
// the locks, runs the handler, writes its error.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/context.h"

namespace zedis::engine {

// A request as the worker's batch holds it.
struct Request {
  const ResolvedCommand* command = nullptr;  // null: there is no such command, or no such subcommand
  std::uint32_t first_argument = 0;          // in the batch's ArgBuffer
  std::uint32_t argument_count = 0;
};

// Decides whether a client may run a command. Implemented by the server (users, passwords, memory, loading).
class Gate {
 public:
  virtual ~Gate() = default;
  // An error refuses the command.
  virtual Outcome Admit(Context& ctx, Args args) = 0;
};

class Dispatcher {
 public:
  Dispatcher(const Registry& registry, Gate& gate) : registry_(registry), gate_(gate) {}

  // The row for a request, subcommands included; null if there is none.
  const ResolvedCommand* Lookup(Args args) const;

  // Computes the hashes of all keys into `hashes`, which is parallel to the arguments. Returns the index of the first
  // key argument, or 0.
  static std::size_t HashKeys(const ResolvedCommand& command, Args args, std::uint64_t seed, std::uint64_t* hashes);

  // Runs one command and writes its reply. `hashes` as filled by HashKeys.
  void Run(Context& ctx, const ResolvedCommand* command, Args args, const std::uint64_t* hashes);

 private:
  Outcome Refuse(Context& ctx, Args args) const;
  Outcome RunLocked(Context& ctx, const ResolvedCommand& command, Args args);
  Outcome RunWithLocks(Context& ctx, const ResolvedCommand& command, Args args);

  const Registry& registry_;
  Gate& gate_;
};

}  // namespace zedis::engine

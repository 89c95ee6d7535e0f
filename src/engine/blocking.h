// Blocking: commands that wait for something to come. One per worker.
//
// A handler of such a command is plain code: it tries its keys, and if there is nothing it returns Block(...). It runs
// under the locks of all its keys, so looking and beginning to wait are one step. The client's requests then rest.
//
// A command that changes a key at which somebody waits (WaitTable hears it at the door) notes the key as ready. When it
// has let go of its locks, its worker serves the waiters before it runs anything else: it takes the locks of all keys
// of the first waiter, and runs the waiter's handler once more, in the waiter's name, for the key that became ready
// (ctx.serving). What comes out is the reply, and goes to the worker of the waiting client. If there was nothing after
// all, the waiter keeps its place. What a served command changes may serve others in turn (BLMOVE).
//
// It would be simpler to let the client's own worker run the command again, as Redis does since 7.2. But then a key
// would be emptied by others meanwhile, and who came first would not be served first.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "engine/context.h"
#include "engine/wait_table.h"
#include "engine/waiter.h"
#include "resp/output.h"

namespace zedis::engine {

class Blocking : public Aftermath {
 public:
  explicit Blocking(WaitTable& table) : table_(table) {
    proxy_.stalled = true;  // like the one for whom it stands: nobody need make it rest
  }

  // --- for handlers ---

  // There is nothing for the command that runs: it waits, or has the reply of one that has waited in vain, where nobody
  // may wait. `args` may differ from the client's in what is no key.
  static Outcome Block(Context& ctx, Args args, const WaitRequest& request);

  // Whether the command that runs may look at this key: one that is served looks only at the key that became ready.
  static bool Considers(const Context& ctx, const store::Key& key) {
    return ctx.serving == nullptr || ctx.serving->bytes == key.bytes;
  }
  // Whether what was found at the key belongs to somebody who came before, and will be served in a moment.
  static bool IsPromised(Context& ctx, const store::Key& key, WaitFor what);

  // --- for the worker ---

  void NoteReady(Context& ctx, const store::Key& key, int database);
  // Serves whom the last command, or what a worker does by itself, made ready. REQUIRES: holds no locks.
  void AfterCommand(Context& ctx) override;

  // Ends the waits whose time is up. REQUIRES: holds no locks.
  void EndOverdue(Context& ctx);
  // When EndOverdue has something to do next; INT64_MAX: never.
  std::int64_t next_deadline_ms() const { return deadlines_.empty() ? INT64_MAX : deadlines_.begin()->first.first; }
  // REQUIRES: holds no locks.
  void OnSessionEnd(Context& ctx, Session& session);

  // --- for anybody ---

  enum class Unserved : std::uint8_t { kTimedOut, kUnblocked };
  // Ends the wait of a client; false if it waits for nothing. Any thread, as long as the session lives.
  static bool Unblock(Session& session, Unserved how);
  // The client has been ended and will close soon: from now on nothing is taken for it. The same threads.
  static void Abandon(Session& session);

  const WaitTable& table() const { return table_; }

 private:
  struct ReadyKey {
    int database;
    std::uint64_t hash;
    std::string bytes;
  };
  using Deadline = std::pair<std::int64_t, std::uint64_t>;  // and the waiter's number

  void Begin(Context& ctx, Args args, const WaitRequest& request);
  void ServeKey(Context& ctx, const ReadyKey& ready);
  std::shared_ptr<Waiter> Next(Context& ctx, const store::Key& key, int database, std::uint64_t after);
  bool Serve(Context& ctx, const std::shared_ptr<Waiter>& waiter, const store::Key& key);
  bool RunFor(Context& ctx, const Waiter& waiter, const store::Key& key);
  void Leave(Context& ctx, const Waiter& waiter);
  void EndUnserved(Context& ctx, Waiter& waiter, Unserved how);
  void Finish(Context& ctx, Waiter& waiter, std::string_view reply);
  void Forget(Session& session, const Waiter& waiter);

  WaitTable& table_;
  std::map<Deadline, std::shared_ptr<Waiter>> deadlines_;  // of this worker's clients
  std::deque<ReadyKey> ready_;
  bool found_nothing_ = false;  // by the command that was served
  Session proxy_;               // stands for the client that is served
  resp::OutputBuffer output_;   // its reply
};

}  // namespace zedis::engine

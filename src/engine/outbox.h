// Outbox: what happens to a worker's sessions besides the replies to their requests: bytes that were not asked for
// (messages, invalidations, the reply to a command that had to wait), and whether their requests run or rest. One per
// worker, used in that worker's thread only; other threads post a task to its desk (engine/desk.h).
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/session.h"
#include "resp/output.h"

namespace zedis::engine {

class Outbox {
 public:
  // Sends `bytes`, whole replies or pushes, as soon as no command of the session is running: before its next reply, or
  // at the end of the batch. What several commands push to one session is one write.
  void Push(Session& session, std::string_view bytes);

  // From now on requests of the session are kept instead of run, those too that its connection has sent already.
  void Stall(Session& session) { session.stalled = true; }
  // They run again, in their order, in the next turn of the worker.
  void Resume(Session& session);

  // Ends the session's connection, in this turn of the worker; replies that were not sent yet may be lost.
  void Close(Session& session) { closing_.push_back(&session); }

  // --- for the batch and the worker ---

  // Moves what was pushed to the session into the output.
  static void EmitPushes(Session& session, resp::OutputBuffer& output);

  // How much was pushed since the last TakePushed: a lot of it should be sent before more commands run.
  std::size_t pushed_bytes() const { return pushed_bytes_; }
  bool has_pushes() const { return !pushed_.empty(); }
  bool has_resumed() const { return !resumed_.empty(); }

  // Each calls take(Session&) for what has gathered, once for every session or more often.
  template <class Take>
  void TakePushed(Take take) {
    pushed_bytes_ = 0;
    TakeAll(pushed_, take);
  }
  template <class Take>
  void TakeResumed(Take take) {
    TakeAll(resumed_, take);
  }
  template <class Take>
  void TakeClosing(Take take) {
    TakeAll(closing_, take);
  }
  // The session ends: nothing here names it any more.
  void Forget(const Session& session);

 private:
  template <class Take>
  static void TakeAll(std::vector<Session*>& sessions, Take take) {
    std::vector<Session*> taken = std::exchange(sessions, {});
    for (Session* session : taken) take(*session);
    // Keeps the memory, unless taking has begun a new list.
    if (sessions.empty()) {
      taken.clear();
      sessions.swap(taken);
    }
  }

  std::vector<Session*> pushed_;
  std::vector<Session*> resumed_;
  std::vector<Session*> closing_;
  std::size_t pushed_bytes_ = 0;
};

}  // namespace zedis::engine

// Waiter: a command that found nothing at its keys and waits until there is something, or until its time is up. It
// holds a copy of all that it takes to run the command once more, in the name of its client, in the thread of whoever
// made one of its keys ready.
//
// A wait ends once: it is served, its time is up, somebody unblocks the client, or the client goes. Who of them it is
// Decide says. Nobody who holds the waiter's lock waits for another one, so anybody may take it, whatever he holds.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/lock.h"
#include "engine/context.h"
#include "engine/desk.h"
#include "resp/reply.h"
#include "store/entry.h"

namespace zedis::engine {

// What makes a key ready for the command.
enum class WaitFor : std::uint8_t {
  kList,
  kSortedSet,
  kStream,
  kGroup,  // a stream; and if it goes, or its group, the command wants to say so
};

// How a command wants to wait.
struct WaitRequest {
  WaitFor what = WaitFor::kList;
  std::size_t first_key = 0;  // at the keys of so many arguments from here on
  std::size_t keys = 0;
  std::int64_t deadline_ms = 0;  // 0: for ever
  // The reply when nothing has come; and where nobody may wait, in a transaction, if that is another one.
  using WriteReply = void (*)(const resp::Reply&);
  WriteReply timed_out = [](const resp::Reply& reply) { reply.NullArray(); };
  WriteReply at_once = nullptr;
};

class Waiter {
 public:
  // The command that runs in `ctx`, with these arguments. REQUIRES: they are as many as the client's, keys in the same
  // places.
  Waiter(Context& ctx, Args arguments, const WaitRequest& request, std::uint64_t number);
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  Args args() const { return args_; }
  // Parallel to the arguments.
  const KeyPlace* places() const { return places_.data(); }
  // Those that it waits at.
  const std::vector<store::Key>& keys() const { return keys_; }
  // Where all keys of the command are, those included that it only writes to.
  const std::vector<std::uint16_t>& shards() const { return shards_; }

  // Whether a key that holds this, or nothing, is worth a try.
  bool Wants(const store::Entry* entry) const;

  // Only a hint, unless the lock of one of its shards is held: then nobody serves it meanwhile.
  bool is_waiting() const { return waiting_.load(std::memory_order_acquire); }
  // True for exactly one of those who try: how the wait ends is his to say.
  bool Decide() {
    const std::lock_guard lock(mutex_);
    return waiting_.exchange(false, std::memory_order_acq_rel);
  }
  // The same, unless serve() comes back with false: then it waits on. Others who want to decide wait meanwhile.
  template <class Serve>
  bool DecideBy(Serve serve) {
    const std::lock_guard lock(mutex_);
    if (!is_waiting() || !serve()) return false;
    waiting_.store(false, std::memory_order_release);
    return true;
  }

  const std::uint64_t number;  // the order in which waiters came
  const ResolvedCommand& command;
  const WaitFor what;
  const std::int64_t deadline_ms;
  const WaitRequest::WriteReply timed_out;
  const int database;
  const resp::Protocol protocol;
  const std::uint64_t session_id;
  const bool no_touch;
  const bool is_silent;  // CLIENT REPLY OFF or SKIP
  const std::shared_ptr<Address> address;

 private:
  std::ptrdiff_t Bytes() const;  // about, its places in queues included

  std::string text_;  // of the arguments, one behind the other
  std::vector<std::string_view> args_;
  std::vector<KeyPlace> places_;
  std::vector<store::Key> keys_;
  std::vector<std::uint16_t> shards_;
  base::SpinLock mutex_;
  std::atomic<bool> waiting_{true};  // changed under mutex_
};

}  // namespace zedis::engine

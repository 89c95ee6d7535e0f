// Session: what a connection is to the commands. Changed only by the worker that owns the connection; what CLIENT LIST
// shows of it may be read by any thread, so those fields are atomics, or texts behind the session's lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/lock.h"
#include "base/tunables.h"
#include "resp/reply.h"

namespace zedis::engine {

enum class ReplyMode : std::uint8_t { kOn, kOff, kSkipNext, kSkipThis };

template <class T>
class Published {
 public:
  Published() = default;
  explicit Published(T initial) : value_(initial) {}
  T Get() const { return value_.load(std::memory_order_relaxed); }
  void Set(T value) { value_.store(value, std::memory_order_relaxed); }
  void Add(T value) { Set(static_cast<T>(Get() + value)); }  // one writer

 private:
  std::atomic<T> value_{};
};

struct Address;
struct ResolvedCommand;
class Transaction;
struct TransactionDeleter {
  void operator()(Transaction* transaction) const;
};
using TransactionPointer = std::unique_ptr<Transaction, TransactionDeleter>;
class Waiter;

// The user that a client has logged in as, with the rules it is under. The layer that decides by them knows more
// (server/acl_user.h); the engine only carries it.
class SessionUser {
 public:
  SessionUser() = default;
  SessionUser(const SessionUser&) = default;
  SessionUser& operator=(const SessionUser&) = default;
  virtual ~SessionUser() = default;
};

// What a feature of the server keeps with a session. Most sessions have none.
class SessionPart {
 public:
  virtual ~SessionPart() = default;
};

// What a session whose requests rest has sent meanwhile and was read into a batch already.
struct KeptRequests {
  std::string requests;        // as a client would send them
  std::string protocol_error;  // comes after them; empty: none
};

struct Session {
  std::uint64_t id = 0;
  Published<std::int32_t> database;
  Published<resp::Protocol> protocol{resp::Protocol::kResp2};
  bool authenticated = false;
  bool close_after_reply = false;  // QUIT, protocol errors
  bool no_evict = false;
  bool no_touch = false;
  bool stalled = false;  // its requests are kept and not run, see engine/outbox.h
  base::OutputClass output_class = base::OutputClass::kNormal;
  // Somebody has ended it: what it sends does not run any more. Its connection closes soon. Any thread sets it.
  std::atomic<bool> killed{false};
  ReplyMode reply_mode = ReplyMode::kOn;
  std::unique_ptr<std::string> pushes;  // to be sent besides replies, see engine/outbox.h; null: nothing
  std::unique_ptr<KeptRequests> kept;   // null: nothing
  TransactionPointer transaction;       // null: no MULTI is open, and no key watched
  // What it sends now has to be kept: requests before it have not run yet.
  bool rests() const { return stalled || (kept != nullptr && !kept->requests.empty()); }
  std::shared_ptr<Address> address;            // for other threads, see engine/desk.h; null: nobody has asked for it
  std::unique_ptr<SessionPart> subscriptions;  // null: none
  std::unique_ptr<SessionPart> tracking;       // what it is told about the keys it caches; null: nothing
  bool is_tracked = false;                     // Host::OnTracked hears of its commands

  // What a command waits for, see engine/blocking.h; null: nothing. Changed by its worker, read by anybody.
  std::shared_ptr<Waiter> waiter;  // under waiter_lock
  mutable base::SpinLock waiter_lock;

  // The version of the access rules (Gate) at which it was found that none restricts this client; 0: some do.
  std::uint64_t unrestricted_at = 0;
  std::uint64_t rules_seen = 0;  // the version that `user` is of
  // Never changes, is replaced: by the owning worker, under texts_lock. Others read it under that lock.
  std::shared_ptr<const SessionUser> user;

  // For CLIENT LIST and INFO.
  std::int64_t created_ms = 0;
  Published<std::int64_t> last_interaction_ms;
  Published<const ResolvedCommand*> last_command;
  Published<std::uint64_t> bytes_in;
  Published<std::uint64_t> bytes_out;
  Published<std::uint64_t> commands;
  Published<std::uint32_t> input_bytes;  // of an incomplete request
  Published<std::uint32_t> input_capacity;
  Published<std::uint64_t> output_bytes;        // waiting for the socket
  Published<std::uint32_t> shown_flags;         // ShownFlags
  Published<std::int32_t> queued_commands{-1};  // -1: no MULTI is open
  Published<std::uint32_t> watched_keys;
  Published<std::uint64_t> transaction_bytes;
  // A key that it watches was changed: set by any worker under the lock of the key's shard, taken back by its own when
  // it watches nothing.
  Published<bool> watch_touched;

  Published<std::uint32_t> shown_channels;  // subscriptions
  Published<std::uint32_t> shown_patterns;
  Published<std::uint32_t> shown_shard_channels;
  Published<std::int64_t> shown_redirect{-1};  // who gets invalidations instead; 0: itself, -1: nobody

  enum ShownFlags : std::uint32_t {
    kShowNoEvict = 1u << 0,
    kShowNoTouch = 1u << 1,
    kShowCloseAfterReply = 1u << 2,
    kShowUnix = 1u << 3,
    kShowPubsub = 1u << 4,
    kShowTracking = 1u << 5,
    kShowBrokenRedirect = 1u << 6,
    kShowBroadcast = 1u << 7,
    kShowInTransaction = 1u << 8,
    kShowWatchTouched = 1u << 9,
    kShowBlocked = 1u << 10,
    kShowMonitor = 1u << 11,
    kShowPaused = 1u << 12,
  };

  // Texts are rare: most connections have none, and an idle connection must stay small.
  struct Texts {
    std::string name, library_name, library_version;
  };
  mutable base::SpinLock texts_lock;
  std::unique_ptr<Texts> texts;  // under texts_lock; null: all empty
};

}  // namespace zedis::engine

// Context: what a command handler sees. One per worker, reused; its fields are set by the dispatcher for each command.
//
// A handler is plain sequential code: parse and validate everything, look up, compute, reply. The locks of its keys are
// held while it runs. Keys that are due look as if they were not there. After a change it says so once, by Changed().
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/tunables.h"
#include "engine/command.h"
#include "engine/desk.h"
#include "engine/door.h"
#include "engine/errors.h"
#include "engine/locks.h"
#include "engine/outbox.h"
#include "engine/registry.h"
#include "engine/session.h"
#include "engine/stats.h"
#include "resp/reply.h"
#include "store/access.h"
#include "store/keyspace.h"

namespace zedis::engine {

class Blocking;
class Context;

// What is known of a call that has ended.
struct CallReport {
  std::uint64_t ticks;   // 0: it was not timed
  std::uint64_t weight;  // how many calls it stands for, see engine/call_stats.h
  std::size_t reply_bytes;
};

// What housekeeping does, for those who watch how long it takes.
enum class Cycle : std::uint8_t { kExpire, kEviction, kCompaction };

// What the layers above give to their own handlers, see server/, and what they want to know.
class Host {
 public:
  virtual ~Host() = default;
  // Whether the client may read every key there is: asked by commands that find out themselves which keys they read.
  virtual bool MayReadEveryKey(Context&, Args) { return true; }
  // A call has ended that was timed, or whose reply is large, or somebody watches all calls. No lock is held, but for
  // those of a transaction; the reply is not sent yet.
  virtual void OnCall(Context& /*ctx*/, Args /*args*/, const CallReport& /*call*/) {}
  // Clients are paused (Tunables::client_pause), and this command is about to run; its locks are held. True: it must
  // wait with all that its session sends; whoever says so lets the session rest.
  virtual bool MustWait(Context& /*ctx*/, std::uint32_t /*flags*/) { return false; }
  // Of each turn of housekeeping.
  virtual void OnCycle(Cycle /*cycle*/, std::uint64_t /*ticks*/) {}
  // A session is about to end: what features keep of it elsewhere has to go. Called by its worker, which holds no lock.
  virtual void OnSessionEnd(Context& /*ctx*/, Session& /*session*/) {}
  // A session that is_tracked has run a command, whose locks are still held.
  virtual void OnTracked(Context& /*ctx*/, const ResolvedCommand& /*command*/, Args /*args*/) {}
  // A worker has run a batch, of which no reply was sent yet, or other things that may have changed keys.
  virtual void OnTurn(Context& /*ctx*/) {}
};

// What follows from a command when it has let go of its locks.
class Aftermath {
 public:
  virtual ~Aftermath() = default;
  virtual void AfterCommand(Context& ctx) = 0;
};

// Whoever makes room when memory gets short, see engine/evictor.h.
class Reclaimer {
 public:
  virtual ~Reclaimer() = default;
  // True if `bytes` more fit under `maxmemory`; works a while for it if need be. REQUIRES: the worker holds no lock.
  virtual bool MakeRoom(std::size_t bytes) = 0;
};

// What is known of an argument that is a key before its command runs.
struct KeyPlace {
  std::uint64_t hash = 0;
  base::IndexHint hint;
};

class Watches;

class Context {
 public:
  Context(LockTable& lock_table, const base::Tunables& all_tunables, const WriteDoor& write_door,
          const Registry& all_commands, WorkerStats& worker_stats, Host& its_host, resp::OutputBuffer& output)
      : keyspace(lock_table.keyspace()),
        tunables(all_tunables),
        door(write_door),
        registry(all_commands),
        stats(worker_stats),
        host(its_host),
        locks(lock_table),
        reply(output, resp::Protocol::kResp2) {
    stats.calls.Make(registry);
  }

  // --- keys ---

  // The key at args[index]. REQUIRES: the row says that it is one; its hash was computed for locking.
  store::Key KeyAt(Args args, std::size_t index) const { return {args[index], keys[index].hash, keys[index].hint}; }

  // The entry of a key, or null; counts a hit or a miss and notes the access. The pointer lives until the next call
  // that changes the key's shard.
  store::Entry* Find(const store::Key& key) { return FindIn(key, session->database.Get(), true); }
  // The same for a command that is going to change the key: no hit, no miss.
  store::Entry* FindForWrite(const store::Key& key) { return FindIn(key, session->database.Get(), false); }
  // In another database; access is noted if `reading`.
  store::Entry* FindIn(const store::Key& key, int database, bool reading);
  // Neither counts nor notes: OBJECT, TTL, DEBUG.
  store::Entry* Peek(const store::Key& key) { return PeekIn(key, session->database.Get()); }
  store::Entry* PeekIn(const store::Key& key, int database);
  // Counts a hit or a miss, but is no access: EXISTS, TYPE, TTL.
  store::Entry* Inspect(const store::Key& key) {
    store::Entry* entry = Peek(key);
    entry != nullptr ? static_cast<void>(++stats.keyspace_hits) : NoteMiss(key, session->database.Get());
    return entry;
  }
  // The same without an event for a miss: OBJECT.
  store::Entry* InspectQuietly(const store::Key& key) {
    store::Entry* entry = Peek(key);
    ++(entry != nullptr ? stats.keyspace_hits : stats.keyspace_misses);
    return entry;
  }
  // Notes an access, for LRU or LFU. Find does it.
  void NoteAccess(store::Entry* entry) {
    if (access_clock < store::kFrequencyClock) [[likely]] {
      entry->SetAccess(access_clock);
    } else {
      entry->SetAccess(store::AfterAccess(entry->access(), now_ms, tunables, Random()));
    }
  }

  // The same, with an error if the key holds another type.
  Expected<store::Entry*> FindAs(store::Type type, const store::Key& key) { return Typed(type, Find(key)); }
  Expected<store::Entry*> FindForWriteAs(store::Type type, const store::Key& key) {
    return Typed(type, FindForWrite(key));
  }

  store::Database& DatabaseOf(const store::Key& key) const { return keyspace.DatabaseOf(key, session->database.Get()); }

  // Creates the key or overwrites whatever it holds. The only lookup that a plain SET needs: a key that is due expires
  // here as it would in FindForWrite.
  store::Entry* Put(const store::Key& key, const store::Value& value, std::int64_t expire_at_ms = store::kNoExpiry);
  // Replaces the value of an entry that was just found; its time to live stays. Returns where it is now.
  store::Entry* SetValue(const store::Key& key, store::Entry* entry, const store::Value& value,
                         std::size_t spare_bytes = 0) {
    return DatabaseOf(key).SetValue(key, entry, value, spare_bytes);
  }
  store::Entry* SetExpiry(const store::Key& key, store::Entry* entry, std::int64_t expire_at_ms) {
    return DatabaseOf(key).SetExpiry(key, entry, expire_at_ms);
  }
  bool Erase(const store::Key& key) { return DatabaseOf(key).Erase(key); }

  // The door: the handler has changed `key`. Call it once per event, when the change is complete. `changes` is how much
  // of it counts as unsaved (rdb_changes_since_last_save): Redis counts elements for some commands, and one for both
  // keys of RENAME.
  void Changed(const store::Key& key, const Event& event, std::uint64_t changes = 1) {
    ChangedIn(key, session->database.Get(), event, changes);
  }
  void ChangedIn(const store::Key& key, int database, const Event& event, std::uint64_t changes = 1) {
    stats.changes += changes;
    door.Report(*this, {key, database, event});
  }

  // Tells observers that there was no such key before; Put does it.
  void ReportNew(const store::Key& key, int database) {
    if ((tunables.notify_keyspace_events.Get() & base::kNotifyNew) != 0) [[unlikely]] {
      door.Report(*this, {key, database, {base::kNotifyNew, "new"}});
    }
  }

  // Erases a key that is due and reports it as expired.
  void Expire(const store::Key& key, int database, store::Database::Slot slot);
  // The same for entries found by a walk over a shard, by their handles; of those that are not due themselves, what is
  // due of their values goes. False if of some value there is more that is due than one call may take.
  bool ExpireAll(int shard, int database, std::span<const base::Arena::Handle> entries);

  // Erases a key to make room and reports it as evicted.
  void Evict(const store::Key& key, int database, store::Database::Slot slot);

  // Sets the time for the commands that follow: once per batch.
  void SetTime(std::int64_t time_ms) {
    now_ms = time_ms;
    access_clock = store::AccessClock(time_ms, tunables);
  }

  // --- errors and numbers ---

  // Sends an error and counts it. Handlers return theirs instead.
  void ReplyError(std::string_view text) {
    stats.errors.Count(text);
    reply.Error(text);
  }
  // An error whose text is composed; line ends at its end are dropped. The text lives until the next command.
  template <class... Arguments>
  Failure Fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    error_text_ = fmt::format(format, std::forward<Arguments>(arguments)...);
    while (error_text_.ends_with('\r') || error_text_.ends_with('\n')) error_text_.pop_back();
    error_ = Error{error_text_};
    return &error_;
  }

  std::uint64_t Random() {
    return random_state = random_state * 0x5851f42d4c957f2dull + 0x14057b7ef767814full, Mix(random_state);
  }

  // --- wiring ---
  store::Keyspace& keyspace;
  const base::Tunables& tunables;
  const WriteDoor& door;
  const Registry& registry;
  WorkerStats& stats;
  Host& host;
  LockSet locks;
  Reclaimer* reclaimer = nullptr;  // of the worker; null: nothing is evicted
  Outbox outbox;
  Desk* desk = nullptr;          // of the worker
  std::span<Desk* const> desks;  // of all workers
  Aftermath* aftermath = nullptr;
  bool has_aftermath = false;  // an observer has noted something for it
  Watches* watches = nullptr;
  TransactionPointer spare_transaction;  // the next one: one that has ended, or null
  Blocking* blocking = nullptr;          // of the worker; null: no command waits
  bool may_block = true;   // false while a transaction runs: its commands have the reply of waiting in vain
  bool postponed = false;  // the command that was to run must wait and has not run

  // --- of the command that runs ---
  resp::Reply reply;
  std::size_t reply_begin = 0;  // in its output; what CLIENT REPLY OFF or SKIP leaves out begins here
  Session* session = nullptr;
  const ResolvedCommand* command = nullptr;
  const KeyPlace* keys = nullptr;  // parallel to the arguments; set where an argument is a key
  // The command waited for this key, which has become ready, and runs for a client of whatever worker. Null: it comes
  // from the client just now.
  const store::Key* serving = nullptr;
  std::int64_t now_ms = 0;         // one reading per batch
  std::uint32_t access_clock = 0;  // what an access writes into the entry, see store/access.h
  std::uint64_t random_state = 0;

 private:
  static std::uint64_t Mix(std::uint64_t x) {
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
  }
  // A lookup came across an entry of which something is due: erases it, or takes what is due out of its value if that
  // is little. Returns what is left. A large value keeps it for the expiry cycle, and whoever reads it does not show
  // it.
  store::Entry* HideDue(const store::Key& key, int database, store::Database::Slot slot);
  // Takes parts that are due out of a value, and the key with the last one. False if there may be more.
  bool ShedDue(const store::Key& key, int database, store::Entry* entry);
  // What the access field of a key gets that is about to be written, under an LFU policy: an overwrite keeps the count.
  std::uint32_t FrequencyAfter(const store::Entry* overwritten);
  // Somebody has read a key that is not there.
  void NoteMiss(const store::Key& key, int database);
  static Expected<store::Entry*> Typed(store::Type type, store::Entry* entry) {
    if (entry != nullptr && entry->type() != type) return std::unexpected(&kWrongType);
    return entry;
  }

  std::string error_text_;
  Error error_;
};

inline store::Entry* Context::FindIn(const store::Key& key, int database, bool reading) {
  store::Database& owner = keyspace.DatabaseOf(key, database);
  const store::Database::Slot slot = owner.FindSlot(key);
  store::Entry* entry = slot ? owner.At(slot) : nullptr;
  if (entry != nullptr && slot.marked() && store::Database::DueAt(*entry) <= now_ms) [[unlikely]] {
    entry = HideDue(key, database, slot);
  }
  if (entry == nullptr) {
    if (reading) NoteMiss(key, database);
    return nullptr;
  }
  if (reading) ++stats.keyspace_hits;
  // The clock advances rarely, so that most reads leave the line clean.
  if (entry->access() != access_clock && !session->no_touch) NoteAccess(entry);
  return entry;
}

inline store::Entry* Context::Put(const store::Key& key, const store::Value& value, std::int64_t expire_at_ms) {
  store::Database& owner = DatabaseOf(key);
  store::Database::Slot slot = owner.FindSlot(key);
  if (slot && owner.At(slot)->ExpiredAt(now_ms)) [[unlikely]] {
    Expire(key, session->database.Get(), slot);
    slot = {};
  }
  const bool is_new = !slot;
  const bool by_time = access_clock < store::kFrequencyClock;
  const std::uint32_t access = by_time ? access_clock : FrequencyAfter(is_new ? nullptr : owner.At(slot));
  store::Entry* entry = owner.PutAt(key, slot, value, expire_at_ms, access);
  if (is_new) ReportNew(key, session->database.Get());
  return entry;
}

}  // namespace zedis::engine

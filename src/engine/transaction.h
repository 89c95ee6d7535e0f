// Transaction: what a session has queued since MULTI, and the keys that it watches. A session has one from its first
// WATCH or MULTI on until EXEC, DISCARD or UNWATCH; all others have a null pointer, which is all that dispatch looks
// at.
//
// A queued command is copied once, its arguments and the views of them as one piece, and pieces lie one after the other
// in blocks: a transaction of ten small commands is one allocation, and none if the worker has just finished another
// one, since it keeps the last that ended (Context::spare_transaction).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/command.h"
#include "engine/session.h"
#include "store/database.h"

namespace zedis::engine {

struct KeyPlace;

class Transaction {
 public:
  struct Queued {
    const ResolvedCommand* command;
    Args args;
  };
  struct WatchedKey {
    std::string name;
    std::uint64_t hash;
    int database;
    store::Key Key() const { return {name, hash, {}}; }
  };

  Transaction();
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Between MULTI and the end of EXEC.
  bool open() const { return open_; }
  void Open() { open_ = true; }

  // Copies the arguments. REQUIRES: open().
  void Queue(const ResolvedCommand& command, Args args);
  std::span<const Queued> queue() const { return queue_; }

  // A command was refused; if it would have been queued, EXEC will refuse, too.
  void Fail() { failed_ = open_; }
  bool failed() const { return failed_; }

  // Of all queued commands, joined.
  std::uint32_t flags() const { return flags_; }
  // Whether one of them needs to see every shard.
  bool needs_all_locks() const { return needs_all_locks_; }
  // How much was queued and is watched, with what it takes to keep it.
  std::size_t bytes() const { return bytes_ + watched_bytes_; }

  // Room for what is known of each argument that is a key, for all queued commands in a row. Only EXEC needs it.
  std::span<KeyPlace> MakeKeyPlaces();

  std::span<const WatchedKey> watched() const { return watched_; }
  void AddWatched(const store::Key& key, int database);
  void ClearWatched();

  // Closes it and empties the queue. Of the memory that was taken a little is kept.
  void Clear();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };
  static constexpr std::size_t kBlockBytesMin = 2048;
  static constexpr std::size_t kBlockBytesMax = std::size_t{64} << 10;
  static constexpr std::size_t kCommandsKept = 1024;    // and so many arguments
  static constexpr std::size_t kWatchTableBytes = 112;  // of a key in engine/watches.h, about

  char* Take(std::size_t bytes);
  void CountMemory();

  std::vector<Queued> queue_;
  std::vector<Block> blocks_;
  char* next_ = nullptr;  // where the next piece goes, in the last block
  char* end_ = nullptr;
  std::vector<WatchedKey> watched_;
  std::vector<KeyPlace> places_;
  std::size_t block_bytes_ = 0;
  std::size_t arguments_ = 0;
  std::size_t bytes_ = 0;
  std::size_t watched_bytes_ = 0;
  std::size_t counted_bytes_ = 0;  // as memory of clients
  std::uint32_t flags_ = 0;
  bool open_ = false;
  bool failed_ = false;
  bool needs_all_locks_ = false;
};

// Whether a handler is running for EXEC: then nothing may wait.
inline bool InTransaction(const Session& session) {
  return session.transaction != nullptr && session.transaction->open();
}

// MULTI.
void OpenTransaction(Context& ctx, Session& session);

// Keeps a command for EXEC, unless that is going to do nothing anyway. REQUIRES: a transaction is open.
void Enqueue(Session& session, const ResolvedCommand& command, Args args);

// WATCH of a key of the session's database. REQUIRES: the lock of its shard, and that nothing in it is due.
void Watch(Context& ctx, Session& session, const store::Key& key);

// Forgets all keys that the session watches. REQUIRES: the worker holds no lock.
void Unwatch(Context& ctx, Session& session);
// The same. REQUIRES: the worker holds the locks of all their shards.
void UnwatchLocked(Context& ctx, Session& session);

// Ends a transaction, whatever its state, and forgets the watched keys: EXEC has finished, DISCARD, RESET, the session
// ends. REQUIRES: the worker holds no lock.
void EndTransaction(Context& ctx, Session& session);

}  // namespace zedis::engine

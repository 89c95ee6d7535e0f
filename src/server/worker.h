// Worker: one thread with its own event loop and its own connections, which never change threads. Executes every
// command that its connections send.
//
// A tick: every socket that is ready is read once, into one buffer of the worker, before anything runs. Then all that
// is complete is parsed and run in batches (engine/batch.h), and each connection gets one write per batch. Periodic
// work runs between ticks on a budget.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/inbox.h"
#include "engine/batch.h"
#include "engine/blocking.h"
#include "engine/dispatch.h"
#include "engine/housekeeping.h"
#include "engine/locks.h"
#include "net/poller.h"
#include "server/connection.h"
#include "server/listener.h"
#include "server/worker_host.h"

namespace zedis::server {

struct NewConnection {
  net::Descriptor socket;
  std::uint64_t id = 0;
  bool is_unix = false;
  bool is_tls = false;
  std::shared_ptr<const net::TlsContext> tls;  // if is_tls
};

class Worker : public engine::Desk {
 public:
  Worker(int number, const WorkerWiring& wiring);
  ~Worker() override;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Any thread.
  void Adopt(NewConnection connection);
  void Stop();
  void Post(engine::Task task) override;
  std::uint32_t connections() const { return connection_count_.load(std::memory_order_relaxed); }
  const engine::WorkerStats& stats() const { return stats_; }
  engine::WorkerStats& stats() { return stats_; }

  // Any thread: sockets whose connections this worker accepts and hands out from now on, and those it lets go.
  void ChangeListeners(ListenerChange change);

  // Until Stop. The calling thread becomes the worker's.
  void Run();

 private:
  // What one connection has sent in this tick.
  struct Input {
    Connection* connection;
    const char* begin;
    const char* end;
    bool in_tail;  // the bytes lie in the connection's own buffer
  };

  static constexpr std::size_t kInputBytes = std::size_t{4} << 20;
  // Enough for a batch: it runs while what was read is still in the nearest caches.
  static constexpr std::size_t kInputBytesAmple = std::size_t{16} << 10;
  static constexpr std::size_t kReadBytes = std::size_t{64} << 10;
  // From this size on an unfinished request is read into the connection's own buffer.
  static constexpr std::size_t kLargeTailBytes = std::size_t{32} << 10;
  static constexpr std::size_t kTailReadBytesMax = std::size_t{1} << 20;
  // What may wait for a client that has not logged in; as in Redis 7.4.3.
  static constexpr std::int64_t kUnauthenticatedOutputBytesMax = 1024;
  // So much that was pushed is sent before more commands run.
  static constexpr std::size_t kPushedBytesAmple = std::size_t{1} << 20;
  // Edge-triggered: level-triggered epoll would look at every busy socket once more in the next turn.
  static constexpr std::uint32_t kConnectionEvents = EPOLLIN | EPOLLRDHUP | EPOLLET;
  // TLS may have to write before it can read, and the other way round.
  static std::uint32_t EventsOf(const Connection& connection) {
    const bool writes = connection.pending != nullptr || connection.socket.is_tls();
    return kConnectionEvents | (writes ? std::uint32_t{EPOLLOUT} : 0u);
  }
  static constexpr int kTickMs = 100;
  static constexpr std::int64_t kHousekeepingUs = 500;
  static constexpr std::int64_t kAcceptPauseMs = 500;

  int SleepMs() const;
  void Tick(int timeout_ms);
  void TakeInbox();
  void TakeListeners(const ListenerChange& change);
  void Accept(Listener& listener);
  void PauseAccepting(int error);
  void ResumeAccepting();
  void AddConnection(NewConnection fresh);
  void Read(Connection& connection);
  void ReadIntoTail(Connection& connection);
  bool NoteRead(Connection& connection, ssize_t count, std::size_t room);
  void MarkUnread(Connection& connection);
  void ReadAll();
  void RunInputs();
  void ParseInput(const Input& input);
  void KeepInput(const Input& input);
  void FinishKept(Connection& connection);
  void NoteTail(Connection& connection);
  const char* ParseRequests(Connection& connection, const char* cursor, const char* end);
  void RunBatch();
  void Send(const engine::Batch::Span& span);
  void Queue(Connection& connection, std::size_t from, std::size_t end);
  bool WriteSpan(Connection& connection, std::size_t begin, std::size_t end, std::size_t& written);
  void SendPending(Connection& connection);
  void NoteTlsEnd(const Connection& connection);
  void WatchEvents(Connection& connection);
  void SendPushes();
  void SendPushes(Connection& connection);
  void ResumeInputs();
  void TakeTasks();
  void EndSession(Connection& connection);
  void CheckOutputLimit(Connection& connection);
  void Close(Connection& connection);
  void DestroyClosed();
  void Housekeep();
  void CloseIdle();

  const WorkerWiring wiring_;
  engine::WorkerStats stats_;
  resp::OutputBuffer output_;
  engine::Dispatcher dispatcher_;
  engine::Context context_;
  engine::Batch batch_;
  engine::Housekeeping housekeeping_;
  engine::Blocking blocking_;

  net::Poller poller_;
  net::Waker waker_;
  Source waker_source_{Source::Kind::kWaker};
  base::Inbox<NewConnection> inbox_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint32_t> connection_count_{0};
  base::Inbox<ListenerChange> listener_changes_;
  base::Inbox<engine::Task> tasks_;
  std::vector<std::shared_ptr<Listener>> listeners_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> closed_;
  std::vector<Connection*> unread_;   // to be read in the next turn
  std::vector<Connection*> reading_;  // in this one
  std::unique_ptr<char[]> input_;
  std::size_t input_used_ = 0;
  std::size_t input_counted_ = 0;  // of input_, as memory in use: what was ever written to, the system has given
  std::vector<Input> inputs_;
  std::int64_t next_housekeeping_ms_ = 0;
  std::int64_t next_idle_check_ms_ = 0;
  std::int64_t resume_accepting_ms_ = 0;  // 0: not paused
  bool work_left_ = false;                // of housekeeping
};

}  // namespace zedis::server

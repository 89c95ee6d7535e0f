#include "server/worker.h"

#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/memory_count.h"

namespace zedis::server {
namespace {

std::int64_t WallMs() {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

}  // namespace

Worker::Worker(int number, const WorkerWiring& wiring)
    : wiring_(wiring),
      dispatcher_(wiring.registry, wiring.gate),
      context_(wiring.locks, wiring.tunables, wiring.door, wiring.registry, stats_, wiring.host, output_),
      batch_(dispatcher_, context_),
      housekeeping_(context_, number, wiring.workers),
      blocking_(wiring.waiters),
      input_(std::make_unique_for_overwrite<char[]>(kInputBytes)) {
  poller_.Add(waker_.descriptor(), EPOLLIN, &waker_source_);
  context_.desk = this;
  context_.watches = &wiring.watches;
  context_.blocking = &blocking_;
  context_.aftermath = &blocking_;
  context_.reclaimer = &housekeeping_.evictor();
  context_.random_state = static_cast<std::uint64_t>(WallMs()) * 0x9e3779b97f4a7c15ull + static_cast<unsigned>(number);
}

Worker::~Worker() {
  for (auto& connection : connections_) wiring_.connections.Closed(*connection);
  base::MemoryCount::AddClient(-static_cast<std::ptrdiff_t>(input_counted_));
}

void Worker::Adopt(NewConnection connection) {
  // Counted before it is there: of many that arrive at once none must be placed by what was true before the others.
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  inbox_.Send(std::move(connection));
  waker_.Wake();
}

void Worker::Stop() {
  stopping_.store(true, std::memory_order_seq_cst);
  waker_.Wake();
}

void Worker::Post(engine::Task task) {
  tasks_.Send(std::move(task));
  waker_.Wake();
}

void Worker::ChangeListeners(ListenerChange change) {
  listener_changes_.Send(std::move(change));
  waker_.Wake();
}

void Worker::Run() {
  context_.desks = wiring_.desks;
  while (!stopping_.load(std::memory_order_relaxed)) Tick(SleepMs());
  for (const auto& connection : connections_) EndSession(*connection);
}

// How long nothing may be done, if nothing happens.
int Worker::SleepMs() const {
  if (work_left_) return 1;
  if (blocking_.next_deadline_ms() == INT64_MAX) return kTickMs;
  return static_cast<int>(std::clamp<std::int64_t>(blocking_.next_deadline_ms() - WallMs(), 0, kTickMs));
}

void Worker::Tick(int timeout_ms) {
  waker_.WillSleep();
  const bool has_news = !inbox_.empty() || !listener_changes_.empty() || !tasks_.empty() || !unread_.empty() ||
                        context_.outbox.has_resumed();
  if (has_news || stopping_.load(std::memory_order_seq_cst)) timeout_ms = 0;
  const std::span<epoll_event> events = poller_.Wait(timeout_ms);
  waker_.Awake();
  const std::uint64_t start = base::ReadTicks();
  context_.SetTime(WallMs());
  ++stats_.loop_cycles;
  for (const epoll_event& event : events) {
    auto* source = static_cast<Source*>(event.data.ptr);
    switch (source->kind) {
      case Source::Kind::kWaker:
        waker_.Drain();
        break;
      case Source::Kind::kListener:
        Accept(static_cast<Listener&>(*source));
        break;
      case Source::Kind::kConnection: {
        auto& connection = static_cast<Connection&>(*source);
        const bool tls = connection.socket.is_tls();
        if ((event.events & EPOLLOUT) != 0 || tls) SendPending(connection);
        if ((event.events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) != 0) connection.hung_up = true;
        if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0 || tls) MarkUnread(connection);
        break;
      }
    }
  }
  ResumeInputs();
  ReadAll();
  RunInputs();
  TakeTasks();
  blocking_.EndOverdue(context_);
  TakeInbox();
  if (work_left_ || context_.now_ms >= next_housekeeping_ms_) Housekeep();
  // Of what has expired, or of a task.
  if (context_.has_aftermath) context_.aftermath->AfterCommand(context_);
  wiring_.connections.AfterTurn(context_);
  wiring_.host.OnTurn(context_);
  SendPushes();
  context_.outbox.TakeClosing([&](engine::Session& session) { Close(static_cast<Connection&>(session)); });
  DestroyClosed();
  stats_.loop_ticks += base::TicksSince(start);
}

// --- connections come and go ---

void Worker::TakeInbox() {
  inbox_.TakeAll([&](NewConnection&& fresh) { AddConnection(std::move(fresh)); });
  listener_changes_.TakeAll([&](ListenerChange&& change) { TakeListeners(change); });
}

void Worker::TakeListeners(const ListenerChange& change) {
  for (const auto& gone : change.removed) {
    poller_.Remove(gone->socket.get());
    std::erase(listeners_, gone);
  }
  for (const auto& fresh : change.added) {
    poller_.Add(fresh->socket.get(), EPOLLIN, static_cast<Source*>(fresh.get()));
    listeners_.push_back(fresh);
  }
}

void Worker::Accept(Listener& listener) {
  const base::Tunables& tunables = wiring_.tunables;
  const std::int64_t most =
      (listener.is_tls ? tunables.max_new_tls_connections_per_cycle : tunables.max_new_connections_per_cycle).Get();
  for (std::int64_t i = 0; i < most; ++i) {
    net::Descriptor socket(accept4(listener.socket.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) PauseAccepting(errno);
      return;
    }
    wiring_.connections.Place(
        {.socket = std::move(socket), .is_unix = listener.is_unix, .is_tls = listener.is_tls, .tls = nullptr});
  }
}

// A client that cannot be accepted stays in the listener's queue, and epoll would tell of it again and again.
void Worker::PauseAccepting(int error) {
  wiring_.log.Warning("Accepting client connection: {}. Trying again in {} ms; is the limit of open files too low?",
                      std::strerror(error), kAcceptPauseMs);
  for (const auto& listener : listeners_)
    poller_.Change(listener->socket.get(), 0, static_cast<Source*>(listener.get()));
  resume_accepting_ms_ = context_.now_ms + kAcceptPauseMs;
}

void Worker::ResumeAccepting() {
  for (const auto& listener : listeners_) {
    poller_.Change(listener->socket.get(), EPOLLIN, static_cast<Source*>(listener.get()));
  }
  resume_accepting_ms_ = 0;
}

void Worker::AddConnection(NewConnection fresh) {
  net::ConfigureConnection(fresh.socket.get(), static_cast<int>(wiring_.tunables.tcp_keepalive_s.Get()));
  auto connection = std::make_unique<Connection>(net::Stream(std::move(fresh.socket), std::move(fresh.tls)));
  connection->id = fresh.id;
  connection->created_ms = context_.now_ms;
  connection->last_interaction_ms.Set(context_.now_ms);
  connection->index = static_cast<std::uint32_t>(connections_.size());
  if (fresh.is_unix) connection->shown_flags.Set(engine::Session::kShowUnix);
  poller_.Add(connection->socket.get(), EventsOf(*connection), static_cast<Source*>(connection.get()));
  wiring_.connections.Opened(*connection, *this);
  connections_.push_back(std::move(connection));
  ++stats_.connections;
}

void Worker::Close(Connection& connection) {
  if (connection.closing) return;
  connection.closing = true;
  poller_.Remove(connection.socket.get());
  closed_.push_back(&connection);
}

// Connections end here only, when no batch or event refers to them any more.
void Worker::DestroyClosed() {
  if (closed_.empty()) return;
  // First of all: whoever sees the end of a connection may count on its place being free.
  connection_count_.fetch_sub(static_cast<std::uint32_t>(closed_.size()), std::memory_order_relaxed);
  std::erase_if(unread_, [](const Connection* connection) { return connection->closing; });
  for (Connection* connection : closed_) {
    EndSession(*connection);
    wiring_.connections.Closed(*connection);
    const std::uint32_t index = connection->index;
    connections_.back()->index = index;
    std::swap(connections_[index], connections_.back());
    connections_.pop_back();
  }
  closed_.clear();
}

void Worker::EndSession(Connection& connection) {
  blocking_.OnSessionEnd(context_, connection);
  wiring_.host.OnSessionEnd(context_, connection);
  context_.outbox.Forget(connection);
  if (connection.address != nullptr) connection.address->session = nullptr;
}

void Worker::TakeTasks() {
  tasks_.TakeAll([&](engine::Task&& task) { task(context_); });
}

// A handshake that failed is worth a line to whoever looks for the reason.
void Worker::NoteTlsEnd(const Connection& connection) {
  const std::string& error = connection.socket.tls()->error();
  if (error.empty()) return;
  wiring_.log.Verbose("TLS connection id={} ended: {}", connection.id, error);
}

// What the poller tells of the connection from now on.
void Worker::WatchEvents(Connection& connection) {
  poller_.Change(connection.socket.get(), EventsOf(connection), static_cast<Source*>(&connection));
}

// --- input ---

// The poller tells of new bytes once. A connection stays marked until a read has come back with less than it had room
// for, which says that the socket is empty; the next bytes are news again. After the other side has hung up there is no
// more news: then it is read until the end.
void Worker::MarkUnread(Connection& connection) {
  if (connection.unread) return;
  connection.unread = true;
  unread_.push_back(&connection);
}

void Worker::ReadAll() {
  reading_.swap(unread_);
  for (std::size_t i = 0; i < reading_.size(); ++i) {
    // What a connection's turn touches has left the caches since its last one.
    if (i + 2 < reading_.size()) reading_[i + 2]->Prefetch();
    Connection* const connection = reading_[i];
    connection->unread = false;
    if (!connection->closing) Read(*connection);
    if (input_used_ >= kInputBytesAmple) RunInputs();
  }
  reading_.clear();
}

bool Worker::NoteRead(Connection& connection, ssize_t count, std::size_t room) {
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) {
    if (connection.socket.is_tls()) NoteTlsEnd(connection);
    Close(connection);
    return false;
  }
  if (connection.hung_up || connection.socket.AtEnd() || count == static_cast<ssize_t>(room) ||
      (count < 0 && errno == EINTR)) {
    MarkUnread(connection);
  }
  if (count < 0) return false;
  ++stats_.reads;
  stats_.bytes_in += static_cast<std::uint64_t>(count);
  connection.bytes_in.Add(static_cast<std::uint64_t>(count));
  return true;
}

void Worker::Read(Connection& connection) {
  if (connection.tail.size() >= kLargeTailBytes) return ReadIntoTail(connection);
  if (kInputBytes - input_used_ < kLargeTailBytes + kReadBytes) RunInputs();
  char* begin = input_.get() + input_used_;
  const std::size_t kept = connection.tail.size();
  const ssize_t count = connection.socket.Receive(begin + kept, kReadBytes);
  if (!NoteRead(connection, count, kReadBytes)) return;
  if (kept != 0) {
    std::memcpy(begin, connection.tail.data(), kept);
    connection.tail.Release();
  }
  const char* end = begin + kept + count;
  inputs_.push_back({&connection, begin, end, false});
  // The parser may look at a word at a time; the next input starts on another cache line.
  input_used_ = (static_cast<std::size_t>(end - input_.get()) + 63) & ~std::size_t{63};
  if (input_used_ > input_counted_) [[unlikely]] {
    base::MemoryCount::AddClient(static_cast<std::ptrdiff_t>(input_used_ - input_counted_));
    input_counted_ = input_used_;
  }
}

void Worker::ReadIntoTail(Connection& connection) {
  // As much as is missing, but never more than doubles what is there: nothing is allocated for what a client claims.
  const auto missing = static_cast<std::size_t>(std::max<std::uint64_t>(connection.progress.NeededBytes(), kReadBytes));
  const std::size_t room = std::min({missing, connection.tail.size(), kTailReadBytesMax});
  char* begin = connection.tail.Room(room);
  const ssize_t count = connection.socket.Receive(begin, room);
  if (!NoteRead(connection, count, room)) return;
  connection.tail.Commit(static_cast<std::size_t>(count));
  inputs_.push_back({&connection, nullptr, nullptr, true});
}

// Requests that were kept run before what has arrived after them.
void Worker::ResumeInputs() {
  context_.outbox.TakeResumed([&](engine::Session& session) {
    auto& connection = static_cast<Connection&>(session);
    if (connection.closing || connection.stalled) return;
    if (connection.kept != nullptr) {
      connection.tail.Prepend(connection.kept->requests);
      connection.kept->requests.clear();
      connection.progress.Reset();
    }
    inputs_.push_back({&connection, nullptr, nullptr, true});
  });
}

// What was posted before a client sent its request must have happened when the request runs: whoever has seen the reply
// to a PUBLISH may count on the message coming before the replies to what it asks of another worker after that.
void Worker::RunInputs() {
  TakeTasks();
  for (const Input& input : inputs_) ParseInput(input);
  RunBatch();
  inputs_.clear();
  input_used_ = 0;
}

void Worker::ParseInput(const Input& input) {
  Connection& connection = *input.connection;
  if (connection.closing || connection.close_after_reply) return;
  if (connection.rests()) return KeepInput(input);
  // A connection's requests run together as far as a batch has room: each batch costs it a write.
  if (batch_.ample()) RunBatch();
  if (!input.in_tail) {
    const char* left = ParseRequests(connection, input.begin, input.end);
    if (left != input.end) connection.tail.Assign({left, static_cast<std::size_t>(input.end - left)});
  } else {
    const char* begin = connection.tail.data();
    const char* left = ParseRequests(connection, begin, begin + connection.tail.size());
    // Requests show bytes of the tail: they run before it changes.
    if (left != begin) {
      RunBatch();
      connection.tail.DropFront(static_cast<std::size_t>(left - begin));
    }
  }
  if (connection.kept != nullptr && !connection.rests()) [[unlikely]]
    FinishKept(connection);
  NoteTail(connection);
}

// A session that rests, or whose kept requests are to run in the next turn: what arrives is only stored.
void Worker::KeepInput(const Input& input) {
  Connection& connection = *input.connection;
  if (!input.in_tail) connection.tail.Assign({input.begin, static_cast<std::size_t>(input.end - input.begin)});
  NoteTail(connection);
}

// All requests that had been kept are in the batch; what broke the protocol behind them is next.
void Worker::FinishKept(Connection& connection) {
  const std::unique_ptr<engine::KeptRequests> kept = std::move(connection.kept);
  if (!kept->protocol_error.empty()) batch_.AddProtocolError(connection, kept->protocol_error);
}

void Worker::NoteTail(Connection& connection) {
  connection.input_bytes.Set(static_cast<std::uint32_t>(connection.tail.size()));
  connection.input_capacity.Set(static_cast<std::uint32_t>(connection.tail.capacity()));
  // What it has queued is still to run, too.
  const std::uint64_t bytes = connection.tail.size() + connection.transaction_bytes.Get();
  if (bytes > static_cast<std::uint64_t>(wiring_.tunables.client_query_buffer_limit_bytes.Get())) {
    wiring_.log.Warning("Closing client that reached max query buffer length: id={}", connection.id);
    ++stats_.query_buffer_disconnections;
    Close(connection);
  }
}

// Adds everything complete to the batch, running it when it is full. Returns where the unfinished rest begins.
const char* Worker::ParseRequests(Connection& connection, const char* cursor, const char* end) {
  resp::RequestLimits limits{.max_bulk_bytes = wiring_.tunables.proto_max_bulk_len_bytes.Get()};
  while (cursor != end) {
    limits.authenticated = connection.authenticated;
    const std::size_t first = batch_.arguments().Size();
    const resp::ParseStatus status = resp::ParseRequest(cursor, end, limits, connection.progress, batch_.arguments());
    if (status == resp::ParseStatus::kIncomplete) break;
    if (status == resp::ParseStatus::kError) {
      batch_.arguments().Truncate(first);
      batch_.AddProtocolError(connection, connection.progress.ErrorText());
      cursor = end;
    } else {
      batch_.Add(connection, first, batch_.arguments().Size() - first);
    }
    // A client that has not logged in yet: the next request may be parsed by other limits.
    if (batch_.full() || !connection.authenticated) RunBatch();
    if (connection.close_after_reply || connection.closing) return end;
    if (connection.rests()) return cursor;
  }
  return cursor;
}

// --- execution and output ---

void Worker::RunBatch() {
  if (batch_.empty()) return;
  for (bool finished = false; !finished;) {
    const std::uint64_t start = base::ReadTicks();
    finished = batch_.Run();
    wiring_.host.OnTurn(context_);
    stats_.command_ticks += base::TicksSince(start);
    for (const engine::Batch::Span& span : batch_.spans()) Send(span);
    output_.Clear();
    // Otherwise they wait for the end of the turn, so that each session gets one write.
    if (context_.outbox.pushed_bytes() >= kPushedBytesAmple) SendPushes();
    housekeeping_.AfterBatch();
  }
}

void Worker::Send(const engine::Batch::Span& span) {
  auto& connection = static_cast<Connection&>(*span.session);
  if (connection.closing) return;
  std::size_t written = 0;
  if (connection.pending != nullptr) {
    Queue(connection, span.begin, span.end);
    CheckOutputLimit(connection);
  } else if (span.end != span.begin || !output_.Attachments().empty()) {
    if (!WriteSpan(connection, span.begin, span.end, written)) return Close(connection);
  }
  if (connection.close_after_reply && connection.pending == nullptr) Close(connection);
}

// Writes one session's replies, attachments in their places, or queues what the socket does not take.
bool Worker::WriteSpan(Connection& connection, std::size_t begin, std::size_t end, std::size_t& written) {
  if (output_.Attachments().empty()) [[likely]] {
    const ssize_t count = connection.socket.Send(output_.Data() + begin, end - begin);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    written = count < 0 ? 0 : static_cast<std::size_t>(count);
    if (written != 0) ++stats_.writes;
    stats_.bytes_out += written;
    connection.bytes_out.Add(written);
    if (begin + written == end) return true;
  }
  connection.pending = std::make_unique<PendingOutput>();
  Queue(connection, begin + written, end);
  if (!connection.pending->WriteTo(connection.socket)) return false;
  ++stats_.writes;
  if (connection.pending->empty()) {
    connection.pending.reset();
  } else {
    WatchEvents(connection);
    CheckOutputLimit(connection);
  }
  return true;
}

// Moves bytes [from, end) of the output and what is attached between them behind what already waits.
void Worker::Queue(Connection& connection, std::size_t from, std::size_t end) {
  PendingOutput& pending = *connection.pending;
  const std::size_t before = pending.bytes();
  std::size_t next = from;
  for (resp::Attachment& attachment : output_.MutableAttachments()) {
    if (attachment.Offset() < from || attachment.Offset() >= end || !attachment.Held()) continue;
    pending.Append(std::string_view(output_.Data() + next, attachment.Offset() - next));
    next = attachment.Offset();
    pending.Append(std::move(attachment), 0);
  }
  pending.Append(std::string_view(output_.Data() + next, end - next));
  connection.output_bytes.Set(pending.bytes());
  const std::size_t added = pending.bytes() - before;
  stats_.bytes_out += added;
  connection.bytes_out.Add(added);
}

void Worker::SendPending(Connection& connection) {
  if (connection.pending == nullptr || connection.closing) return;
  if (!connection.pending->WriteTo(connection.socket)) return Close(connection);
  ++stats_.writes;
  connection.output_bytes.Set(connection.pending->bytes());
  if (!connection.pending->empty()) return;
  connection.pending.reset();
  connection.over_soft_limit_since_ms = 0;
  WatchEvents(connection);
  if (connection.close_after_reply) Close(connection);
}

void Worker::SendPushes() {
  context_.outbox.TakePushed([&](engine::Session& session) { SendPushes(static_cast<Connection&>(session)); });
}

void Worker::SendPushes(Connection& connection) {
  const std::unique_ptr<std::string> bytes = std::move(connection.pushes);
  if (bytes == nullptr || connection.closing) return;
  std::size_t written = 0;
  if (connection.pending == nullptr) {
    const ssize_t count = connection.socket.Send(bytes->data(), bytes->size());
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Close(connection);
    if (count > 0) written = static_cast<std::size_t>(count);
    stats_.writes += written != 0;
  }
  if (written != bytes->size()) {
    if (connection.pending == nullptr) {
      connection.pending = std::make_unique<PendingOutput>();
      WatchEvents(connection);
    }
    connection.pending->Append(std::string_view(*bytes).substr(written));
    connection.output_bytes.Set(connection.pending->bytes());
    CheckOutputLimit(connection);
  }
  stats_.bytes_out += bytes->size();
  connection.bytes_out.Add(bytes->size());
  if (connection.close_after_reply && connection.pending == nullptr) Close(connection);
}

void Worker::CheckOutputLimit(Connection& connection) {
  const auto& limit = wiring_.tunables.output_buffer_limits[static_cast<std::size_t>(connection.output_class)];
  const auto waiting = static_cast<std::int64_t>(connection.pending->bytes());
  const std::int64_t hard = limit.hard_bytes.Get();
  const std::int64_t soft = limit.soft_bytes.Get();
  bool over = hard > 0 && waiting > hard;
  // Who has not logged in must not make the server hold memory by asking and never reading.
  over |= !connection.authenticated && waiting > kUnauthenticatedOutputBytesMax;
  if (soft > 0 && waiting > soft) {
    if (connection.over_soft_limit_since_ms == 0) connection.over_soft_limit_since_ms = context_.now_ms;
    over |= context_.now_ms - connection.over_soft_limit_since_ms > limit.soft_seconds.Get() * 1000;
  } else {
    connection.over_soft_limit_since_ms = 0;
  }
  if (!over) return;
  wiring_.log.Warning("Client id={} scheduled to be closed ASAP for overcoming of output buffer limits.",
                      connection.id);
  ++stats_.output_buffer_disconnections;
  Close(connection);
}

// --- periodic ---

void Worker::Housekeep() {
  next_housekeeping_ms_ = context_.now_ms + kTickMs;
  work_left_ = housekeeping_.Run(kHousekeepingUs);
  wiring_.connections.Sample(context_.now_ms);
  if (resume_accepting_ms_ != 0 && context_.now_ms >= resume_accepting_ms_) ResumeAccepting();
  if (context_.now_ms >= next_idle_check_ms_) {
    next_idle_check_ms_ = context_.now_ms + 1000;
    CloseIdle();
  }
}

void Worker::CloseIdle() {
  const std::int64_t limit_ms = wiring_.tunables.client_timeout_s.Get() * 1000;
  if (limit_ms == 0) return;
  for (const auto& connection : connections_) {
    // Who waits for something is not idle.
    if (connection->stalled || connection->output_class != base::OutputClass::kNormal) continue;
    if (context_.now_ms - connection->last_interaction_ms.Get() > limit_ms) Close(*connection);
  }
}

}  // namespace zedis::server

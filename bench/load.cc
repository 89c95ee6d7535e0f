// load: a RESP load generator that measures servers, not clients.
//
// Each connection keeps one batch of `pipeline` requests in flight. Batches are encoded before the clock starts and
// replayed in order; replies are counted, not decoded. What a request costs here is a copy into the socket and one
// comparison, so one core of load saturates one core of server. Requests that must never repeat (mode load, %n) are
// encoded when their batch is due, before its latency is measured.
//
// With --rate, batches start on a schedule whether or not the server keeps up, and latency counts from the moment a
// batch was due: a stall is then seen by all requests that it delayed, not only by those in flight.
//
// Prints a line for people and one for programs ("result key=value ..."). Exit code: 0; 1 if the server answered
// with errors, hung up or stopped answering; 2 for wrong usage.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "batches.h"
#include "latency.h"
#include "load_options.h"
#include "process.h"
#include "reply_counter.h"
#include "socket.h"

namespace zedis::bench {
namespace {

constexpr std::size_t kReadBytesMax = 256 * 1024;
constexpr int kEventsMax = 256;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
constexpr std::uint64_t kStallNs = 20 * kNsPerSecond;
constexpr std::uint64_t kNever = ~std::uint64_t{0};

std::uint64_t NowNs() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * kNsPerSecond + static_cast<std::uint64_t>(now.tv_nsec);
}

struct Connection {
  int fd = -1;
  bool waits_to_write = false;
  std::uint64_t replies_due = 0;
  std::uint64_t started_ns = 0;
  std::string_view unsent;
  ReplyCounter counter;
  std::vector<char> own_batch;  // if batches are freshly encoded
};

class Load {
 public:
  Load(const Options& options, Batches& batches)
      : options_(options),
        batches_(batches),
        requests_max_(options.RequestsMax()),
        interval_ns_(options.rate > 0 ? static_cast<double>(options.pipeline) * 1e9 / options.rate : 0),
        epoll_(epoll_create1(0)),
        connections_(options.connections),
        buffer_(kReadBytesMax + ReplyCounter::kSlackBytes) {
    for (std::size_t i = 0; i < connections_.size(); ++i) Connect(i);
  }

  void Run() {
    start_ns_ = NowNs();
    due_ns_ = static_cast<double>(start_ns_);
    if (options_.seconds > 0) deadline_ns_ = start_ns_ + static_cast<std::uint64_t>(options_.seconds * 1e9);
    for (Connection& connection : connections_) BecomeIdle(connection, start_ns_);
    epoll_event events[kEventsMax];
    for (;;) {
      if (interval_ns_ > 0) StartDueBatches();
      if (is_over_ && IsQuiet()) break;  // the schedule may end when nothing is in flight
      const int ready = Wait(events);
      for (int i = 0; i < ready; ++i) Handle(connections_[events[i].data.u64], events[i].events);
    }
    end_ns_ = NowNs();
  }

  // How many requests were answered. REQUIRES: Run has ended.
  std::uint64_t requests() const { return replies_ / batches_.replies(); }
  std::uint64_t replies() const { return replies_; }
  double Seconds() const { return static_cast<double>(end_ns_ - start_ns_) / 1e9; }
  const LatencyHistogram& latency() const { return latency_; }

  std::uint64_t Errors() const {
    std::uint64_t errors = 0;
    for (const Connection& connection : connections_) errors += connection.counter.errors();
    return errors;
  }
  std::string_view FirstError() const {
    for (const Connection& connection : connections_) {
      if (connection.counter.errors() > 0) return connection.counter.first_error();
    }
    return {};
  }

 private:
  bool IsQuiet() const { return replies_ == sent_ * batches_.replies(); }

  void Connect(std::size_t index) {
    Connection& connection = connections_[index];
    connection.fd = socket(AF_INET, SOCK_STREAM, 0);
    const sockaddr_in address = LoopbackAddress(static_cast<std::uint16_t>(options_.port));
    if (connect(connection.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      Fail(1, fmt::format("cannot connect to port {}: {}", options_.port, std::strerror(errno)));
    }
    SendAtOnce(connection.fd);
    CHECK(fcntl(connection.fd, F_SETFL, O_NONBLOCK) == 0);
    Watch(epoll_, EPOLL_CTL_ADD, connection.fd, EPOLLIN, index);
    if (batches_.is_fresh()) connection.own_batch.resize(batches_.batch_bytes_max());
  }

  // Returns the number of events; ends the process if the server has been silent for too long.
  int Wait(epoll_event* events) {
    std::uint64_t patience_ns = options_.spin ? 0 : kStallNs;
    if (interval_ns_ > 0 && !is_over_ && !idle_.empty()) {
      const std::uint64_t now_ns = NowNs();
      const auto due_ns = static_cast<std::uint64_t>(due_ns_);
      patience_ns = std::min(patience_ns, due_ns > now_ns ? due_ns - now_ns : 0);
    }
    const timespec timeout = {static_cast<time_t>(patience_ns / kNsPerSecond),
                              static_cast<long>(patience_ns % kNsPerSecond)};
    const int ready = epoll_pwait2(epoll_, events, kEventsMax, &timeout, nullptr);
    if (ready > 0 || IsQuiet()) {
      silent_since_ns_ = 0;
    } else if (silent_since_ns_ == 0) {
      silent_since_ns_ = NowNs() - patience_ns;
    }
    if (silent_since_ns_ != 0 && NowNs() - silent_since_ns_ >= kStallNs) {
      Fail(1, fmt::format("the server stopped answering after {} replies to {} requests", replies_, sent_));
    }
    return ready;
  }

  void Handle(Connection& connection, std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) Send(connection);
    if ((events & ~EPOLLOUT) == 0) return;
    const ssize_t got = recv(connection.fd, buffer_.data(), kReadBytesMax, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      Fail(1, fmt::format("the server hung up after {} replies: {}", replies_, FirstError()));
    }
    const std::uint64_t complete = connection.counter.Count(buffer_.data(), static_cast<std::size_t>(got));
    if (complete > connection.replies_due) Fail(1, "more replies than requests");
    replies_ += complete;
    connection.replies_due -= complete;
    if (connection.replies_due > 0 || complete == 0) return;
    const std::uint64_t now_ns = NowNs();
    latency_.Add(now_ns - connection.started_ns);
    BecomeIdle(connection, now_ns);
  }

  void BecomeIdle(Connection& connection, std::uint64_t now_ns) {
    if (interval_ns_ > 0) {
      idle_.push_back(&connection);
    } else {
      StartBatch(connection, now_ns);
    }
  }

  void StartDueBatches() {
    const auto now_ns = static_cast<double>(NowNs());
    for (; !is_over_ && !idle_.empty() && due_ns_ <= now_ns; due_ns_ += interval_ns_) {
      Connection& connection = *idle_.back();
      idle_.pop_back();
      StartBatch(connection, static_cast<std::uint64_t>(due_ns_));
    }
  }

  void StartBatch(Connection& connection, std::uint64_t start_ns) {
    is_over_ |= sent_ >= requests_max_ || start_ns >= deadline_ns_;
    if (is_over_) return;
    connection.started_ns = start_ns;
    std::uint64_t requests = options_.pipeline;
    if (batches_.is_fresh()) {
      requests = std::min(options_.pipeline, requests_max_ - sent_);
      connection.unsent = batches_.Encode(connection.own_batch.data(), requests);
      if (interval_ns_ == 0) connection.started_ns = NowNs();
    } else {
      connection.unsent = batches_.NextOfPool();
    }
    connection.replies_due = requests * batches_.replies();
    sent_ += requests;
    Send(connection);
  }

  void Send(Connection& connection) {
    while (!connection.unsent.empty()) {
      const ssize_t sent = send(connection.fd, connection.unsent.data(), connection.unsent.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) break;
      if (sent < 0) Fail(1, fmt::format("cannot write to the server: {}", std::strerror(errno)));
      connection.unsent.remove_prefix(static_cast<std::size_t>(sent));
    }
    if (const bool must_wait = !connection.unsent.empty(); must_wait != connection.waits_to_write) {
      connection.waits_to_write = must_wait;
      Watch(epoll_, EPOLL_CTL_MOD, connection.fd, must_wait ? EPOLLIN | EPOLLOUT : EPOLLIN,
            static_cast<std::uint64_t>(&connection - connections_.data()));
    }
  }

  const Options& options_;
  Batches& batches_;
  const std::uint64_t requests_max_;
  const double interval_ns_;  // between batches on a schedule; 0: no schedule
  const int epoll_;
  std::vector<Connection> connections_;
  std::vector<Connection*> idle_;  // on a schedule: those that wait for their turn
  std::vector<char> buffer_;
  LatencyHistogram latency_;
  std::uint64_t sent_ = 0;
  std::uint64_t replies_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t end_ns_ = 0;
  std::uint64_t deadline_ns_ = kNever;
  std::uint64_t silent_since_ns_ = 0;  // 0: not silent
  double due_ns_ = 0;
  bool is_over_ = false;  // no more batches will start
};

// ---- the report ----

struct ServerUse {
  CpuSeconds cpu;
  std::int64_t resident_kib = 0;
};

ServerUse MeasureServer(const Options& options) {
  const int pid = static_cast<int>(options.pid);
  if (pid == 0) return {};
  const std::optional<CpuSeconds> cpu = CpuOf(pid);
  if (!cpu) Fail(2, fmt::format("there is no process {}", pid));
  return {*cpu, ResidentKibOf(pid)};
}

double OwnCpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void Report(const Options& options, const Load& load, const ServerUse& before, double own_cpu_seconds) {
  const double requests = static_cast<double>(load.requests());
  const double us_per_request = requests > 0 ? 1e6 / requests : 0;
  const ServerUse after = MeasureServer(options);
  const double user = after.cpu.user - before.cpu.user;
  const double system = after.cpu.system - before.cpu.system;
  const double rate = requests / load.Seconds();
  const auto latency_us = [&](double fraction) {
    return static_cast<double>(load.latency().PercentileNs(fraction)) / 1e3;
  };
  const double max_us = static_cast<double>(load.latency().max_ns()) / 1e3;
  const std::string_view name = options.command.empty() ? std::string_view(options.mode) : "command";

  fmt::print("{} c={} P={} d={}: {:.0f} requests/s, batch latency us p50 {:.0f} p99 {:.0f} p99.9 {:.0f} max {:.0f}",
             name, options.connections, options.pipeline, options.shape.value_bytes, rate, latency_us(0.5),
             latency_us(0.99), latency_us(0.999), max_us);
  if (options.pid != 0) {
    fmt::print(", server us/request {:.3f} (user {:.3f} system {:.3f}), {:.0f} % busy, resident {:+} KiB",
               (user + system) * us_per_request, user * us_per_request, system * us_per_request,
               (user + system) / load.Seconds() * 100, after.resident_kib - before.resident_kib);
  }
  fmt::print(
      "\nresult mode={} connections={} pipeline={} keyspace={} value_bytes={} requests={} errors={} seconds={:.4f} "
      "rate={:.1f} load_cpu_us={:.4f} p50_us={:.1f} p99_us={:.1f} p999_us={:.1f} max_us={:.1f}",
      name, options.connections, options.pipeline, options.shape.keyspace, options.shape.value_bytes, load.requests(),
      load.Errors(), load.Seconds(), rate, own_cpu_seconds * us_per_request, latency_us(0.5), latency_us(0.99),
      latency_us(0.999), max_us);
  if (options.pid != 0) {
    fmt::print(" cpu_us={:.4f} cpu_user_us={:.4f} cpu_system_us={:.4f} busy={:.3f} resident_kib={} growth_kib={}",
               (user + system) * us_per_request, user * us_per_request, system * us_per_request,
               (user + system) / load.Seconds(), after.resident_kib, after.resident_kib - before.resident_kib);
  }
  fmt::print("\n");
}

int Main(int argc, char** argv) {
  const Options options = ParseOptions(argc, argv);
  Batches batches(options);
  Load load(options, batches);
  const ServerUse before = MeasureServer(options);
  const double own_before = OwnCpuSeconds();
  load.Run();
  Report(options, load, before, OwnCpuSeconds() - own_before);
  if (load.Errors() == 0) return 0;
  fmt::print(stderr, "bench-load: {} of {} replies were errors, the first: {}\n", load.Errors(), load.replies(),
             load.FirstError());
  return 1;
}

}  // namespace
}  // namespace zedis::bench

int main(int argc, char** argv) { return zedis::bench::Main(argc, argv); }

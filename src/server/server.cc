#include "server/server.h"

#include <signal.h>
#include <sys/random.h>
#include <unistd.h>

#include <bit>
#include <chrono>
#include <string_view>

#include "base/check.h"
#include "server/tables.h"

namespace zedis::server {
namespace {

// 16 shards a worker: few enough that what each shard always touches stays in the nearest caches (bench/LEDGER.md: with
// 256 shards a GET costs half as much again), enough that two workers seldom want the same one. A single worker has
// nobody to share with, and the fewer shards, the sooner they fill huge pages: as many as reach all of the memory.
int ShardBits(int workers) {
  constexpr int kPerWorker = 4;
  if (workers > 1) return kPerWorker + static_cast<int>(std::bit_width(static_cast<unsigned>(workers - 1)));
  const std::uint64_t memory_bytes =
      static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
  return static_cast<int>(std::bit_width(memory_bytes / base::Arena::kBytesMax));
}

std::uint64_t RandomSeed() {
  std::uint64_t seed = 0;
  CHECK(getrandom(&seed, sizeof seed, 0) == sizeof seed);
  return seed;
}

std::int64_t WallMs() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

Server::Server(Config& config, base::Tunables& tunables, base::Log& log)
    : config_(config),
      tunables_(tunables),
      log_(log),
      registry_(AllTables(), config.renames()),
      access_(registry_),
      identity_(Identity::Make(WallMs())),
      pubsub_(RandomSeed()),
      notifier_(tunables, pubsub_),
      gate_(config, access_, clients_),
      tls_(config, log) {
  access_.Follow(config);
  config.OnChange("loglevel", [this](const Value& value) -> std::expected<void, std::string> {
    log_.SetLevel(static_cast<base::LogLevel>(value.number));
    return {};
  });
  config.OnChange("log-format", [this](const Value& value) -> std::expected<void, std::string> {
    log_.SetFormat(static_cast<base::LogFormat>(value.number));
    return {};
  });
  config.OnChange("log-timestamp-format", [this](const Value& value) -> std::expected<void, std::string> {
    log_.SetTimestamp(static_cast<base::LogTimestamp>(value.number));
    return {};
  });
  const auto workers = static_cast<int>(config.Number("threads"));
  keyspace_ =
      std::make_unique<store::Keyspace>(ShardBits(workers), static_cast<int>(config.Number("databases")), RandomSeed());
  locks_ = std::make_unique<engine::LockTable>(*keyspace_, workers > 1);
  tracking_ = std::make_unique<Tracking>(Tracking::Parts{*keyspace_, tunables_, door_, clients_, workers});
  notifier_.Follow(config, door_);
  watches_ = std::make_unique<engine::Watches>(*keyspace_, door_);
  door_.AddObserver(*watches_, engine::WriteDoor::Hears::kOnInterest);
  services_ =
      std::make_unique<Services>(ServerParts{config_, access_, clients_, metrics_, static_cast<Lifecycle&>(*this), log_,
                                             identity_, observation_, pause_, pubsub_, *tracking_});
  waiters_ = std::make_unique<engine::WaitTable>(*keyspace_, door_);
  door_.AddObserver(*waiters_, engine::WriteDoor::Hears::kOnInterest);
  const WorkerWiring wiring{*locks_,   tunables_,  door_, *watches_, registry_, gate_,
                            *waiters_, *services_, *this, log_,      workers,   desks_};
  for (int i = 0; i < workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(i, wiring));
    desks_.push_back(workers_.back().get());
    metrics_.Watch(workers_.back()->stats());
  }
  listeners_ = std::make_unique<Listeners>(
      config, tls_, log, [this](ListenerChange change) { workers_[0]->ChangeListeners(std::move(change)); });
}

Server::~Server() { Stop(); }

std::expected<void, std::string> Server::Start() {
  if (auto loaded = access_.LoadUsers(config_); !loaded) return loaded;
  if (auto opened = listeners_->Open(); !opened) return opened;
  metrics_.NoteStartup();
  for (auto& worker : workers_) threads_.emplace_back([&worker] { worker->Run(); });
  return {};
}

// Huge pages are for data that is there to be read. While much is being written the system would make whoever needs a
// new page wait: p99.9 of a batch was 5 ms instead of 0.3 (bench/LEDGER.md). So arenas that grow fast are left alone.
bool Server::Maintain() {
  constexpr std::uint32_t kPagesGrownMax = 64;  // since the last call: 256 KiB
  std::uint32_t touched = 0;
  for (int i = 0; i < keyspace_->shards(); ++i) touched += keyspace_->shard(i).arena.touched_pages();
  const bool grows = touched - touched_pages_seen_ > kPagesGrownMax;
  touched_pages_seen_ = touched;
  if (grows) return false;
  for (int i = 0; i < keyspace_->shards(); ++i) {
    if (keyspace_->shard(i).arena.CollapseNext()) return true;
  }
  return false;
}

void Server::Stop() {
  for (auto& worker : workers_) worker->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

// Why a connection is not taken, before it is closed. Over TLS there would have to be a handshake first.
void Server::Tell(const NewConnection& connection, std::string_view refusal) {
  if (connection.is_tls) return;
  [[maybe_unused]] const ssize_t written = write(connection.socket.get(), refusal.data(), refusal.size());
}

// Protected mode: as long as there is no password, only this machine is let in.
bool Server::Refuse(const NewConnection& connection) {
  constexpr std::string_view kProtected =
      "-DENIED Zedis is running in protected mode because no password is set for the default user. In this mode "
      "connections are only accepted from this machine. To connect from elsewhere set a password by 'requirepass', or, "
      "if the network is trusted, turn protection off by 'CONFIG SET protected-mode no' from this machine.\r\n";
  if (tunables_.protected_mode.IsOn() && !access_.default_has_password() && !connection.is_unix &&
      !net::PeerOf(connection.socket.get()).IsLocal()) {
    Tell(connection, kProtected);
    ++workers_[0]->stats().rejected_connections;
    return true;
  }
  return false;
}

void Server::Place(NewConnection connection) {
  if (Refuse(connection)) return;
  std::size_t least = 0;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    total += workers_[i]->connections();
    if (workers_[i]->connections() < workers_[least]->connections()) least = i;
  }
  if (total >= static_cast<std::uint64_t>(tunables_.maxclients.Get())) {
    constexpr std::string_view kRefusal = "-ERR max number of clients reached\r\n";
    Tell(connection, kRefusal);
    ++workers_[0]->stats().rejected_connections;
    return;
  }
  if (connection.is_tls) connection.tls = tls_.Current();
  connection.id = next_id_.fetch_add(1, std::memory_order_relaxed);
  workers_[least]->Adopt(std::move(connection));
}

void Server::Opened(Connection& connection, engine::Desk& desk) {
  access_.Begin(connection);
  clients_.Add(connection, connection.socket.get(), &desk);
}

void Server::Closed(Connection& connection) { clients_.Remove(connection); }

void Server::Sample(std::int64_t now_ms) {
  metrics_.Sample(now_ms);
  pause_.Check(now_ms);
}

// The main thread takes signals.
void Server::RequestShutdown() { kill(getpid(), SIGTERM); }

}  // namespace zedis::server

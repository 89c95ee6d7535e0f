// bench-core: the execution path in process: requests are parsed from memory, run in batches, and the replies thrown
// away. No sockets, so that what one worker costs, and how two get in each other's way, can be seen without the kernel.
//
//   bench-core [--keys N] [--value BYTES] [--get PERCENT] [--seconds S] [--workers 1,2] [--pipeline N] [--shard-bits B]
//
// Each worker is pinned to a core of its own. Prints requests a second for each number of workers, and their ratio.
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/tunables.h"
#include "commands/tables.h"
#include "engine/batch.h"
#include "engine/dispatch.h"
#include "resp/request.h"
#include "store/keyspace.h"

namespace {

using namespace zedis;  // NOLINT

struct Options {
  std::uint64_t keys = 10'000'000;
  std::size_t value_bytes = 32;
  unsigned get_percent = 80;
  double seconds = 3;
  std::vector<int> workers = {1, 2};
  std::size_t pool_requests = 400'000;
  int shard_bits = 5;
};

struct OpenGate : engine::Gate {
  engine::Outcome Decide(engine::Context&, engine::Args) override { return engine::Done(); }
};

std::string KeyText(std::uint64_t number) { return fmt::format("key:{:012}", number); }

void AppendBulk(std::string& out, std::string_view bytes) { out += fmt::format("${}\r\n{}\r\n", bytes.size(), bytes); }

// Everything that one worker owns.
class CoreWorker {
 public:
  CoreWorker(engine::LockTable& locks, const base::Tunables& tunables, const engine::WriteDoor& door,
             const engine::Registry& registry)
      : dispatcher_(registry, gate_),
        context_(locks, tunables, door, registry, stats_, host_, output_),
        batch_(dispatcher_, context_) {
    session_.authenticated = true;
    context_.now_ms = 1'700'000'000'000;
  }

  // Parses and runs all requests of `text` in batches of the engine's size. Returns how many.
  std::uint64_t RunAll(std::string_view text, const std::atomic<bool>& stop) {
    const resp::RequestLimits limits;
    const char* cursor = text.data();
    const char* const end = cursor + text.size();
    std::uint64_t done = 0;
    while (cursor != end && !stop.load(std::memory_order_relaxed)) {
      for (; cursor != end && !batch_.full(); ++done) {
        const std::size_t first = batch_.arguments().Size();
        if (resp::ParseRequest(cursor, end, limits, progress_, batch_.arguments()) != resp::ParseStatus::kRequest) {
          std::abort();
        }
        batch_.Add(session_, first, batch_.arguments().Size() - first);
      }
      while (!batch_.Run()) output_.Clear();
      output_.Clear();
    }
    return done;
  }

 private:
  OpenGate gate_;
  engine::Host host_;
  engine::WorkerStats stats_;
  resp::OutputBuffer output_;
  engine::Dispatcher dispatcher_;
  engine::Context context_;
  engine::Batch batch_;
  engine::Session session_;
  resp::ParseProgress progress_;
};

std::string EncodePool(const Options& options, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::string value(options.value_bytes, 'v');
  std::string pool;
  for (std::size_t i = 0; i < options.pool_requests; ++i) {
    const std::string key = KeyText(random() % options.keys);
    if (random() % 100 < options.get_percent) {
      pool += "*2\r\n$3\r\nGET\r\n";
      AppendBulk(pool, key);
    } else {
      pool += "*3\r\n$3\r\nSET\r\n";
      AppendBulk(pool, key);
      AppendBulk(pool, value);
    }
  }
  return pool;
}

void Pin(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

void Load(CoreWorker& worker, const Options& options) {
  const std::string value(options.value_bytes, 'v');
  const std::atomic<bool> never{false};
  constexpr std::uint64_t kKeysPerPiece = 10'000;
  for (std::uint64_t first = 0; first < options.keys; first += kKeysPerPiece) {
    std::string text;
    for (std::uint64_t i = first; i < std::min(first + kKeysPerPiece, options.keys); ++i) {
      text += "*3\r\n$3\r\nSET\r\n";
      AppendBulk(text, KeyText(i));
      AppendBulk(text, value);
    }
    worker.RunAll(text, never);
  }
}

double Measure(const Options& options, int workers) {
  store::Keyspace keyspace(options.shard_bits, 1, 12345);
  engine::LockTable locks(keyspace, workers > 1);
  const base::Tunables tunables;
  const engine::WriteDoor door;
  const engine::Registry registry(commands::AllTables());
  {
    CoreWorker loader(locks, tunables, door, registry);
    Load(loader, options);
  }
  std::atomic<bool> stop{false};
  std::atomic<int> ready{0};
  std::atomic<std::uint64_t> total{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < workers; ++i) {
    threads.emplace_back([&, i] {
      Pin(i);
      CoreWorker worker(locks, tunables, door, registry);
      const std::string pool = EncodePool(options, 1000 + static_cast<std::uint64_t>(i));
      ++ready;
      while (ready.load() < workers) std::this_thread::yield();
      std::uint64_t done = 0;
      while (!stop.load(std::memory_order_relaxed)) done += worker.RunAll(pool, stop);
      total += done;
    });
  }
  while (ready.load() < workers) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(total.load()) / elapsed.count();
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--keys") {
      options.keys = std::strtoull(value, nullptr, 10);
    } else if (name == "--value") {
      options.value_bytes = std::strtoull(value, nullptr, 10);
    } else if (name == "--get") {
      options.get_percent = static_cast<unsigned>(std::atoi(value));
    } else if (name == "--seconds") {
      options.seconds = std::atof(value);
    } else if (name == "--shard-bits") {
      options.shard_bits = std::atoi(value);
    } else if (name == "--pool") {
      options.pool_requests = std::strtoull(value, nullptr, 10);
    } else if (name == "--workers") {
      options.workers =
          std::strchr(value, ',') != nullptr ? std::vector<int>{1, 2} : std::vector<int>{std::atoi(value)};
    } else {
      fmt::print(stderr, "bench-core: unknown option {}\n", name);
      return 2;
    }
  }
  double first = 0;
  for (const int workers : options.workers) {
    const double rate = Measure(options, workers);
    if (first == 0) first = rate;
    fmt::print("result workers={} keys={} requests_per_s={:.0f} ns_per_request={:.1f} ratio={:.3f}\n", workers,
               options.keys, rate, 1e9 * workers / rate, rate / first);
  }
  return 0;
}

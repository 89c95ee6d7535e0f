// bench-core: the execution path in process: requests are parsed from memory, run in batches, and the replies thrown
// away. No sockets, so that what one worker costs, and how two get in each other's way, can be seen without the kernel.
//
//   bench-core [--keys N] [--value BYTES] [--get PERCENT] [--seconds S] [--workers N|1,2] [--rounds N] [--shard-bits B]
//
// Each worker is pinned to a core of its own. With "1,2", one worker and two run by turns, and each round says, as
// "machine", how much more two threads get done than one when they read memory at random and share nothing.
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
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
  double seconds = 0.7;
  int workers = 0;  // 0: one and two by turns
  int rounds = 20;
  std::size_t pool_requests = 400'000;
  // As server/server.cc chooses them.
  int shard_bits_alone = 0;
  int shard_bits = 5;
};

struct OpenGate : engine::Gate {
  engine::Outcome Decide(engine::Context&, engine::Args, std::uint32_t) override { return engine::Done(); }
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
    session_.unrestricted_at = engine::Gate::kFirstRules;
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

// Runs `work(i, stop)` in `threads` threads, each pinned to a core of its own, for `seconds`; the sum of what they
// return, a second.
template <typename Work>
double RatePerSecond(int first_core, int threads, double seconds, const Work& work) {
  std::atomic<bool> stop{false};
  std::atomic<int> ready{0};
  std::atomic<std::uint64_t> total{0};
  std::vector<std::thread> running;
  for (int i = 0; i < threads; ++i) {
    running.emplace_back([&, i] {
      Pin(first_core + i);
      total += work(
          i,
          [&] {
            ++ready;
            while (ready.load() < threads) std::this_thread::yield();
          },
          stop);
    });
  }
  while (ready.load() < threads) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
  stop = true;
  for (std::thread& thread : running) thread.join();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  return static_cast<double>(total.load()) / elapsed.count();
}

// The data of a server with `workers` workers, in as many shards as it would have.
class Core {
 public:
  Core(const Options& options, int workers)
      : options_(options),
        workers_(workers),
        keyspace_(workers == 1 ? options.shard_bits_alone : options.shard_bits, 1, 12345),
        locks_(keyspace_, workers > 1) {
    CoreWorker loader(locks_, tunables_, door_, registry_);
    Load(loader, options);
  }

  // Requests a second.
  double Measure(double seconds, int first_core = 0) {
    return RatePerSecond(first_core, workers_, seconds,
                         [&](int i, const auto& await_start, const std::atomic<bool>& stop) {
                           CoreWorker worker(locks_, tunables_, door_, registry_);
                           const std::string pool = EncodePool(options_, 1000 + static_cast<std::uint64_t>(i));
                           await_start();
                           std::uint64_t done = 0;
                           while (!stop.load(std::memory_order_relaxed)) done += worker.RunAll(pool, stop);
                           return done;
                         });
  }

 private:
  const Options& options_;
  int workers_;
  store::Keyspace keyspace_;
  engine::LockTable locks_;
  base::Tunables tunables_;
  engine::WriteDoor door_;
  engine::Registry registry_{commands::AllTables()};
};

// What the machine gives to threads that share nothing but memory: random reads, eight at a time, in a table that no
// cache holds. On a virtual machine two cores can be two halves of one, now and then; then nothing scales.
double MeasureMachine(const std::vector<std::uint64_t>& table, int threads, int first_core) {
  return RatePerSecond(first_core, threads, 0.2, [&](int i, const auto& await_start, const std::atomic<bool>& stop) {
    const std::uint64_t mask = table.size() - 1;
    std::uint64_t at[8];
    for (std::uint64_t k = 0; k < 8; ++k) at[k] = k * 7919 + static_cast<std::uint64_t>(i) * 104729;
    await_start();
    std::uint64_t done = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      for (int step = 0; step < 128; ++step) {
        for (std::uint64_t& index : at) index = (index * 6364136223846793005 + table[index & mask]) >> 7 ^ index << 21;
      }
      done += 1024;
    }
    return done;
  });
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

void MeasureAlone(const Options& options, int workers) {
  const double rate = Core(options, workers).Measure(options.seconds);
  fmt::print("result workers={} keys={} requests_per_s={:.0f} ns_per_request={:.1f}\n", workers, options.keys, rate,
             1e9 * workers / rate);
}

// One worker and two by turns, and what the machine gives to two threads at that time.
void CompareWorkers(const Options& options) {
  constexpr double kTwoCores = 1.85;
  Core one(options, 1);
  Core two(options, 2);
  std::vector<std::uint64_t> table(std::size_t{1} << 26);
  for (std::size_t i = 0; i < table.size(); ++i) table[i] = i * 0x9E3779B97F4A7C15;
  double best_one = 0;
  double best_two = 0;
  std::vector<double> ratios;
  std::vector<double> ratios_of_two_cores;
  for (int round = 0; round < options.rounds; ++round) {
    const int core = round % 2;
    const double machine_before = MeasureMachine(table, 2, 0) / MeasureMachine(table, 1, core);
    const double rate_one = one.Measure(options.seconds, core);
    const double rate_two = two.Measure(options.seconds);
    const double machine = std::min(machine_before, MeasureMachine(table, 2, 0) / MeasureMachine(table, 1, core));
    const double ratio = rate_two / rate_one;
    best_one = std::max(best_one, rate_one);
    best_two = std::max(best_two, rate_two);
    ratios.push_back(ratio);
    if (machine >= kTwoCores) ratios_of_two_cores.push_back(ratio);
    fmt::print("round {} ns_per_request_one={:.1f} ns_per_request_two={:.1f} ratio={:.3f} machine={:.3f}\n", round,
               1e9 / rate_one, 2e9 / rate_two, ratio, machine);
    std::fflush(stdout);
  }
  fmt::print(
      "result keys={} ratio={:.3f} rounds={} ratio_on_two_cores={:.3f} rounds_on_two_cores={} ratio_of_best={:.3f}\n",
      options.keys, Median(ratios), ratios.size(), Median(ratios_of_two_cores), ratios_of_two_cores.size(),
      best_two / best_one);
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
      options.shard_bits = options.shard_bits_alone = std::atoi(value);
    } else if (name == "--pool") {
      options.pool_requests = std::strtoull(value, nullptr, 10);
    } else if (name == "--workers") {
      options.workers = std::strcmp(value, "1,2") == 0 ? 0 : std::atoi(value);
    } else if (name == "--rounds") {
      options.rounds = std::atoi(value);
    } else {
      fmt::print(stderr, "bench-core: unknown option {}\n", name);
      return 2;
    }
  }
  if (options.workers == 0) {
    CompareWorkers(options);
  } else {
    MeasureAlone(options, options.workers);
  }
  return 0;
}

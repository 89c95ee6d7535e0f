// The expiry cycle under 100,000 expiries a second, in simulated time: what share of a core it takes, and how long its
// longest call and its longest slice are (what a client may have to wait for).
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>

#include "engine/expiry_cycle.h"

namespace zedis::engine {
namespace {

constexpr std::int64_t kStartMs = 1'700'000'000'000;
constexpr std::int64_t kPerMs = 100;
constexpr std::int64_t kBudgetUs = 500;

void ExpiryCycle100kPerSecond(benchmark::State& state) {
  const std::int64_t keys = state.range(0);
  store::Keyspace keyspace(4, 16, 99);
  LockTable locks(keyspace, true);
  base::Tunables tunables;
  WriteDoor door;
  Registry registry({});
  WorkerStats stats;
  Host host;
  resp::OutputBuffer output;
  Context ctx(locks, tunables, door, registry, stats, host, output);
  for (std::int64_t i = 0; i < keys; ++i) {
    const std::string name = "key:" + std::to_string(i);
    const store::Key key = keyspace.MakeKey(name);
    keyspace.DatabaseOf(key, 0).Put(key, store::Value::Integer(i), kStartMs + i / kPerMs, 0);
  }
  ExpiryCycle cycle(ctx, 0, 1);
  std::int64_t now_ms = kStartMs;
  std::int64_t busy_us = 0;
  std::int64_t longest_us = 0;
  std::int64_t late = 0;
  for (auto _ : state) {
    ctx.SetTime(++now_ms);
    const std::int64_t begin_us = base::MonotonicUs();
    cycle.Run(base::TimeBudget(kBudgetUs));
    const std::int64_t took_us = base::MonotonicUs() - begin_us;
    busy_us += took_us;
    longest_us = std::max(longest_us, took_us);
    const std::int64_t due_a_second_ago = std::min((now_ms - 1000 - kStartMs) * kPerMs, keys);
    late = std::max(late, due_a_second_ago - static_cast<std::int64_t>(stats.expired_keys.Get()));
  }
  state.counters["share"] = static_cast<double>(busy_us) / (1000.0 * static_cast<double>(now_ms - kStartMs));
  state.counters["longest_us"] = static_cast<double>(longest_us);
  state.counters["late_keys"] = static_cast<double>(late);
  for (int shard = 0; shard < keyspace.shards(); ++shard) keyspace.database(shard, 0).Clear();
}
BENCHMARK(ExpiryCycle100kPerSecond)->Arg(300'000)->Arg(1'000'000)->Arg(5'000'000)->Iterations(4000);

}  // namespace
}  // namespace zedis::engine

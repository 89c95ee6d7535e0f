// Sorted sets of 100, 10 k and 1 M members of ten bytes: what is added, looked up, moved, and returned by a range.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "types/sorted_set.h"

namespace zedis::types {
namespace {

constexpr std::uint64_t kSeed = 5;

std::string Name(std::uint64_t number) { return "m" + std::to_string(100'000'000 + number); }

struct Filled {
  explicit Filled(std::uint64_t members) : set(PackedSortedSetView(kEmptyPackedSortedSet), kSeed) {
    for (std::uint64_t i = 0; i < members; ++i) set.Add(SetMember(Name(i)), Score(), {});
    for (int i = 0; i < 1000; ++i) names.push_back(Name(random() % members));
  }
  double Score() { return static_cast<double>(random() % 100'000) + 0.5; }
  const std::string& AnyName() { return names[next++ % names.size()]; }

  std::mt19937_64 random{1};
  SortedSet set;
  std::vector<std::string> names;
  std::size_t next = 0;
};

void AddRemove(benchmark::State& state) {
  Filled filled(static_cast<std::uint64_t>(state.range(0)));
  const std::string text = "n123456789";
  for (auto _ : state) {
    filled.set.Add(SetMember(text), filled.Score(), {});
    filled.set.Remove(SetMember(text));
  }
}
BENCHMARK(AddRemove)->Arg(100)->Arg(10'000)->Arg(1'000'000);

void ScoreOf(benchmark::State& state) {
  Filled filled(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(filled.set.View().ScoreOf(SetMember(filled.AnyName())));
}
BENCHMARK(ScoreOf)->Arg(100)->Arg(10'000)->Arg(1'000'000);

void SetScore(benchmark::State& state) {
  Filled filled(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) filled.set.SetScore(SetMember(filled.AnyName()), filled.Score());
}
BENCHMARK(SetScore)->Arg(100)->Arg(10'000)->Arg(1'000'000);

void RangeOf100(benchmark::State& state) {
  Filled filled(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) {
    const std::size_t rank = filled.random() % (filled.set.Size() - 99);
    filled.set.View().ForRange(rank, 100, Direction::kForward, [](const Element& element, double score) {
      benchmark::DoNotOptimize(element.text.data());
      benchmark::DoNotOptimize(score);
      return true;
    });
  }
}
BENCHMARK(RangeOf100)->Arg(100)->Arg(10'000)->Arg(1'000'000);

}  // namespace
}  // namespace zedis::types

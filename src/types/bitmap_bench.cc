// The loops over bitmaps, in bytes a second.
#include <benchmark/benchmark.h>

#include <string>

#include "types/bitmap.h"

namespace zedis::types {
namespace {

std::string Pattern(benchmark::State& state, char c) {
  return std::string(static_cast<std::size_t>(state.range(0)), c);
}

void SetBytes(benchmark::State& state, std::size_t sources) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0) *
                          static_cast<std::int64_t>(sources));
}

void BM_CountOnes(benchmark::State& state) {
  const std::string bytes = Pattern(state, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(CountOnes(bytes));
  SetBytes(state, 1);
}
BENCHMARK(BM_CountOnes)->Arg(64)->Arg(4096)->Arg(1 << 20);

void BM_FindBit(benchmark::State& state) {
  const std::string bytes = Pattern(state, '\0');
  for (auto _ : state) benchmark::DoNotOptimize(FindBit(bytes, true, {0, bytes.size() * 8 - 1}));
  SetBytes(state, 1);
}
BENCHMARK(BM_FindBit)->Arg(64)->Arg(4096)->Arg(1 << 20);

void BM_CombineBits(benchmark::State& state) {
  const std::string a = Pattern(state, 'a');
  const std::string b = Pattern(state, 'b');
  const std::string c = Pattern(state, 'c');
  std::string out = Pattern(state, '\0');
  const std::string_view sources[] = {a, b, c};
  for (auto _ : state) {
    CombineBits(BitOperation::kAnd, sources, out.data(), out.size());
    benchmark::DoNotOptimize(out.data());
  }
  SetBytes(state, 3);
}
BENCHMARK(BM_CombineBits)->Arg(64)->Arg(4096)->Arg(1 << 20);

}  // namespace
}  // namespace zedis::types

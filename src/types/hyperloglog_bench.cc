// Registers of HyperLogLogs: unpacked, merged and counted, with vector instructions and without.
#include <benchmark/benchmark.h>

#include <string>

#include "types/hyperloglog_dense.h"
#include "types/hyperloglog_sparse.h"

namespace zedis::types {
namespace {

std::string Value(int elements, std::uint64_t sparse_bytes_max) {
  HllEditor editor(EmptyHyperLogLog(), sparse_bytes_max);
  for (int i = 0; i < elements; ++i) editor.Raise(HllPlaceOf("element" + std::to_string(i)));
  return std::string(editor.Bytes());
}

using Merge = void (*)(const char*, HllRegisters&);

void BM_Merge(benchmark::State& state, Merge merge) {
  const std::string dense = Value(100'000, 0);
  HllRegisters registers{};
  for (auto _ : state) {
    merge(dense.data() + kHllHeaderBytes, registers);
    benchmark::DoNotOptimize(registers);
  }
}
BENCHMARK_CAPTURE(BM_Merge, vectors, MergeDense);
BENCHMARK_CAPTURE(BM_Merge, portable, MergeDensePortable);

using Pack = void (*)(const HllRegisters&, char*);

void BM_Pack(benchmark::State& state, Pack pack) {
  HllRegisters registers{};
  HllMerge(Value(100'000, 0), registers);
  std::string packed(kHllPackedBytes, '\0');
  for (auto _ : state) {
    pack(registers, packed.data());
    benchmark::DoNotOptimize(packed.data());
  }
}
BENCHMARK_CAPTURE(BM_Pack, vectors, PackDense);
BENCHMARK_CAPTURE(BM_Pack, portable, PackDensePortable);

void BM_Count(benchmark::State& state) {
  const std::string value = Value(static_cast<int>(state.range(0)), 3000);
  for (auto _ : state) benchmark::DoNotOptimize(HllCount(value));
}
BENCHMARK(BM_Count)->Arg(1000)->Arg(100'000);

void BM_RaiseSparse(benchmark::State& state) {
  HllEditor editor(Value(static_cast<int>(state.range(0)), 100'000), 100'000);
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(editor.Raise(HllPlaceOf(std::to_string(next++ % 100))));
}
BENCHMARK(BM_RaiseSparse)->Arg(100)->Arg(1500);

}  // namespace
}  // namespace zedis::types

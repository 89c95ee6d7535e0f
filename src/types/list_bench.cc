// Lists of 20, 1 k and 1 M elements of ten bytes: the ends, an index, a range; and what an element costs.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <memory>
#include <string>

#include "types/list.h"

namespace zedis::types {
namespace {

std::unique_ptr<List> Filled(std::int64_t elements, int compress_depth = 0) {
  auto list = std::make_unique<List>(ListOptions{.max_listpack_size = -2, .compress_depth = compress_depth});
  char text[24];
  for (std::int64_t i = 0; i < elements; i++) {
    std::snprintf(text, sizeof(text), "m%09d", static_cast<int>(i));
    list->PushBack(text);
  }
  return list;
}

void Drop(List& list, Side side) {
  list.Pop(side, [](const Element& element) { benchmark::DoNotOptimize(element.text.data()); });
}

// Pushes as many as there are and pops them again: the time is for one push and one pop.
void PushPop(benchmark::State& state, Side push, Side pop) {
  const std::unique_ptr<List> list = Filled(state.range(0));
  const std::string text = "m123456789";
  for (auto _ : state) {
    for (int i = 0; i < 1000; i++) push == Side::kFront ? list->PushFront(text) : list->PushBack(text);
    for (int i = 0; i < 1000; i++) Drop(*list, pop);
  }
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK_CAPTURE(PushPop, lpush_lpop, Side::kFront, Side::kFront)->Arg(20)->Arg(1000)->Arg(1'000'000);
BENCHMARK_CAPTURE(PushPop, rpush_rpop, Side::kBack, Side::kBack)->Arg(20)->Arg(1000)->Arg(1'000'000);
BENCHMARK_CAPTURE(PushPop, rpush_lpop, Side::kBack, Side::kFront)->Arg(20)->Arg(1000)->Arg(1'000'000);
BENCHMARK_CAPTURE(PushPop, lpush_rpop, Side::kFront, Side::kBack)->Arg(20)->Arg(1000)->Arg(1'000'000);

void Push(benchmark::State& state, Side side) {
  const std::string text = "m123456789";
  for (auto _ : state) {
    List list({});
    for (std::int64_t i = 0; i < state.range(0); i++) side == Side::kFront ? list.PushFront(text) : list.PushBack(text);
    benchmark::DoNotOptimize(list.Size());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK_CAPTURE(Push, lpush, Side::kFront)->Arg(20)->Arg(1000)->Arg(1'000'000);
BENCHMARK_CAPTURE(Push, rpush, Side::kBack)->Arg(20)->Arg(1000)->Arg(1'000'000);

// An RPUSH and LPOP each: the queue's length stays.
void Queue(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(state.range(0));
  for (auto _ : state) {
    list->PushBack("m123456789");
    Drop(*list, Side::kFront);
  }
}
BENCHMARK(Queue)->Arg(20)->Arg(600)->Arg(1000)->Arg(1'000'000);

void Index(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(state.range(0), static_cast<int>(state.range(1)));
  std::uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005U + 1442695040888963407U;
    list->Get(static_cast<std::int64_t>((at >> 33) % static_cast<std::uint64_t>(state.range(0))),
              [](const Element& element) { benchmark::DoNotOptimize(element.text.data()); });
  }
}
BENCHMARK(Index)->Args({20, 0})->Args({1000, 0})->Args({1'000'000, 0})->Args({10'000'000, 0})->Args({1'000'000, 1});

void Set(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(state.range(0), static_cast<int>(state.range(1)));
  std::uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005U + 1442695040888963407U;
    const auto index = static_cast<std::int64_t>((at >> 33) % static_cast<std::uint64_t>(state.range(0)));
    benchmark::DoNotOptimize(list->Set(index, "m999999999"));
  }
}
BENCHMARK(Set)->Args({20, 0})->Args({1000, 0})->Args({1'000'000, 0})->Args({1'000'000, 1});

void Insert(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(state.range(0));
  std::uint64_t at = 1;
  for (auto _ : state) {
    at = at * 6364136223846793005U + 1442695040888963407U;
    list->Insert((at >> 33) % list->Size(), "m999999999");
  }
}
BENCHMARK(Insert)->Arg(1'000'000)->Iterations(200'000);

void RangeOf100(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(state.range(0));
  const auto direction = state.range(1) == 0 ? Direction::kForward : Direction::kBackward;
  const auto start = static_cast<std::size_t>(state.range(0) / 2);
  std::size_t bytes = 0;
  for (auto _ : state) {
    list->ForRange(start, 100, direction, [&](const Element& element) { bytes += element.text.size(); });
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * 100);
}
BENCHMARK(RangeOf100)->Args({1000, 0})->Args({1000, 1})->Args({1'000'000, 0})->Args({1'000'000, 1});

void FindLast(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(state.range(0));
  for (auto _ : state) {
    list->Find("m-nowhere-", {}, [](std::size_t index) { benchmark::DoNotOptimize(index); });
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(FindLast)->Arg(1000)->Arg(1'000'000);

void BytesPerElement(benchmark::State& state) {
  const std::unique_ptr<List> list = Filled(1'000'000, static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(list->MemoryBytes());
  state.counters["bytes/element"] = static_cast<double>(list->MemoryBytes()) / 1e6;
}
BENCHMARK(BytesPerElement)->Arg(0)->Arg(1)->Iterations(1);

}  // namespace
}  // namespace zedis::types

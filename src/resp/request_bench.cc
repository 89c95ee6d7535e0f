#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <string>
#include <vector>

#include "resp/reply.h"
#include "resp/request.h"

namespace zedis::resp {
namespace {

std::string Encode(const std::vector<std::string>& words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) text += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return text;
}

// A full read buffer of requests whose sizes repeat (`same`) or vary as real keys and values do.
void ParsePipeline(benchmark::State& state, const std::vector<std::string>& words, bool same) {
  constexpr int kRequests = 256;
  std::string input;
  std::uint32_t random = 1;
  for (int i = 0; i < kRequests; ++i) {
    std::vector<std::string> varied = words;
    for (std::size_t w = 1; w < varied.size() && !same; ++w) {
      random = random * 1664525 + 1013904223;
      varied[w].resize(varied[w].size() / 2 + (random >> 16) % varied[w].size());
    }
    input += Encode(varied);
  }
  ArgBuffer args;
  ParseProgress progress;
  const RequestLimits limits;
  for (auto _ : state) {
    args.Clear();
    const char* cursor = input.data();
    const char* const end = cursor + input.size();
    while (ParseRequest(cursor, end, limits, progress, args) == ParseStatus::kRequest) {
    }
    benchmark::DoNotOptimize(args.From(0).data());
  }
  state.SetItemsProcessed(state.iterations() * kRequests);
  state.counters["request"] = benchmark::Counter(static_cast<double>(state.iterations()) * kRequests,
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const std::string kKey = "key:000000012345";
std::vector<std::string> Mset(int pairs) {
  std::vector<std::string> words = {"MSET"};
  for (int i = 0; i < pairs; ++i) {
    words.push_back(kKey);
    words.emplace_back(32, 'v');
  }
  return words;
}

BENCHMARK_CAPTURE(ParsePipeline, get_same, std::vector<std::string>{"GET", kKey}, true);
BENCHMARK_CAPTURE(ParsePipeline, get_varied, std::vector<std::string>{"GET", kKey}, false);
BENCHMARK_CAPTURE(ParsePipeline, set_same, std::vector<std::string>{"SET", kKey, std::string(32, 'v')}, true);
BENCHMARK_CAPTURE(ParsePipeline, set_varied, std::vector<std::string>{"SET", kKey, std::string(32, 'v')}, false);
BENCHMARK_CAPTURE(ParsePipeline, set_1000_bytes, std::vector<std::string>{"SET", kKey, std::string(1000, 'v')}, true);
BENCHMARK_CAPTURE(ParsePipeline, mset_10, Mset(10), true);
BENCHMARK_CAPTURE(ParsePipeline, mset_10_varied, Mset(10), false);

void WriteBulks(benchmark::State& state) {
  constexpr int kReplies = 256;
  const std::string value(static_cast<std::size_t>(state.range(0)), 'v');
  OutputBuffer out;
  const Reply reply(out, Protocol::kResp2);
  for (auto _ : state) {
    out.Clear();
    for (int i = 0; i < kReplies; ++i) {
      std::string_view view = value;
      benchmark::DoNotOptimize(view);
      reply.Bulk(view);
    }
    benchmark::DoNotOptimize(out.Data());
  }
  state.counters["reply"] = benchmark::Counter(static_cast<double>(state.iterations()) * kReplies,
                                               benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(WriteBulks)->Arg(3)->Arg(8)->Arg(32)->Arg(64)->Arg(128)->Arg(1024);

void WriteIntegers(benchmark::State& state) {
  constexpr int kReplies = 256;
  OutputBuffer out;
  const Reply reply(out, Protocol::kResp2);
  for (auto _ : state) {
    out.Clear();
    for (int i = 0; i < kReplies; ++i) reply.Integer(state.range(0) + i);
    benchmark::DoNotOptimize(out.Data());
  }
  state.counters["reply"] = benchmark::Counter(static_cast<double>(state.iterations()) * kReplies,
                                               benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}
BENCHMARK(WriteIntegers)->Arg(1)->Arg(100000)->Arg(1000000000000);

}  // namespace
}  // namespace zedis::resp

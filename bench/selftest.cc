// selftest: checks of the load generator's own parts. Prints what failed; exit code 1 if anything did.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "latency.h"
#include "reply_counter.h"
#include "request.h"

namespace zedis::bench {
namespace {

int failures = 0;

template <typename T, typename U>
void Expect(std::string_view what, const T& actual, const U& expected) {
  if (actual == expected) return;
  fmt::print("FAILED {}: got {}, expected {}\n", what, actual, expected);
  ++failures;
}

// Counts the stream in pieces of `piece` bytes. Each has its own buffer, so that reading past it would be seen.
std::uint64_t CountInPieces(std::string_view stream, std::size_t piece, ReplyCounter& counter) {
  std::uint64_t complete = 0;
  for (; !stream.empty(); stream.remove_prefix(std::min(piece, stream.size()))) {
    std::vector<char> buffer(piece + ReplyCounter::kSlackBytes, '$');
    const std::string_view part = stream.substr(0, piece);
    std::ranges::copy(part, buffer.begin());
    complete += counter.Count(buffer.data(), part.size());
  }
  return complete;
}

void TestRepliesAreCountedWhereverTheyAreCut() {
  const struct {
    std::string_view stream;
    std::uint64_t replies;
    std::uint64_t errors;
  } cases[] = {
      {"+OK\r\n+OK\r\n+OK\r\n", 3, 0},
      {"$3\r\nabc\r\n$3\r\nab\n\r\n$4\r\nabcd\r\n$-1\r\n$-1\r\n$0\r\n\r\n$3\r\n$3\r\r\n", 7, 0},
      {":1\r\n:1\r\n:-12\r\n:1234567890123\r\n", 4, 0},
      {"*2\r\n$1\r\na\r\n$1\r\nb\r\n*0\r\n*-1\r\n*1\r\n*2\r\n:1\r\n+x\r\n+y\r\n", 5, 0},
      {"*3\r\n$1\r\na\r\n$-1\r\n$1\r\nb\r\n*3\r\n$1\r\na\r\n$1\r\nc\r\n$1\r\nb\r\n", 2, 0},
      {"%1\r\n+a\r\n~2\r\n:1\r\n:2\r\n_\r\n#t\r\n,1.5\r\n(123\r\n=7\r\ntxt:abc\r\n", 6, 0},
      {"-ERR a 1\r\n+OK\r\n-ERR b\r\n!5\r\nERR c\r\n*1\r\n-ERR d\r\n", 5, 4},
  };
  for (const auto& item : cases) {
    for (std::size_t piece = 1; piece <= item.stream.size(); ++piece) {
      ReplyCounter counter;
      Expect(fmt::format("replies of {:?}", item.stream), CountInPieces(item.stream, piece, counter), item.replies);
      Expect(fmt::format("errors of {:?}", item.stream), counter.errors(), item.errors);
      if (item.errors > 0) Expect("first error", counter.first_error(), "ERR a 1");
    }
  }
}

std::string Encode(std::string_view command, const Shape& shape, Numbers& numbers) {
  const auto image = RequestImage::Parse(command, shape);
  if (!image) return image.error();
  std::string out(image->size(), '\0');
  image->WriteTo(out.data(), numbers);
  return out;
}

void TestRequestsAreEncoded() {
  Numbers numbers{.random = Random(1), .next = 41};
  const Shape in_order{.keyspace = 100, .key_bytes = 8, .value_bytes = 3, .prefix = "k:", .sequential = true};
  Expect("plain", Encode("PING", in_order, numbers), "*1\r\n$4\r\nPING\r\n");
  Expect("key in order", Encode("SET %k %v", in_order, numbers), "*3\r\n$3\r\nSET\r\n$8\r\nk:000041\r\n$3\r\nhmr\r\n");
  Expect("numbers", Encode("ZADD  z %i.5 m%n", in_order, numbers),
         "*4\r\n$4\r\nZADD\r\n$1\r\nz\r\n$12\r\n1000000042.5\r\n$10\r\nm000000043\r\n");
  Expect("several commands", Encode("MULTI;SET %k %v;EXEC", in_order, numbers),
         "*1\r\n$5\r\nMULTI\r\n*3\r\n$3\r\nSET\r\n$8\r\nk:000044\r\n$3\r\nhmr\r\n*1\r\n$4\r\nEXEC\r\n");
  Expect("how many", RequestImage::Parse("MULTI;SET %k %v;EXEC", in_order)->commands(), 3u);
  const Shape one_key{.keyspace = 1, .key_bytes = 3, .prefix = "k:"};
  Expect("random below 1", Encode("GET %k", one_key, numbers), "*2\r\n$3\r\nGET\r\n$3\r\nk:0\r\n");
  const Shape too_short{.keyspace = 1000, .key_bytes = 4, .prefix = "k:"};
  Expect("refused", RequestImage::Parse("GET %k", too_short).has_value(), false);
  Expect("unknown", RequestImage::Parse("GET %q", in_order).has_value(), false);
  for (const Mode& mode : kModes) {
    Expect(mode.name, RequestImage::Parse(mode.command, Shape{}).has_value(), true);
  }
}

void TestRandomKeysCoverTheKeyspace() {
  Random random(7);
  std::vector<int> seen(10);
  for (int i = 0; i < 10'000; ++i) ++seen[random.Below(10)];
  for (const int count : seen) Expect("even", count > 850 && count < 1150, true);
}

void TestPercentiles() {
  LatencyHistogram histogram;
  Expect("empty", histogram.PercentileNs(0.5), 0u);
  for (std::uint64_t i = 1; i <= 100'000; ++i) histogram.Add(i * 1000);
  const struct {
    double fraction;
    double expected;
  } cases[] = {{0.5, 50e6}, {0.99, 99e6}, {0.999, 99.9e6}};
  for (const auto& item : cases) {
    const double error = static_cast<double>(histogram.PercentileNs(item.fraction)) / item.expected - 1;
    Expect(fmt::format("percentile {}", item.fraction), error > -0.0001 && error < 0.017, true);
  }
  Expect("maximum", histogram.max_ns(), 100'000'000u);
  histogram.Add(~std::uint64_t{0});
  Expect("largest", histogram.PercentileNs(1), ~std::uint64_t{0});
}

}  // namespace
}  // namespace zedis::bench

int main() {
  using namespace zedis::bench;
  TestRepliesAreCountedWhereverTheyAreCut();
  TestRequestsAreEncoded();
  TestRandomKeysCoverTheKeyspace();
  TestPercentiles();
  fmt::print("bench-selftest: {}\n", failures == 0 ? "passed" : "FAILED");
  return failures == 0 ? 0 : 1;
}

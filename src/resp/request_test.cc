#include "resp/request.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <time.h>

#include <random>
#include <string>
#include <vector>

#include "resp/request_reference.h"

namespace zedis::resp {
namespace {

using namespace std::string_view_literals;
using Requests = std::vector<std::vector<std::string>>;

std::string Encode(const std::vector<std::string>& words) {
  std::string text = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) text += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return text;
}

Parsed ParseWhole(std::string_view stream, const RequestLimits& limits = {}) {
  return ParseInPieces(stream, limits, [&] { return stream.size(); });
}
Parsed ParseBytewise(std::string_view stream, const RequestLimits& limits = {}) {
  return ParseInPieces(stream, limits, [] { return std::size_t{1}; });
}

void ExpectError(std::string_view stream, const std::string& text, const RequestLimits& limits = {}) {
  EXPECT_EQ(ParseWhole(stream, limits).error, "ERR Protocol error: " + text) << stream.substr(0, 40);
  // The driver copies the unfinished tail for each piece, so long streams come in longer pieces.
  const std::size_t piece = stream.size() < 2000 ? 1 : 1009;
  EXPECT_EQ(ParseInPieces(stream, limits, [=] { return piece; }).error, "ERR Protocol error: " + text)
      << stream.substr(0, 40);
}
void ExpectIncomplete(std::string_view stream, const RequestLimits& limits = {}) {
  EXPECT_EQ(ParseWhole(stream, limits), Parsed{}) << stream.substr(0, 40);
}

const RequestLimits kUnauthenticated = {.authenticated = false};

TEST(Request, ArraysAndInlineCommandsInOneStream) {
  const Parsed parsed =
      ParseWhole("*2\r\n$3\r\nGET\r\n$1\r\nk\r\nPING\r\n*1\r\n$0\r\n\r\nGET  k \n*1\r\n$4\r\nQUIT\r\n");
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.requests, (Requests{{"GET", "k"}, {"PING"}, {""}, {"GET", "k"}, {"QUIT"}}));
}

TEST(Request, ArgumentsAreViewsIntoTheInput) {
  const std::string input = Encode({"SET", "key", std::string(5000, 'v')}) + "GET key\r\n";
  ArgBuffer args;
  ParseProgress progress;
  const char* cursor = input.data();
  const char* const end = cursor + input.size();
  ASSERT_EQ(ParseRequest(cursor, end, {}, progress, args), ParseStatus::kRequest);
  ASSERT_EQ(ParseRequest(cursor, end, {}, progress, args), ParseStatus::kRequest);
  ASSERT_EQ(args.Size(), 5U);
  for (const std::string_view argument : args.From(0)) {
    EXPECT_GE(argument.data(), input.data());
    EXPECT_LE(argument.data() + argument.size(), input.data() + input.size());
  }
  EXPECT_EQ(cursor, end);
  EXPECT_EQ(ParseRequest(cursor, end, {}, progress, args), ParseStatus::kIncomplete);
}

TEST(Request, EmptyRequestsAreSkipped) {
  for (const std::string_view empty :
       {"*0\r\n"sv, "*-1\r\n"sv, "*-5\r\n"sv, "\r\n"sv, "\n"sv, "  \t \r\n"sv, "\v\n"sv}) {
    const std::string stream = std::string(empty) + std::string(empty) + "PING\r\n";
    EXPECT_EQ(ParseWhole(stream).requests, (Requests{{"PING"}})) << stream;
    EXPECT_EQ(ParseBytewise(stream).requests, (Requests{{"PING"}})) << stream;
  }
}

TEST(Request, CountsMustBeCanonical) {
  for (const std::string_view count : {"", "-0", "+1", "01", "00", " 1", "1 ", "x", "-", "2147483648",
                                       "99999999999999999999", "1048577", "1\r\r", "-99999999999999999999"}) {
    ExpectError("*" + std::string(count) + "\r\n", "invalid multibulk length");
  }
  ExpectError("*1\rX$4\r\nPING\r\n", "invalid multibulk length");
  ExpectIncomplete("*1048576\r\n");
}

TEST(Request, LengthsMustBeCanonical) {
  for (const std::string_view length : {"", "-1", "-0", "+4", "04", "004", "0004", "00004", " 4", "4 ", "x", "99x",
                                        "9x9", "536870913", "9999999999", "99999999999999999999999"}) {
    ExpectError("*1\r\n$" + std::string(length) + "\r\n", "invalid bulk length");
  }
  ExpectError("*1\r\n$4\rXPING\r\n", "invalid bulk length");
  ExpectIncomplete("*1\r\n$536870912\r\n");
  ExpectError("*1\r\n$2000000\r\n", "invalid bulk length", {.max_bulk_bytes = 1 << 20});
}

TEST(Request, EveryBulkStartsWithADollar) {
  ExpectError("*1\r\nx4\r\nPING\r\n", "expected '$', got 'x'");
  ExpectError("*1\r\n\r\n", "expected '$', got '\r'");
  ExpectError("*1\r\n\xff\r\n", "expected '$', got '\xff'");
  ExpectError("*2\r\n$4\r\nPING\r\n*1\r\n", "expected '$', got '*'");
  ExpectIncomplete("*1\r\nx");  // Redis waits for the line too
}

TEST(Request, ABulkMustEndWithItsLength) {
  ExpectError("*1\r\n$3\r\nSETxx", "bulk not terminated by CRLF");
  ExpectError("*1\r\n$3\r\nSET\rx", "bulk not terminated by CRLF");
  ExpectError("*1\r\n$3\r\nSETx", "bulk not terminated by CRLF");
  ExpectError("*1\r\n$3\r\nSE\r\n\r\n", "bulk not terminated by CRLF");
  ExpectError("*1\r\n$5000\r\n" + std::string(5000, 'x') + "\n\n", "bulk not terminated by CRLF");
}

TEST(Request, LinesAreBounded) {
  constexpr std::size_t kMax = 64 << 10;
  ExpectIncomplete(std::string(kMax, 'A'));
  ExpectIncomplete("*" + std::string(kMax - 1, '1'));
  ExpectIncomplete("*1\r\n$" + std::string(kMax - 1, '1'));
  ExpectError(std::string(kMax + 1, 'A'), "too big inline request");
  ExpectError(std::string(kMax + 1, 'A') + "\n", "too big inline request");
  ExpectError("*" + std::string(kMax, '1'), "too big mbulk count string");
  ExpectError("*1\r\n$" + std::string(kMax, '1'), "too big bulk count string");
  ExpectError("*1\r\n" + std::string(kMax + 1, 'x'), "too big bulk count string");
  EXPECT_EQ(ParseWhole(std::string(kMax, 'A') + "\n").requests.size(), 1U);
}

TEST(Request, LimitsBeforeAuthentication) {
  ExpectError("*11\r\n", "unauthenticated multibulk length", kUnauthenticated);
  ExpectError("*100\r\n", "unauthenticated multibulk length", kUnauthenticated);
  ExpectError(Encode(std::vector<std::string>(11, "a")), "unauthenticated multibulk length", kUnauthenticated);
  ExpectError("*1\r\n$16385\r\n", "unauthenticated bulk length", kUnauthenticated);
  ExpectError("*1\r\n$536870913\r\n", "invalid bulk length", kUnauthenticated);
  ExpectIncomplete("*1\r\n$16384\r\n", kUnauthenticated);
  EXPECT_EQ(ParseWhole(Encode(std::vector<std::string>(10, "a")), kUnauthenticated).requests.size(), 1U);
}

TEST(Request, QuotesInInlineCommands) {
  const auto words = [](std::string_view line) { return ParseWhole(std::string(line) + "\r\n").requests.at(0); };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words("SET k \"a b\""), (Words{"SET", "k", "a b"}));
  EXPECT_EQ(words(R"(P "\x41\n\r\t\b\a\q\"\\\xg1\x4")"), (Words{"P", "A\n\r\t\b\aq\"\\xg1x4"}));
  EXPECT_EQ(words(R"(P 'a\'b' 'c"d\n')"), (Words{"P", "a'b", "c\"d\\n"}));
  EXPECT_EQ(words("P a\"b c\" 'd'"), (Words{"P", "ab c", "d"}));
  EXPECT_EQ(words("\"\" '' x"), (Words{"", "", "x"}));
  EXPECT_EQ(words("\vP a\vb \fc"), (Words{"P", "a\vb", "c"}));
  EXPECT_EQ(words("P a\rb"), (Words{"P", "a", "b"}));
  EXPECT_EQ(words("P \"a\"\vb"), (Words{"P", "a", "b"}));
  for (const std::string_view line :
       {"P \"a", "P 'a", "P \"a\"b", "P 'a'b", "P \"a\\\"", "P 'a\\'", "P \"\"\"", "\""}) {
    ExpectError(std::string(line) + "\r\n", "unbalanced quotes in request");
  }
}

TEST(Request, DecodedWordsLiveUntilClear) {
  ArgBuffer args;
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) {
    const std::string word(static_cast<std::size_t>(i % 50), static_cast<char>('a' + i % 26));
    ASSERT_TRUE(SplitInline("\"" + word + "\" '" + word + "'", args));
    expected.insert(expected.end(), 2, word);
  }
  const Args all = args.From(0);
  EXPECT_EQ(std::vector<std::string>(all.begin(), all.end()), expected);
  args.Clear();
  EXPECT_EQ(args.Size(), 0U);
}

// Streams of every kind, cut in two at every byte.
TEST(Request, EverySplitGivesTheSame) {
  std::vector<std::string> many(70, "argument");
  const std::string streams[] = {
      Encode({"SET", "key", "value"}) + Encode({"GET", "key"}) + Encode({"GET", ""}),
      Encode(many) + "PING\r\n",
      Encode({std::string(9, 'a'), std::string(10, 'b'), std::string(99, 'c'), std::string(100, 'd')}),
      Encode({std::string(999, 'a'), std::string(1000, 'b')}) + Encode({std::string(1200, '\n')}),
      "*0\r\nPING \"a b\" c\r\n\r\n*-1\r\n*1\r\n$4\r\nPING\r\n",
      "*2\r\n$1\r\na\r\n$01\r\nb\r\n",
      "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\n\r",
      "SET " + std::string(700, 'x') + " 'open\r\nPING\r\n",
      "*1\r\n$" + std::string(700, '1') + "\r\n",
  };
  for (const std::string& stream : streams) {
    const Parsed expected = RequestReference(stream, {}).Parse();
    ASSERT_EQ(ParseWhole(stream), expected);
    ASSERT_EQ(ParseBytewise(stream), expected);
    for (std::size_t cut = 1; cut < stream.size(); ++cut) {
      std::size_t next = cut;
      ASSERT_EQ(ParseInPieces(stream, {}, [&] { return std::exchange(next, stream.size()); }), expected)
          << stream.substr(0, 60) << " cut at " << cut;
    }
  }
}

// Correct streams with a few bytes changed, in random pieces, against the reference.
TEST(Request, AgreesWithTheReferenceOnMutatedStreams) {
  constexpr std::string_view kBytes = "\r\n$*0159- \"'x\\";
  std::mt19937 random(3);
  int errors = 0;
  for (int round = 0; round < 5000; ++round) {
    std::string stream;
    for (auto i = random() % 6; i < 6; ++i) {
      if (random() % 4 == 0) {
        stream += "SET k \"a\\n\" 'b'\r\n";
        continue;
      }
      std::vector<std::string> words(random() % 50 == 0 ? 60 : random() % 5);
      for (std::string& word : words) word.resize(random() % 20 == 0 ? random() % 2000 : random() % 15, 'w');
      stream += Encode(words);
    }
    for (auto i = random() % 4; i > 0; --i) {
      const std::size_t at = random() % stream.size();
      if (random() % 2 == 0) {
        stream[at] = kBytes[random() % kBytes.size()];
      } else {
        stream.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    const RequestLimits limits = {.authenticated = random() % 4 != 0};
    const Parsed expected = RequestReference(stream, limits).Parse();
    errors += expected.error.empty() ? 0 : 1;
    ASSERT_EQ(ParseWhole(stream, limits), expected);
    const auto piece_max = random() % 2 == 0 ? 5 : 300;
    ASSERT_EQ(ParseInPieces(stream, limits, [&] { return random() % piece_max + 1; }), expected);
  }
  EXPECT_GT(errors, 1000);
}

// What this thread has had of a core: other programs do not lengthen it.
double CpuSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Feeds a request in pieces without moving it, and returns how long parsing took.
double SecondsToParse(const std::string& input, std::size_t piece, std::size_t arguments) {
  ArgBuffer args;
  ParseProgress progress;
  const double start = CpuSeconds();
  for (std::size_t arrived = std::min(piece, input.size());; arrived = std::min(arrived + piece, input.size())) {
    const char* cursor = input.data();
    const ParseStatus status = ParseRequest(cursor, cursor + arrived, {}, progress, args);
    if (status != ParseStatus::kIncomplete || arrived == input.size()) {
      EXPECT_EQ(status, ParseStatus::kRequest);
      EXPECT_EQ(args.Size(), arguments);
      return CpuSeconds() - start;
    }
  }
}

TEST(Request, LongRequestsInPiecesTakeLinearTime) {
  // A million arguments in 10,000 pieces: beginning anew each time would parse five billion of them.
  const std::size_t count = 1 << 20;
  const std::string input = Encode(std::vector<std::string>(count, "x"));
  const double whole = SecondsToParse(input, input.size(), count);
  EXPECT_LT(SecondsToParse(input, 700, count), 100 * whole + 0.2);
  // A line of 64 KB byte by byte, and a count line of 64 KB in the middle of a request.
  EXPECT_LT(SecondsToParse("GET " + std::string(65000, 'x') + "\n", 1, 2), 5.0);
}

TEST(Request, ClaimsReserveNothing) {
  ParseProgress progress;
  ArgBuffer args;
  const std::string_view claim = "*1048576\r\n$536870912\r\nxyz";
  const char* cursor = claim.data();
  EXPECT_EQ(ParseRequest(cursor, cursor + claim.size(), {}, progress, args), ParseStatus::kIncomplete);
  EXPECT_EQ(cursor, claim.data());
  EXPECT_EQ(progress.NeededBytes(), 536870912U + 2 - 3);
  EXPECT_EQ(args.Capacity(), ArgBuffer().Capacity());
}

TEST(Request, AnIdleConnectionKeepsNothing) {
  ArgBuffer args;
  ParseProgress progress;
  const std::string request = Encode(std::vector<std::string>(100, "x"));
  const char* cursor = request.data();
  ASSERT_EQ(ParseRequest(cursor, cursor + request.size() - 1, {}, progress, args), ParseStatus::kIncomplete);
  EXPECT_TRUE(progress.HoldsMemory());
  cursor = request.data();
  ASSERT_EQ(ParseRequest(cursor, cursor + request.size(), {}, progress, args), ParseStatus::kRequest);
  EXPECT_FALSE(progress.HoldsMemory());
}

TEST(ArgBuffer, GivesBackWhatALargeBatchTook) {
  ArgBuffer args;
  const std::size_t usual = args.Capacity();
  for (int i = 0; i < 1000000; ++i) args.Append("x");
  EXPECT_GE(args.Capacity(), 1000000U);
  EXPECT_EQ(args.Slice(999999, 1)[0], "x");
  args.Clear();
  EXPECT_EQ(args.Capacity(), usual);
}

}  // namespace
}  // namespace zedis::resp

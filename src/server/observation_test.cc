// What dispatch tells the logs: through the real registry and dispatcher, without sockets.
#include <gtest/gtest.h>

#include "server/handler_harness.h"
#include "server/secrets.h"

namespace zedis::server {
namespace {

using Kind = CommandLog::Kind;

class ObservationTest : public testing::Test, protected HandlerHarness {
 protected:
  using HandlerHarness::Run;

  std::vector<std::string> Slow() {
    std::vector<std::string> requests;
    for (const CommandLog::Entry& entry : observation.command_log.Newest(Kind::kSlow, SIZE_MAX)) {
      std::string request;
      for (const std::string& argument : entry.arguments) request += (request.empty() ? "" : " ") + argument;
      requests.insert(requests.begin(), request);
    }
    return requests;
  }
};

TEST_F(ObservationTest, ThresholdZeroNotesEveryCall) {
  for (int i = 0; i < 500; ++i) Run({"SET", "warm", "1"});  // a command that comes densely is seldom timed
  EXPECT_TRUE(Slow().empty());
  EXPECT_EQ(Run({"CONFIG", "SET", "slowlog-log-slower-than", "0"}), "+OK\r\n");
  observation.command_log.Reset(Kind::kSlow);
  for (int i = 0; i < 50; ++i) Run({"SET", "key", "1"});
  EXPECT_EQ(Slow(), std::vector<std::string>(50, "SET key 1"));
}

TEST_F(ObservationTest, NothingIsNotedWhenItIsOff) {
  Run({"CONFIG", "SET", "slowlog-log-slower-than", "0", "slowlog-max-len", "0"});
  observation.command_log.Reset(Kind::kSlow);
  Run({"PING"});
  EXPECT_TRUE(Slow().empty());
  Run({"CONFIG", "SET", "slowlog-log-slower-than", "-1", "slowlog-max-len", "10"});
  Run({"PING"});
  EXPECT_TRUE(Slow().empty());
}

TEST_F(ObservationTest, SizesAreThoseOnTheWire) {
  Run({"CONFIG", "SET", "commandlog-request-larger-than", "0", "commandlog-reply-larger-than", "0"});
  observation.command_log.Reset(Kind::kLargeRequest);
  observation.command_log.Reset(Kind::kLargeReply);
  Run({"ECHO", "hello"});
  const auto requests = observation.command_log.Newest(Kind::kLargeRequest, 10);
  const auto replies = observation.command_log.Newest(Kind::kLargeReply, 10);
  ASSERT_EQ(requests.size(), 1u);
  ASSERT_EQ(replies.size(), 1u);
  EXPECT_EQ(requests[0].value, 25);  // *2 $4 ECHO $5 hello, each with its line end
  EXPECT_EQ(replies[0].value, 11);
}

TEST_F(ObservationTest, TimesOfCallsThatWereAskedForAreNotMultiplied) {
  Run({"CONFIG", "SET", "slowlog-log-slower-than", "0"});
  for (int i = 0; i < 100; ++i) Run({"GET", "key"});
  const engine::ResolvedCommand* get = registry.Find("get");
  const auto counts = metrics.HistogramOf(get->number);
  std::uint64_t calls = 0;
  for (const std::uint64_t count : counts) calls += count;
  EXPECT_EQ(calls, 100u);
  EXPECT_EQ(metrics.CallsOf(get->number).calls, 100u);
}

TEST_F(ObservationTest, SecretsAreReplaced) {
  const auto shown = [&](std::initializer_list<std::string_view> words) {
    const std::vector<std::string_view> request(words);
    std::string text;
    for (const std::string_view word : WithoutSecrets(*dispatcher.Lookup(request), request)) {
      text += (text.empty() ? "" : " ") + std::string(word);
    }
    return text;
  };
  EXPECT_EQ(shown({"auth", "x"}), "auth (redacted)");
  EXPECT_EQ(shown({"HELLO", "3", "setname", "n", "Auth", "u", "p"}), "HELLO 3 setname n Auth (redacted) (redacted)");
  EXPECT_EQ(shown({"HELLO", "3", "AUTH", "u"}), "HELLO 3 AUTH (redacted)");
  EXPECT_EQ(shown({"CONFIG", "set", "REQUIREPASS", "x", "timeout", "1"}),
            "CONFIG set REQUIREPASS (redacted) timeout 1");
  EXPECT_EQ(shown({"SET", "auth", "x"}), "SET auth x");
}

TEST_F(ObservationTest, APauseHoldsUpWritesOnly) {
  context.desk = nullptr;
  EXPECT_EQ(Run({"CLIENT", "PAUSE", "1000", "WRITE"}), "+OK\r\n");
  EXPECT_EQ(Run({"GET", "key"}), "$-1\r\n");
  EXPECT_FALSE(context.postponed);
  pause.Check(kNowMs + 999);
  EXPECT_TRUE(tunables.client_pause.IsOn());
  pause.Check(kNowMs + 1000);
  EXPECT_FALSE(tunables.client_pause.IsOn());
  EXPECT_EQ(Run({"SET", "key", "1"}), "+OK\r\n");
}

}  // namespace
}  // namespace zedis::server

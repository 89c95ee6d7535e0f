#include "server/gate.h"

#include <gtest/gtest.h>

#include "base/memory_count.h"
#include "server/handler_harness.h"

namespace zedis::server {
namespace {

constexpr std::string_view kNoAuthReply = "-NOAUTH Authentication required.\r\n";

TEST(GateTest, WithoutAPasswordEverybodyMay) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(server.Run({"AUTH", "x"}).substr(0, 30), "-ERR AUTH <password> called wi");
  EXPECT_EQ(server.Run({"AUTH", "default", "anything"}), "+OK\r\n");
}

TEST(GateTest, APasswordKeepsNewConnectionsOutUntilTheyKnowIt) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"CONFIG", "SET", "requirepass", "secret"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"PING"}), "+PONG\r\n");  // was let in before
  EXPECT_EQ(server.Run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(server.Run({"PING"}), kNoAuthReply);
  EXPECT_EQ(server.Run({"GET", "a"}), kNoAuthReply);
  EXPECT_EQ(server.Run({"HELLO"}).substr(0, 13), "-NOAUTH HELLO");
  for (const char* wrong : {"", "secre", "secrets", "Secret"}) {
    EXPECT_EQ(server.Run({"AUTH", wrong}), "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  }
  EXPECT_EQ(server.Run({"AUTH", "other", "secret"}).substr(0, 10), "-WRONGPASS");
  EXPECT_EQ(server.Run({"PING"}), kNoAuthReply);
  EXPECT_EQ(server.Run({"AUTH", "secret"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"PING"}), "+PONG\r\n");
}

TEST(GateTest, UnknownCommandsAndArityComeBeforeTheQuestionWhoAsks) {
  HandlerHarness server;
  server.access.SetDefaultPassword("secret");
  server.access.Begin(server.session);
  EXPECT_EQ(server.Run({"nosuch"}), "-ERR unknown command 'nosuch', with args beginning with: \r\n");
  EXPECT_EQ(server.Run({"GET"}), "-ERR wrong number of arguments for 'get' command\r\n");
  EXPECT_EQ(server.Run({"GET", "a"}), kNoAuthReply);
}

TEST(GateTest, OverTheLimitOnlyWhatTakesNoMemoryMay) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"SET", "a", "1"}), "+OK\r\n");
  ASSERT_GT(base::MemoryCount::UsedBytes(), 1u);
  EXPECT_EQ(server.Run({"CONFIG", "SET", "maxmemory", "1"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"SET", "a", "2"}), "-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  EXPECT_EQ(server.Run({"GET", "a"}), "$1\r\n1\r\n");
  EXPECT_EQ(server.Run({"CONFIG", "SET", "maxmemory", "1gb"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"SET", "a", "2"}), "+OK\r\n");
}

}  // namespace
}  // namespace zedis::server

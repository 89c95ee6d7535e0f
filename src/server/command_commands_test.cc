#include <gtest/gtest.h>

#include "server/handler_harness.h"

namespace zedis::server {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(CommandCommandsTest, InfoIsWhatRedisSaysOfTheCommand) {
  HandlerHarness server;
  // The bytes of redis-server 7.0.15.
  constexpr std::string_view kGetInResp2 =
      "*1\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*3\r\n+@read\r\n+@string\r\n"
      "+@fast\r\n*0\r\n*1\r\n*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n"
      "$5\r\nindex\r\n$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n"
      "$4\r\nspec\r\n*6\r\n$7\r\nlastkey\r\n:0\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n";
  EXPECT_EQ(server.Run({"COMMAND", "INFO", "GET"}), kGetInResp2);
  EXPECT_EQ(server.Run({"COMMAND", "INFO", "client|id", "nosuch", "client|nosuch"}),
            "*3\r\n*10\r\n$9\r\nclient|id\r\n:2\r\n*3\r\n+noscript\r\n+loading\r\n+stale\r\n:0\r\n:0\r\n:0\r\n*2\r\n"
            "+@slow\r\n+@connection\r\n*0\r\n*0\r\n*0\r\n*-1\r\n*-1\r\n");
  server.Run({"HELLO", "3"});
  EXPECT_TRUE(Has(server.Run({"COMMAND", "INFO", "get"}), "~1\r\n%3\r\n$5\r\nflags\r\n~2\r\n+RO\r\n+access\r\n"));
}

TEST(CommandCommandsTest, EveryRowDescribesAndDocumentsItself) {
  HandlerHarness server;
  for (const engine::ResolvedCommand& command : server.registry.commands()) {
    if ((command.row->flags & engine::kNotYet) != 0) continue;
    EXPECT_FALSE(command.row->summary.empty()) << command.row->name;
    EXPECT_FALSE(command.row->group.empty()) << command.row->name;
    for (const engine::ResolvedCommand& sub : command.subcommands) {
      EXPECT_TRUE(sub.row->name.starts_with(std::string(command.row->name) + "|")) << sub.row->name;
    }
  }
}

TEST(CommandCommandsTest, WhatComesLaterIsNotListed) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"COMMAND", "INFO", "bgsave", "script|load"}), "*2\r\n*-1\r\n*-1\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "DOCS", "eval"}), "*0\r\n");
  EXPECT_FALSE(Has(server.Run({"COMMAND", "LIST"}), "bgsave"));
  EXPECT_FALSE(Has(server.Run({"COMMAND"}), "bgsave"));
  const std::string all = server.Run({"COMMAND"});
  EXPECT_EQ(server.Run({"COMMAND", "COUNT"}), fmt::format(":{}\r\n", all.substr(1, all.find('\r') - 1)));
}

TEST(CommandCommandsTest, ListFilters) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"COMMAND", "LIST", "FILTERBY", "PATTERN", "CLIENT|SET*"}),
            "*2\r\n$14\r\nclient|setinfo\r\n$14\r\nclient|setname\r\n");
  EXPECT_TRUE(Has(server.Run({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "Connection"}), "$4\r\nauth\r\n"));
  EXPECT_FALSE(Has(server.Run({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "connection"}), "$3\r\nget\r\n"));
  EXPECT_EQ(server.Run({"COMMAND", "LIST", "FILTERBY", "ACLCAT", "nosuch"}), "*0\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "LIST", "FILTERBY", "MODULE", "x"}), "*0\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "LIST", "FILTERBY", "PATTERN"}), "-ERR syntax error\r\n");
}

TEST(CommandCommandsTest, KeysOfRequests) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYS", "SET", "a", "b"}), "*1\r\n$1\r\na\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYSANDFLAGS", "SET", "a", "b"}),
            "*1\r\n*2\r\n$1\r\na\r\n*2\r\n+OW\r\n+update\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYSANDFLAGS", "SET", "a", "b", "get"}),
            "*1\r\n*2\r\n$1\r\na\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYS", "GET"}), "-ERR Invalid number of arguments specified for command\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYS", "PING"}), "-ERR The command has no key arguments\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYS", "nosuch", "a"}), "-ERR Invalid command specified\r\n");
  EXPECT_EQ(server.Run({"COMMAND", "GETKEYS", "client|id", "a"}), "-ERR Invalid command specified\r\n");
}

}  // namespace
}  // namespace zedis::server

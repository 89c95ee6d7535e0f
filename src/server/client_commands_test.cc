#include <gtest/gtest.h>

#include "server/handler_harness.h"

namespace zedis::server {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(ClientCommandsTest, TheLineHasTheFieldsOfRedisInTheirOrder) {
  HandlerHarness server;
  server.Run({"CLIENT", "SETNAME", "me"});
  server.Run({"CLIENT", "SETINFO", "LIB-NAME", "lib(x)"});
  server.Run({"CLIENT", "SETINFO", "lib-ver", "1.2"});
  server.Run({"SELECT", "3"});
  const std::string reply = server.Run({"CLIENT", "INFO"});
  const std::string line = reply.substr(reply.find('\n') + 1);
  EXPECT_EQ(line.substr(0, line.find("tot-mem")),
            "id=1 addr=?:0 laddr=?:0 fd=-1 name=me age=5 idle=2 flags=N db=3 sub=0 psub=0 ssub=0 multi=-1 watch=0 "
            "qbuf=0 qbuf-free=0 argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 ");
  EXPECT_TRUE(line.ends_with(
      " events=r cmd=client|info user=default redir=-1 resp=2 lib-name=lib(x) lib-ver=1.2 tot-net-in=0 tot-net-out=0 "
      "tot-cmds=0\n\r\n"))
      << line;
}

TEST(ClientCommandsTest, FlagsShowWhatTheClientAskedForUntilReset) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"CLIENT", "NO-EVICT", "on"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"CLIENT", "NO-TOUCH", "ON"}), "+OK\r\n");
  EXPECT_TRUE(server.session.no_touch && server.session.no_evict);
  EXPECT_TRUE(Has(server.Run({"CLIENT", "INFO"}), " flags=eT "));
  EXPECT_EQ(server.Run({"CLIENT", "NO-TOUCH", "maybe"}), "-ERR syntax error\r\n");
  server.Run({"RESET"});
  EXPECT_FALSE(server.session.no_touch || server.session.no_evict);
  EXPECT_TRUE(Has(server.Run({"CLIENT", "INFO"}), " flags=N "));
}

TEST(ClientCommandsTest, ListFilters) {
  HandlerHarness server;
  engine::Session other;
  server.Connect(other);
  server.Run({"CLIENT", "SETNAME", "me"});
  const auto count = [&](std::initializer_list<std::string_view> words) {
    std::vector<std::string_view> all = {"CLIENT", "LIST"};
    all.insert(all.end(), words);
    std::vector<engine::KeyPlace> keys(all.size());
    server.output.Clear();
    server.context.session = &server.session;
    server.dispatcher.Run(server.context, server.dispatcher.Lookup(all), all, keys.data());
    const std::string_view reply = server.output.Bytes();
    if (reply.starts_with('-')) return -1;
    int lines = 0;
    for (std::size_t at = reply.find("id="); at != std::string_view::npos; at = reply.find("\nid=", at + 1)) ++lines;
    return lines;
  };
  EXPECT_EQ(count({}), 2);
  EXPECT_EQ(count({"ID", "2", "77", "1"}), 2);
  EXPECT_EQ(count({"ID", "2"}), 1);
  EXPECT_EQ(count({"NOT-ID", "2"}), 1);
  EXPECT_EQ(count({"TYPE", "normal"}), 2);
  EXPECT_EQ(count({"TYPE", "pubsub"}), 0);
  EXPECT_EQ(count({"NOT-TYPE", "normal"}), 0);
  EXPECT_EQ(count({"NAME", "me"}), 1);
  EXPECT_EQ(count({"NAME", "me", "ID", "2"}), 0);
  EXPECT_EQ(count({"NOT-NAME", "me"}), 1);
  EXPECT_EQ(count({"SKIPME", "yes"}), 1);
  EXPECT_EQ(count({"MAXAGE", "5"}), 2);
  EXPECT_EQ(count({"MAXAGE", "6"}), 0);
  EXPECT_EQ(count({"IDLE", "3"}), 0);
  EXPECT_EQ(count({"FLAGS", "N"}), 2);
  EXPECT_EQ(count({"DB", "1"}), 0);
  EXPECT_EQ(count({"ID"}), -1);
  EXPECT_EQ(count({"ID", "x"}), -1);
  EXPECT_EQ(count({"FLAGS", "Q"}), -1);
  EXPECT_EQ(count({"TYPE", "foo"}), -1);
  server.clients.Remove(other);
  EXPECT_EQ(count({}), 1);
}

TEST(ClientCommandsTest, WhatIsNotThereYetSaysSo) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"BGSAVE"}),
            "-ERR BGSAVE is not supported by this version of Zedis: persistence comes later\r\n");
  EXPECT_EQ(server.Run({"client", "foo"}), "-ERR unknown subcommand 'foo'. Try CLIENT HELP.\r\n");
}

TEST(ClientCommandsTest, HelloSwitchesTheProtocolOfItsOwnReply) {
  HandlerHarness server;
  EXPECT_TRUE(server.Run({"HELLO", "3", "SETNAME", "me"}).starts_with("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n"));
  EXPECT_EQ(server.Run({"GET", "missing"}), "_\r\n");
  EXPECT_EQ(server.Run({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(server.Run({"CLIENT", "GETNAME"}), "$2\r\nme\r\n");
  EXPECT_TRUE(server.Run({"HELLO", "2"}).starts_with("*14\r\n"));
  EXPECT_EQ(server.Run({"GET", "missing"}), "$-1\r\n");
}

TEST(ClientCommandsTest, ReplyModesAreNotedAndOffSaysNothing) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"CLIENT", "REPLY", "OFF"}), "");
  EXPECT_EQ(server.session.reply_mode, engine::ReplyMode::kOff);
  EXPECT_EQ(server.Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(server.session.reply_mode, engine::ReplyMode::kOff);
  EXPECT_EQ(server.Run({"CLIENT", "REPLY", "ON"}), "+OK\r\n");
  EXPECT_EQ(server.Run({"CLIENT", "REPLY", "SKIP"}), "");
  EXPECT_EQ(server.session.reply_mode, engine::ReplyMode::kSkipNext);
}

}  // namespace
}  // namespace zedis::server

#include <gtest/gtest.h>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

class Streams : public testing::Test {
 protected:
  std::string Run(std::initializer_list<std::string_view> arguments) { return harness_.Run(arguments); }
  Events Take() { return harness_.TakeEvents(); }

  CommandHarness harness_;
};

TEST_F(Streams, AddingAndRemovingIsReported) {
  Run({"XADD", "s", "1-1", "a", "b"});
  EXPECT_EQ(Take(), (Events{"xadd s"}));
  Run({"XADD", "s", "MAXLEN", "1", "2-1", "a", "b"});
  EXPECT_EQ(Take(), (Events{"xadd s", "xtrim s"}));
  Run({"XADD", "s", "MAXLEN", "5", "3-1", "a", "b"});
  EXPECT_EQ(Take(), (Events{"xadd s"}));
  Run({"XDEL", "s", "2-1", "2-2"});
  EXPECT_EQ(Take(), (Events{"xdel s"}));
  Run({"XDEL", "s", "2-1"});
  EXPECT_EQ(Take(), (Events{}));
  Run({"XTRIM", "s", "MAXLEN", "1"});
  EXPECT_EQ(Take(), (Events{}));
  Run({"XTRIM", "s", "MAXLEN", "0"});
  EXPECT_EQ(Take(), (Events{"xtrim s"}));
  Run({"XSETID", "s", "9-9"});
  EXPECT_EQ(Take(), (Events{"xsetid s"}));
}

TEST_F(Streams, WhatFailsOrDoesNothingIsNotReported) {
  Run({"XADD", "s", "5-1", "a", "b"});
  Take();
  EXPECT_EQ(Run({"XADD", "s", "5-1", "a", "b"}).front(), '-');
  EXPECT_EQ(Run({"XADD", "t", "NOMKSTREAM", "5-1", "a", "b"}), "$-1\r\n");
  EXPECT_EQ(Run({"XADD", "t", "0-0", "a", "b"}).front(), '-');
  EXPECT_EQ(Run({"XDEL", "s", "5-1", "x"}).front(), '-');
  EXPECT_EQ(Run({"XSETID", "s", "5-0"}).front(), '-');
  EXPECT_EQ(Run({"XACK", "s", "g", "5-1"}), ":0\r\n");
  EXPECT_EQ(Run({"EXISTS", "t"}), ":0\r\n");
  EXPECT_EQ(Take(), (Events{}));
}

TEST_F(Streams, GroupsAreReported) {
  Run({"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"});
  EXPECT_EQ(Take(), (Events{"xgroup-create s"}));
  Run({"XGROUP", "CREATECONSUMER", "s", "g", "c"});
  EXPECT_EQ(Take(), (Events{"xgroup-createconsumer s"}));
  Run({"XGROUP", "CREATECONSUMER", "s", "g", "c"});
  EXPECT_EQ(Take(), (Events{}));
  Run({"XGROUP", "SETID", "s", "g", "1-0"});
  EXPECT_EQ(Take(), (Events{"xgroup-setid s"}));
  Run({"XGROUP", "DELCONSUMER", "s", "g", "c"});
  EXPECT_EQ(Take(), (Events{"xgroup-delconsumer s"}));
  Run({"XGROUP", "DELCONSUMER", "s", "g", "c"});
  EXPECT_EQ(Take(), (Events{}));
  Run({"XGROUP", "DESTROY", "s", "g"});
  EXPECT_EQ(Take(), (Events{"xgroup-destroy s"}));
}

TEST_F(Streams, DeliveriesAndClaimsAreReported) {
  Run({"XADD", "s", "1-1", "a", "b"});
  Run({"XADD", "s", "2-1", "a", "b"});
  Run({"XGROUP", "CREATE", "s", "g", "0"});
  Take();
  Run({"XREADGROUP", "GROUP", "g", "c", "COUNT", "1", "STREAMS", "s", ">"});
  EXPECT_EQ(Take(), (Events{"xgroup-createconsumer s", "xreadgroup s"}));
  Run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"});
  EXPECT_EQ(Take(), (Events{"xreadgroup s"}));
  Run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"});
  EXPECT_EQ(Take(), (Events{}));
  Run({"XCLAIM", "s", "g", "d", "0", "1-1"});
  EXPECT_EQ(Take(), (Events{"xgroup-createconsumer s", "xclaim s"}));
  Run({"XCLAIM", "s", "g", "d", "100000", "1-1"});
  EXPECT_EQ(Take(), (Events{}));
  Run({"XAUTOCLAIM", "s", "g", "e", "0", "0"});
  EXPECT_EQ(Take(), (Events{"xgroup-createconsumer s", "xautoclaim s"}));
  Run({"XACK", "s", "g", "1-1"});
  EXPECT_EQ(Take(), (Events{"xack s"}));
}

TEST_F(Streams, PendingEntriesAreIdleSinceTheirDelivery) {
  Run({"XADD", "s", "1-1", "a", "b"});
  Run({"XGROUP", "CREATE", "s", "g", "0"});
  Run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"});
  harness_.Sleep(250);
  EXPECT_EQ(Run({"XPENDING", "s", "g", "-", "+", "5"}), "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nc\r\n:250\r\n:1\r\n");
  EXPECT_EQ(Run({"XPENDING", "s", "g", "IDLE", "251", "-", "+", "5"}), "*0\r\n");
  EXPECT_EQ(Run({"XCLAIM", "s", "g", "d", "251", "1-1", "JUSTID"}), "*0\r\n");
  EXPECT_EQ(Run({"XCLAIM", "s", "g", "d", "250", "1-1", "JUSTID"}), "*1\r\n$3\r\n1-1\r\n");
  EXPECT_EQ(Run({"XPENDING", "s", "g", "IDLE", "0", "-", "+", "5"}),
            "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:0\r\n:1\r\n");
}

TEST_F(Streams, ConsumersAreSeenWhenTheyAskAndActiveWhenTheyGet) {
  Run({"XGROUP", "CREATE", "s", "g", "0", "MKSTREAM"});
  Run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"});
  harness_.Sleep(70);
  const std::string name_and_pending = "*1\r\n*8\r\n$4\r\nname\r\n$1\r\nc\r\n$7\r\npending\r\n:";
  EXPECT_EQ(Run({"XINFO", "CONSUMERS", "s", "g"}),
            name_and_pending + "0\r\n$4\r\nidle\r\n:70\r\n$8\r\ninactive\r\n:-1\r\n");
  Run({"XADD", "s", "1-1", "a", "b"});
  Run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"});
  harness_.Sleep(30);
  Run({"XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"});
  harness_.Sleep(5);
  EXPECT_EQ(Run({"XINFO", "CONSUMERS", "s", "g"}),
            name_and_pending + "1\r\n$4\r\nidle\r\n:5\r\n$8\r\ninactive\r\n:35\r\n");
}

TEST_F(Streams, TheClockMakesIdsThatNeverGoBack) {
  EXPECT_EQ(Run({"XADD", "s", "*", "a", "b"}), "$15\r\n1700000000000-0\r\n");
  EXPECT_EQ(Run({"XADD", "s", "*", "a", "b"}), "$15\r\n1700000000000-1\r\n");
  harness_.Sleep(-10);
  EXPECT_EQ(Run({"XADD", "s", "*", "a", "b"}), "$15\r\n1700000000000-2\r\n");
  harness_.Sleep(11);
  EXPECT_EQ(Run({"XADD", "s", "*", "a", "b"}), "$15\r\n1700000000001-0\r\n");
}

TEST_F(Streams, TheTimeoutOfBlockMustNotBeBeyondTheEndOfTime) {
  const std::string_view most = "9223372036854775807";
  EXPECT_EQ(Run({"XREAD", "BLOCK", most, "STREAMS", "s", "0"}), "-ERR timeout is out of range\r\n");
  EXPECT_EQ(Run({"XREAD", "BLOCK", "9223370336854775807", "STREAMS", "s", "0"}), "*-1\r\n");
}

}  // namespace
}  // namespace zedis::commands

// What RESTORE and SORT tell the door.
#include <gtest/gtest.h>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

// The string "hello".
constexpr std::string_view kPayload("\0\5hello\x0a\0cr\xdfve4 \x0a", 17);

TEST(RestoreTest, TellsOfTheKeyThatCameAndOfTheOneThatWent) {
  CommandHarness server;
  server.tunables().notify_keyspace_events.Set(base::kNotifyNew);
  EXPECT_EQ(server.Run({"RESTORE", "k", "0", kPayload}), "+OK\r\n");
  EXPECT_EQ(server.TakeEvents(), (Events{"new k", "restore k"}));
  EXPECT_EQ(server.Run({"RESTORE", "k", "0", kPayload, "REPLACE"}), "+OK\r\n");
  EXPECT_EQ(server.TakeEvents(), (Events{"new k", "restore k"}));
  EXPECT_EQ(server.Run({"RESTORE", "k", "1", kPayload, "REPLACE", "ABSTTL"}), "+OK\r\n");
  EXPECT_EQ(server.TakeEvents(), Events{"del k"});
  EXPECT_EQ(server.Run({"RESTORE", "k", "1", kPayload, "ABSTTL"}), "+OK\r\n");
  EXPECT_EQ(server.TakeEvents(), Events{});
}

TEST(RestoreTest, OfBadBytesChangesNothing) {
  CommandHarness server;
  server.Run({"SET", "k", "v"});
  server.TakeEvents();
  EXPECT_EQ(server.Run({"RESTORE", "k", "0", kPayload.substr(0, 16), "REPLACE"}),
            "-ERR DUMP payload version or checksum are wrong\r\n");
  EXPECT_EQ(server.TakeEvents(), Events{});
  EXPECT_EQ(server.Run({"GET", "k"}), "$1\r\nv\r\n");
}

// A time that is beyond the end of time is over, as in Redis, where the sum wraps around.
TEST(RestoreTest, WithAnEndlessTimeMakesNoKey) {
  CommandHarness server;
  EXPECT_EQ(server.Run({"RESTORE", "k", "9223372036854775807", kPayload}), "+OK\r\n");
  EXPECT_EQ(server.Run({"EXISTS", "k"}), ":0\r\n");
}

TEST(SortTest, TellsOfWhatItStored) {
  CommandHarness server;
  server.Run({"RPUSH", "k", "2", "1"});
  server.TakeEvents();
  EXPECT_EQ(server.Run({"SORT", "k", "STORE", "d"}), ":2\r\n");
  EXPECT_EQ(server.TakeEvents(), Events{"sortstore d"});
  EXPECT_EQ(server.Run({"SORT", "missing", "STORE", "d"}), ":0\r\n");
  EXPECT_EQ(server.TakeEvents(), Events{"del d"});
  EXPECT_EQ(server.Run({"SORT", "missing", "STORE", "d"}), ":0\r\n");
  EXPECT_EQ(server.TakeEvents(), Events{});
}

TEST(SortTest, LocksAllOnlyIfPatternsLeadToOtherKeys) {
  const auto needs_all = [](std::initializer_list<std::string_view> arguments) {
    const std::vector<std::string_view> args(arguments);
    for (const auto& table : AllTables()) {
      for (const engine::Command& row : table) {
        if (row.name == "sort") return row.needs_all(args);
      }
    }
    return false;
  };
  EXPECT_FALSE(needs_all({"SORT", "k"}));
  EXPECT_FALSE(needs_all({"SORT", "k", "BY", "nosort", "GET", "#", "STORE", "d"}));
  EXPECT_TRUE(needs_all({"SORT", "k", "BY", "w_*"}));
  EXPECT_TRUE(needs_all({"SORT", "k", "ALPHA", "GET", "#", "get", "o_*->f"}));
}

}  // namespace
}  // namespace zedis::commands

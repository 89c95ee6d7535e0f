#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

TEST(Geo, ChangesPassTheDoorUnderTheNamesThatRedisGivesThem) {
  CommandHarness harness;
  EXPECT_EQ(harness.Run({"GEOADD", "k", "1", "1", "a", "2", "2", "b"}), ":2\r\n");
  EXPECT_EQ(harness.Run({"GEOADD", "k", "1", "1", "a"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"GEOADD", "k", "NX", "3", "1", "a"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"GEOADD", "missing", "XX", "3", "1", "a"}), ":0\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"zadd k"});
  EXPECT_EQ(harness.Run({"GEOSEARCHSTORE", "t", "k", "FROMLONLAT", "1", "1", "BYRADIUS", "1", "km"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"GEORADIUS", "k", "1", "1", "1000", "km", "STORE", "u"}), ":2\r\n");
  EXPECT_EQ(harness.Run({"GEORADIUSBYMEMBER", "k", "a", "1", "km", "STOREDIST", "v"}), ":1\r\n");
  EXPECT_EQ(harness.TakeEvents(), (Events{"geosearchstore t", "georadiusstore u", "georadiusstore v"}));
  EXPECT_EQ(harness.Run({"GEOSEARCHSTORE", "t", "k", "FROMLONLAT", "9", "9", "BYRADIUS", "1", "km"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"GEOSEARCHSTORE", "t", "k", "FROMLONLAT", "9", "9", "BYRADIUS", "1", "km"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"GEORADIUS", "missing", "1", "1", "1000", "km", "STORE", "u"}), ":0\r\n");
  EXPECT_EQ(harness.TakeEvents(), (Events{"del t", "del u"}));
}

TEST(Geo, UnsavedChangesAreCountedAsRedisDoes) {
  CommandHarness harness;
  const auto changes = [&](std::initializer_list<std::string_view> command) {
    const std::uint64_t before = harness.stats().changes.Get();
    harness.Run(command);
    return harness.stats().changes.Get() - before;
  };
  EXPECT_EQ(changes({"GEOADD", "k", "1", "1", "a", "1", "1", "b", "1", "1", "c"}), 3u);
  EXPECT_EQ(changes({"GEOADD", "k", "1", "1", "a", "2", "1", "b"}), 1u);
  EXPECT_EQ(changes({"GEORADIUS", "k", "1", "1", "1000", "km", "STORE", "t"}), 3u);
  EXPECT_EQ(changes({"GEORADIUS", "k", "50", "1", "1000", "km", "STORE", "t"}), 1u);
  EXPECT_EQ(changes({"GEORADIUS", "k", "50", "1", "1000", "km", "STORE", "t"}), 0u);
}

// Looking up the target, which is due, changes the shard where the source may lie.
TEST(Geo, ATargetThatIsDueDoesNotDisturbTheSource) {
  for (int i = 0; i < 20; ++i) {
    CommandHarness harness;
    const std::string target = "target" + std::to_string(i);
    harness.Run({"GEOADD", "k", "1", "1", "a", "1.001", "1", "b"});
    harness.Run({"SET", target, "x", "PX", "10"});
    harness.Sleep(20);
    EXPECT_EQ(harness.Run({"GEOSEARCHSTORE", target, "k", "FROMMEMBER", "a", "BYRADIUS", "1", "km"}), ":2\r\n");
    EXPECT_EQ(harness.Run({"ZCARD", target}), ":2\r\n");
  }
}

}  // namespace
}  // namespace zedis::commands

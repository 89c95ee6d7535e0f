#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

TEST(HyperLogLogCommands, ChangesPassTheDoorAndNothingElseDoes) {
  CommandHarness harness;
  EXPECT_EQ(harness.Run({"PFADD", "k"}), ":1\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"pfadd k"});
  EXPECT_EQ(harness.Run({"PFADD", "k"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"PFADD", "k", "a", "a"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"PFADD", "k", "a"}), ":0\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"pfadd k"});
  // An estimate that is written into the value changes it.
  EXPECT_EQ(harness.Run({"PFCOUNT", "k"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"PFCOUNT", "k"}), ":1\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"pfcount k"});
  EXPECT_EQ(harness.Run({"PFCOUNT", "k", "missing"}), ":1\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{});
  EXPECT_EQ(harness.Run({"PFMERGE", "t", "k", "missing"}), "+OK\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"pfadd t"});
  EXPECT_EQ(harness.Run({"PFDEBUG", "TODENSE", "k"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"PFDEBUG", "TODENSE", "k"}), ":0\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"pfdebug k"});
  EXPECT_EQ(harness.Run({"PFADD", "k", "a"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"PFADD", "k", "b"}), ":1\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"pfadd k"});
}

// Each element that raises a register counts, and so does a new key.
TEST(HyperLogLogCommands, UnsavedChangesAreCountedAsRedisDoes) {
  CommandHarness harness;
  const auto changes = [&](std::initializer_list<std::string_view> command) {
    const std::uint64_t before = harness.stats().changes.Get();
    harness.Run(command);
    return harness.stats().changes.Get() - before;
  };
  EXPECT_EQ(changes({"PFADD", "k", "a", "b", "c", "a"}), 4u);
  EXPECT_EQ(changes({"PFADD", "k", "a", "d"}), 1u);
  EXPECT_EQ(changes({"PFCOUNT", "k"}), 1u);
  EXPECT_EQ(changes({"PFMERGE", "t", "k"}), 1u);
}

}  // namespace
}  // namespace zedis::commands

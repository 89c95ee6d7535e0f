// What handlers tell the door besides the change itself: reads of missing keys, and how much of a change counts as
// unsaved.
#include <gtest/gtest.h>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

TEST(MissesTest, ReadersOfWhatIsNotThereAreReportedIfAskedFor) {
  CommandHarness server;
  server.Run({"GET", "a"});
  EXPECT_EQ(server.TakeEvents(), Events{});
  server.tunables().notify_keyspace_events.Set(base::kNotifyKeyMiss);
  for (const auto* name : {"GET", "EXISTS", "TYPE", "TTL", "STRLEN", "LLEN", "TOUCH"}) {
    server.Run({name, "a"});
    EXPECT_EQ(server.TakeEvents(), Events{"keymiss a"}) << name;
  }
  server.Run({"MGET", "a", "b"});
  EXPECT_EQ(server.TakeEvents(), (Events{"keymiss a", "keymiss b"}));
}

TEST(MissesTest, NeitherWritersNorOBJECTMissKeys) {
  CommandHarness server;
  server.tunables().notify_keyspace_events.Set(base::kNotifyKeyMiss);
  server.Run({"DEL", "a"});
  server.Run({"LPUSHX", "a", "x"});
  server.Run({"EXPIRE", "a", "100"});
  server.Run({"OBJECT", "ENCODING", "a"});
  EXPECT_EQ(server.TakeEvents(), Events{});
  EXPECT_EQ(server.stats().keyspace_misses.Get(), 1u);  // OBJECT's
}

TEST(ChangesTest, OneRenameIsOneChangeWithTwoEvents) {
  CommandHarness server;
  server.Run({"SET", "a", "v"});
  server.TakeEvents();
  const std::uint64_t before = server.stats().changes.Get();
  server.Run({"RENAME", "a", "b"});
  EXPECT_EQ(server.TakeEvents(), (Events{"rename_from a", "rename_to b"}));
  EXPECT_EQ(server.stats().changes.Get() - before, 1u);
  server.Run({"MOVE", "b", "1"});
  EXPECT_EQ(server.stats().changes.Get() - before, 2u);
  server.Run({"RPUSH", "list", "1", "2", "3"});
  EXPECT_EQ(server.stats().changes.Get() - before, 5u);
}

}  // namespace
}  // namespace zedis::commands

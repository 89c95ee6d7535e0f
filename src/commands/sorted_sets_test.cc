#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "commands/command_harness.h"

namespace zedis::commands {
namespace {

using Events = std::vector<std::string>;

std::string Name(int number) { return "member" + std::to_string(number); }

TEST(SortedSets, EveryChangeIsReportedOnceAndAnEmptySetIsGone) {
  CommandHarness harness;
  EXPECT_EQ(harness.Run({"ZADD", "z", "1", "a", "2", "b", "3", "c"}), ":3\r\n");
  EXPECT_EQ(harness.Run({"ZADD", "z", "1", "a"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"ZADD", "z", "GT", "0", "a"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"ZINCRBY", "z", "0", "a"}), "$1\r\n1\r\n");
  EXPECT_EQ(harness.TakeEvents(), Events{"zadd z"});
  EXPECT_EQ(harness.Run({"ZINCRBY", "z", "5", "a"}), "$1\r\n6\r\n");
  EXPECT_EQ(harness.Run({"ZREM", "z", "b", "b", "no"}), ":1\r\n");
  EXPECT_EQ(harness.Run({"ZREMRANGEBYSCORE", "z", "7", "9"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"ZRANGESTORE", "r", "z", "0", "-1"}), ":2\r\n");
  EXPECT_EQ(harness.Run({"ZUNIONSTORE", "u", "2", "z", "r"}), ":2\r\n");
  EXPECT_EQ(harness.Run({"ZDIFFSTORE", "u", "2", "z", "r"}), ":0\r\n");
  EXPECT_EQ(harness.Run({"ZPOPMIN", "z"}), "*2\r\n$1\r\nc\r\n$1\r\n3\r\n");
  harness.Run({"ZPOPMAX", "z", "5"});
  EXPECT_EQ(harness.TakeEvents(), (Events{"zincr z", "zrem z", "zrangestore r", "zunionstore u", "del u", "zpopmin z",
                                          "zpopmax z", "del z"}));
  harness.Run({"ZREMRANGEBYRANK", "r", "0", "-1"});
  EXPECT_EQ(harness.TakeEvents(), (Events{"zremrangebyrank r", "del r"}));
  EXPECT_EQ(harness.Run({"DBSIZE"}), ":0\r\n");
}

TEST(SortedSets, ASetThatGrowsFromOneMemberKeepsThemAll) {
  CommandHarness harness;
  for (int i = 0; i < 3000; ++i) {
    const std::string score = std::to_string(i % 50);
    ASSERT_EQ(harness.Run({"ZADD", "z", score, Name(i)}), ":1\r\n");
    ASSERT_EQ(harness.Run({"ZADD", "z", score, Name(i)}), ":0\r\n");
    ASSERT_EQ(harness.Run({"ZCARD", "z"}), ":" + std::to_string(i + 1) + "\r\n");
  }
  for (int i = 0; i < 3000; ++i) {
    const std::string score = std::to_string(i % 50);
    ASSERT_EQ(harness.Run({"ZSCORE", "z", Name(i)}), "$" + std::to_string(score.size()) + "\r\n" + score + "\r\n");
    ASSERT_EQ(harness.Run({"ZREM", "z", Name(i)}), ":1\r\n");
  }
  EXPECT_EQ(harness.Run({"EXISTS", "z"}), ":0\r\n");
}

// In all forms: the source may lie in the shard that a change of the target moves.
TEST(SortedSets, ATargetMayBeOneOfTheSources) {
  for (const int size : {3, 60, 127, 500}) {
    CommandHarness harness;
    for (int i = 0; i < size; ++i) harness.Run({"ZADD", "z", std::to_string(i), Name(i)});
    const std::string count = ":" + std::to_string(size) + "\r\n";
    EXPECT_EQ(harness.Run({"ZUNIONSTORE", "z", "2", "z", "z", "WEIGHTS", "1", "2"}), count);
    EXPECT_EQ(harness.Run({"ZRANGESTORE", "z", "z", "0", "-1", "REV"}), count);
    EXPECT_EQ(harness.Run({"ZINTERSTORE", "z", "2", "z", "z", "AGGREGATE", "MAX"}), count);
    EXPECT_EQ(harness.Run({"ZSCORE", "z", Name(2)}), "$1\r\n6\r\n");
    harness.Run({"SADD", "s", Name(0), Name(2)});
    EXPECT_EQ(harness.Run({"ZINTERSTORE", "s", "2", "s", "z"}), ":2\r\n");
    EXPECT_EQ(harness.Run({"ZSCORE", "s", Name(2)}), "$1\r\n7\r\n");
  }
}

TEST(SortedSets, AnExpiredTargetDoesNotDisturbItsSources) {
  CommandHarness harness;
  for (int i = 0; i < 200; ++i) {
    const std::string source = "source" + std::to_string(i);
    const std::string target = "target" + std::to_string(i);
    harness.Run({"ZADD", source, "1", "a", "2", "b"});
    harness.Run({"SET", target, std::string(100, 'x'), "PX", "10"});
  }
  harness.Sleep(20);
  for (int i = 0; i < 200; ++i) {
    const std::string source = "source" + std::to_string(i);
    const std::string target = "target" + std::to_string(i);
    EXPECT_EQ(i % 2 == 0 ? harness.Run({"ZRANGESTORE", target, source, "0", "-1"})
                         : harness.Run({"ZUNIONSTORE", target, "1", source}),
              ":2\r\n");
    EXPECT_EQ(harness.Run({"TTL", target}), ":-1\r\n");
  }
}

}  // namespace
}  // namespace zedis::commands

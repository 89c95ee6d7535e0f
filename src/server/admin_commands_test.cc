#include <gtest/gtest.h>

#include "base/version.h"
#include "server/handler_harness.h"
#include "server/info.h"

namespace zedis::server {
namespace {

bool Has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST(InfoTest, BytesForPeople) {
  EXPECT_EQ(HumanBytes(0), "0B");
  EXPECT_EQ(HumanBytes(1023), "1023B");
  EXPECT_EQ(HumanBytes(1536), "1.50K");
  EXPECT_EQ(HumanBytes(25276514304), "23.54G");
}

TEST(InfoTest, SectionsAreChosenByName) {
  HandlerHarness server;
  EXPECT_EQ(server.Run({"INFO", "cluster"}), "$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n");
  EXPECT_EQ(server.Run({"INFO", "nosuch"}), "$0\r\n\r\n");
  const std::string usual = server.Run({"INFO"});
  for (const char* title : {"Server", "Clients", "Memory", "Persistence", "Stats", "Replication", "CPU", "Modules",
                            "Errorstats", "Cluster", "Keyspace"}) {
    EXPECT_TRUE(Has(usual, std::string("# ") + title + "\r\n")) << title;
  }
  EXPECT_FALSE(Has(usual, "# Commandstats"));
  EXPECT_TRUE(Has(server.Run({"INFO", "ALL"}), "# Commandstats"));
  EXPECT_TRUE(Has(server.Run({"INFO", "all"}), "# Modules"));
  EXPECT_TRUE(Has(server.Run({"INFO", "Everything"}), "# Modules"));
  const std::string two = server.Run({"INFO", "keyspace", "server"});
  EXPECT_LT(two.find("# Server"), two.find("# Keyspace"));
  EXPECT_FALSE(Has(two, "# Clients"));
}

TEST(InfoTest, NumbersAreThoseOfTheServer) {
  HandlerHarness server;
  server.Run({"SET", "a", "1"});
  server.Run({"SET", "b", "1", "EX", "100"});
  server.Run({"SELECT", "2"});
  server.Run({"SET", "a", "1"});
  server.Run({"GET", "a"});
  server.Run({"GET", "c"});
  server.Run({"nosuch"});
  EXPECT_TRUE(Has(server.Run({"INFO", "keyspace"}), "db0:keys=2,expires=1,avg_ttl=100000,subexpiry=0\r\n"));
  EXPECT_TRUE(Has(server.Run({"INFO", "keyspace"}), "db2:keys=1,expires=0,"));
  EXPECT_FALSE(Has(server.Run({"INFO", "keyspace"}), "db1:"));
  const std::string stats = server.Run({"INFO", "stats"});
  EXPECT_TRUE(Has(stats, "\r\nkeyspace_hits:1\r\nkeyspace_misses:1\r\n"));
  EXPECT_TRUE(Has(stats, "\r\ntotal_error_replies:1\r\n"));
  // Those that ran and have ended: neither what is unknown nor the one that asks.
  EXPECT_TRUE(Has(stats, "total_commands_processed:9\r\n"));
  EXPECT_TRUE(Has(server.Run({"INFO", "persistence"}), "rdb_changes_since_last_save:3\r\n"));
  EXPECT_TRUE(Has(server.Run({"INFO", "server"}), "uptime_in_seconds:90000\r\nuptime_in_days:1\r\n"));
  EXPECT_TRUE(Has(server.Run({"INFO", "server"}), "redis_version:7.4."));
  EXPECT_TRUE(Has(server.Run({"INFO", "clients"}), "connected_clients:1\r\n"));

  EXPECT_EQ(server.Run({"CONFIG", "RESETSTAT"}), "+OK\r\n");
  EXPECT_TRUE(Has(server.Run({"INFO", "stats"}), "\r\nkeyspace_hits:0\r\nkeyspace_misses:0\r\n"));
  EXPECT_TRUE(Has(server.Run({"INFO", "persistence"}), "rdb_changes_since_last_save:3\r\n"));
}

TEST(MetricsTest, RatesAreMeansOverTheLastSamples) {
  engine::WorkerStats one;
  engine::WorkerStats two;
  Metrics metrics;
  metrics.Watch(one);
  metrics.Watch(two);
  metrics.Sample(1000);
  for (int i = 1; i <= 16; ++i) {
    one.loop_cycles += 30;
    two.loop_cycles += 20;
    metrics.Sample(1000 + i * 100);
    metrics.Sample(1000 + i * 100 + 10);  // too early to count
  }
  EXPECT_EQ(metrics.CurrentRates().cycles_per_s, 500u);
  EXPECT_EQ(metrics.Sum(&engine::WorkerStats::loop_cycles), 800u);
  metrics.Reset();
  EXPECT_EQ(metrics.Sum(&engine::WorkerStats::loop_cycles), 0u);
  EXPECT_EQ(metrics.CurrentRates().cycles_per_s, 0u);
}

TEST(ShutdownTest, OptionsThatContradictEachOtherAreRefused) {
  HandlerHarness server;
  for (const auto& words : {std::initializer_list<std::string_view>{"SHUTDOWN", "foo"},
                            {"SHUTDOWN", "SAVE", "NOSAVE"},
                            {"SHUTDOWN", "ABORT", "NOW"}}) {
    EXPECT_EQ(server.Run(words), "-ERR syntax error\r\n");
  }
  EXPECT_EQ(server.Run({"SHUTDOWN", "ABORT"}), "-ERR No shutdown in progress.\r\n");
  EXPECT_EQ(server.shutdowns, 0);
  EXPECT_EQ(server.Run({"SHUTDOWN", "NOSAVE", "NOW"}), "");
  EXPECT_EQ(server.shutdowns, 1);
  EXPECT_TRUE(server.session.close_after_reply);
}

TEST(LolwutTest, EndsWithTheVersionAndIsAnotherOneEachTime) {
  HandlerHarness server;
  const std::string one = server.Run({"LOLWUT"});
  EXPECT_TRUE(Has(one, fmt::format("Redis ver. {}", base::kRedisVersion)));
  EXPECT_NE(one, server.Run({"LOLWUT"}));
  EXPECT_TRUE(server.Run({"LOLWUT", "VERSION", "5", "1", "1"}).starts_with("$"));
  EXPECT_TRUE(server.Run({"LOLWUT", "VERSION", "5", "9999999", "-3"}).starts_with("$"));
  EXPECT_EQ(server.Run({"LOLWUT", "VERSION", "x"}), "-ERR value is not an integer or out of range\r\n");
}

}  // namespace
}  // namespace zedis::server

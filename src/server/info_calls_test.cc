#include <gtest/gtest.h>

#include <regex>

#include "server/handler_harness.h"

namespace zedis::server {
namespace {

bool Matches(const std::string& text, const std::string& pattern) {
  return std::regex_search(text, std::regex(pattern));
}

TEST(InfoCallsTest, CommandsAreCountedByHowTheyEnded) {
  HandlerHarness server;
  server.Run({"SET", "key", "v"});
  server.Run({"GET", "key"});
  server.Run({"GET", "key"});
  server.Run({"GET"});
  server.Run({"LPUSH", "key", "x"});
  server.Run({"CLIENT", "ID"});
  server.Run({"CLIENT"});
  server.Run({"nosuch"});
  const std::string text = server.Run({"INFO", "commandstats"});
  const std::string time = ",usec=\\d+,usec_per_call=\\d+\\.\\d\\d,";
  EXPECT_TRUE(Matches(text, "\r\ncmdstat_set:calls=1" + time + "rejected_calls=0,failed_calls=0\r\n")) << text;
  EXPECT_TRUE(Matches(text, "\r\ncmdstat_get:calls=2" + time + "rejected_calls=1,failed_calls=0\r\n")) << text;
  EXPECT_TRUE(Matches(text, "\r\ncmdstat_lpush:calls=1" + time + "rejected_calls=0,failed_calls=1\r\n")) << text;
  EXPECT_TRUE(Matches(text, "\r\ncmdstat_client\\|id:calls=1" + time + "rejected_calls=0,failed_calls=0\r\n")) << text;
  EXPECT_TRUE(
      Matches(text, "\r\ncmdstat_client:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"));
  EXPECT_FALSE(Matches(text, "cmdstat_info|cmdstat_nosuch|cmdstat_mget")) << text;
}

TEST(InfoCallsTest, ErrorsAreCountedByCode) {
  HandlerHarness server;
  server.Run({"LPUSH", "list", "x"});
  server.Run({"GET", "list"});
  server.Run({"nosuch"});
  server.Run({"INCR"});
  EXPECT_TRUE(Matches(server.Run({"INFO", "errorstats"}),
                      "# Errorstats\r\nerrorstat_ERR:count=2\r\nerrorstat_WRONGTYPE:count=1\r\n"));
}

// observes: latency-tracking
// observes: latency-tracking-info-percentiles
TEST(InfoCallsTest, PercentilesAreThoseOfTheConfiguration) {
  HandlerHarness server;
  server.Run({"GET", "key"});
  EXPECT_TRUE(
      Matches(server.Run({"INFO", "latencystats"}),
              "\r\nlatency_percentiles_usec_get:p50=\\d+\\.\\d{3},p99=\\d+\\.\\d{3},p99\\.9=\\d+\\.\\d{3}\r\n"));
  server.Run({"CONFIG", "SET", "latency-tracking-info-percentiles", "0 100"});
  EXPECT_TRUE(Matches(server.Run({"INFO", "latencystats"}), "_get:p0=\\d+\\.\\d{3},p100=\\d+\\.\\d{3}\r\n"));
  server.Run({"CONFIG", "SET", "latency-tracking", "no"});
  EXPECT_FALSE(Matches(server.Run({"INFO", "latencystats"}), "latency_percentiles"));
}

TEST(InfoCallsTest, ResetStatForgetsAllOfIt) {
  HandlerHarness server;
  server.Run({"GET", "key"});
  server.Run({"GET"});
  server.Run({"CONFIG", "RESETSTAT"});
  const std::string text = server.Run({"INFO", "everything"});
  EXPECT_FALSE(Matches(text, "cmdstat_get|errorstat_|usec_get")) << text;
  EXPECT_TRUE(Matches(text, "total_error_replies:0\r\n"));
  EXPECT_TRUE(Matches(text, "total_commands_processed:1\r\n"));
  EXPECT_TRUE(Matches(text, "cmdstat_config\\|resetstat:calls=1,"));
  server.Run({"GET", "key"});
  EXPECT_TRUE(Matches(server.Run({"INFO", "commandstats"}), "cmdstat_get:calls=1,.*,rejected_calls=0,"));
}

TEST(InfoExpiryTest, TheMeanTimeToLiveIsOfTheKeysThatHaveOne) {
  HandlerHarness server;
  server.Run({"SET", "a", "v", "PX", "1000"});
  server.Run({"SET", "b", "v", "PX", "3000"});
  server.Run({"SET", "c", "v"});
  server.Run({"SET", "d", "v", "PX", "1"});
  server.context.SetTime(server.context.now_ms + 500);
  EXPECT_TRUE(Matches(server.Run({"INFO", "keyspace"}), "db0:keys=4,expires=3,avg_ttl=1500,subexpiry=0\r\n"))
      << server.Run({"INFO", "keyspace"});
  EXPECT_TRUE(Matches(server.Run({"INFO", "stats"}), "expired_stale_perc:33.33\r\n"));
}

}  // namespace
}  // namespace zedis::server

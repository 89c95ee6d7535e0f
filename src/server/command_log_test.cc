#include "server/command_log.h"

#include <gtest/gtest.h>

#include <thread>

namespace zedis::server {
namespace {

using Kind = CommandLog::Kind;

CommandLog::Entry Entry(std::int64_t value) {
  CommandLog::Entry entry;
  entry.value = value;
  return entry;
}

std::vector<std::int64_t> Values(const CommandLog& log, Kind kind, std::size_t count = SIZE_MAX) {
  std::vector<std::int64_t> values;
  for (const CommandLog::Entry& entry : log.Newest(kind, count)) values.push_back(entry.value);
  return values;
}

TEST(CommandLog, KeepsTheNewestOfEachKind) {
  CommandLog log;
  for (int i = 0; i < 5; ++i) log.Add(Kind::kSlow, Entry(i), 3);
  log.Add(Kind::kLargeReply, Entry(9), 3);
  EXPECT_EQ(Values(log, Kind::kSlow), (std::vector<std::int64_t>{4, 3, 2}));
  EXPECT_EQ(Values(log, Kind::kSlow, 1), (std::vector<std::int64_t>{4}));
  EXPECT_EQ(Values(log, Kind::kLargeReply), (std::vector<std::int64_t>{9}));
  EXPECT_EQ(log.Length(Kind::kLargeRequest), 0u);
}

TEST(CommandLog, NumbersGoOnAfterAReset) {
  CommandLog log;
  log.Add(Kind::kSlow, Entry(1), 3);
  log.Add(Kind::kSlow, Entry(2), 3);
  log.Reset(Kind::kSlow);
  EXPECT_EQ(log.Length(Kind::kSlow), 0u);
  log.Add(Kind::kSlow, Entry(3), 3);
  EXPECT_EQ(log.Newest(Kind::kSlow, 1)[0].id, 2);
}

TEST(CommandLog, AShorterLimitDropsTheOldestWithTheNextEntry) {
  CommandLog log;
  for (int i = 0; i < 10; ++i) log.Add(Kind::kSlow, Entry(i), 10);
  log.Add(Kind::kSlow, Entry(10), 2);
  EXPECT_EQ(Values(log, Kind::kSlow), (std::vector<std::int64_t>{10, 9}));
}

TEST(CommandLog, TrimsLongArguments) {
  const std::string at_limit(128, 'a');
  const std::string over(131, 'b');
  EXPECT_EQ(CommandLog::Trimmed({"SET", at_limit, over}),
            (std::vector<std::string>{"SET", at_limit, std::string(128, 'b') + "... (3 more bytes)"}));
}

TEST(CommandLog, TrimsManyArguments) {
  const std::vector<std::string_view> at_limit(32, "x");
  EXPECT_EQ(CommandLog::Trimmed(at_limit), std::vector<std::string>(32, "x"));
  const std::vector<std::string_view> over(40, "x");
  std::vector<std::string> expected(31, "x");
  expected.emplace_back("... (9 more arguments)");
  EXPECT_EQ(CommandLog::Trimmed(over), expected);
}

TEST(CommandLog, ServesManyThreads) {
  CommandLog log;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log] {
      for (int i = 0; i < 500; ++i) {
        log.Add(Kind::kSlow, Entry(i), 100);
        if (i % 50 == 0) log.Newest(Kind::kSlow, 10);
        if (i % 200 == 199) log.Reset(Kind::kLargeReply);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(log.Length(Kind::kSlow), 100u);
  EXPECT_EQ(log.Newest(Kind::kSlow, 1)[0].id, 1999);
}

}  // namespace
}  // namespace zedis::server

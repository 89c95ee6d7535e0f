#include "base/log.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

namespace zedis::base {
namespace {

class LogTest : public testing::Test {
 protected:
  LogTest() {
    char pattern[] = "/tmp/zedis-log-XXXXXX";
    folder_ = mkdtemp(pattern);
    path_ = folder_ + "/log";
  }
  ~LogTest() override { std::filesystem::remove_all(folder_); }

  std::string Contents(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
  std::string path_;
};

TEST(Sanitise, EscapesWhatIsNotPrintableAscii) {
  EXPECT_EQ(Sanitise("plain text ~"), "plain text ~");
  EXPECT_EQ(Sanitise("a\r\nb\tc"), "a\\r\\nb\\tc");
  EXPECT_EQ(Sanitise(std::string_view("\x1b[2J\0\x7f\xff", 7)), "\\x1b[2J\\x00\\x7f\\xff");
}

TEST(Sanitise, CutsLongText) {
  EXPECT_EQ(Sanitise("abcdef", 6), "abcdef");
  EXPECT_EQ(Sanitise("abcdefg", 6), "abcdef...");
}

TEST_F(LogTest, WritesTheOtherFormats) {
  setenv("TZ", "UTC", 1);
  tzset();
  Log log([] { return std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000042)); });
  ASSERT_TRUE(log.Open(path_));
  log.SetFormat(LogFormat::kLogfmt);
  log.Notice("a \"quoted\" text\n");
  log.SetTimestamp(LogTimestamp::kIso8601);
  log.SetFormat(LogFormat::kJson);
  log.Warning("a \"quoted\" text\n");
  log.SetTimestamp(LogTimestamp::kMilliseconds);
  log.SetRole('S');
  log.Warning("b");
  const std::string pid = std::to_string(getpid());
  EXPECT_EQ(Contents(path_),
            "pid=" + pid +
                R"( role=primary timestamp="14 Nov 2023 22:13:20.042" level=notice message="a \"quoted\" text\\n")"
                "\n" +
                R"({"pid":)" + pid +
                R"(,"role":"primary","timestamp":"2023-11-14T22:13:20.042+00:00","level":"warning",)"
                R"("message":"a \"quoted\" text\\n"})"
                "\n" +
                R"({"pid":)" + pid +
                R"(,"role":"replica","timestamp":"1700000000042","level":"warning","message":"b"})"
                "\n");
}

TEST_F(LogTest, WritesRedisLineFormat) {
  setenv("TZ", "UTC", 1);
  tzset();
  Log log([] { return std::chrono::system_clock::time_point(std::chrono::milliseconds(1700000000042)); });
  ASSERT_TRUE(log.Open(path_));
  log.SetLevel(LogLevel::kDebug);
  log.Debug("a {}", 1);
  log.Verbose("b");
  log.SetRole('S');
  log.Notice("c");
  log.Warning("d\nforged");
  const std::string pid = std::to_string(getpid());
  EXPECT_EQ(Contents(path_), pid + ":M 14 Nov 2023 22:13:20.042 . a 1\n" +    //
                                 pid + ":M 14 Nov 2023 22:13:20.042 - b\n" +  //
                                 pid + ":S 14 Nov 2023 22:13:20.042 * c\n" +  //
                                 pid + ":S 14 Nov 2023 22:13:20.042 # d\\nforged\n");
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  Log log;
  ASSERT_TRUE(log.Open(path_));
  log.Verbose("hidden");
  log.Write(LogLevel::kDebug, "hidden");
  EXPECT_EQ(Contents(path_), "");
  log.SetLevel(LogLevel::kWarning);
  log.Notice("hidden");
  EXPECT_EQ(Contents(path_), "");
  log.Warning("shown");
  EXPECT_NE(Contents(path_).find("# shown\n"), std::string::npos);
}

TEST_F(LogTest, ReopensAfterRotation) {
  Log log;
  ASSERT_TRUE(log.Open(path_));
  log.Notice("one");
  std::filesystem::rename(path_, path_ + ".1");
  log.Notice("two");
  log.RequestReopen();
  log.Notice("three");
  EXPECT_NE(Contents(path_ + ".1").find("two"), std::string::npos);
  EXPECT_EQ(Contents(path_ + ".1").find("three"), std::string::npos);
  EXPECT_NE(Contents(path_).find("three"), std::string::npos);
}

TEST_F(LogTest, KeepsTheOldFileWhenReopeningFails) {
  Log log;
  std::filesystem::create_directory(folder_ + "/sub");
  ASSERT_TRUE(log.Open(folder_ + "/sub/log"));
  std::filesystem::rename(folder_ + "/sub", folder_ + "/gone");
  log.RequestReopen();
  log.Notice("still here");
  EXPECT_NE(Contents(folder_ + "/gone/log").find("still here"), std::string::npos);
}

TEST_F(LogTest, OpenSaysWhyItFails) {
  Log log;
  const auto result = log.Open(folder_ + "/missing/log");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error(), "Can't open the log file: No such file or directory");
}

TEST_F(LogTest, LinesOfManyThreadsDoNotMix) {
  Log log;
  ASSERT_TRUE(log.Open(path_));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&log, t] {
      for (int i = 0; i < 200; ++i) {
        if (i % 50 == 0) log.RequestReopen();
        log.Notice("{}", std::string(60, static_cast<char>('a' + t)));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::ifstream file(path_);
  std::string line;
  int lines = 0;
  for (; std::getline(file, line); ++lines) {
    const std::string text = line.substr(line.size() - 60);
    EXPECT_EQ(text, std::string(60, text[0])) << line;
  }
  EXPECT_EQ(lines, 800);
}

}  // namespace
}  // namespace zedis::base

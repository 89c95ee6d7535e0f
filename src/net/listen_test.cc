#include "net/listen.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace zedis::net {
namespace {

TEST(ListenTcp, ABusyPortIsOneClearLine) {
  auto first = ListenTcp("127.0.0.1", 0, 1);
  ASSERT_TRUE(first) << first.error().text;
  const int port = LocalOf(first->get()).port;
  const auto second = ListenTcp("127.0.0.1", port, 1);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text.find("in use"), std::string::npos) << second.error().text;
  EXPECT_EQ(second.error().text.find('\n'), std::string::npos);
  EXPECT_FALSE(second.error().no_address);
}

TEST(ListenTcp, AnAddressThatIsMissingIsToldApart) {
  const auto none = ListenTcp("192.0.2.1", 0, 1);
  ASSERT_FALSE(none);
  EXPECT_TRUE(none.error().no_address) << none.error().text;
  const auto malformed = ListenTcp("1.2.3.4.5.6:", 0, 1);
  ASSERT_FALSE(malformed);
  EXPECT_FALSE(malformed.error().no_address) << malformed.error().text;
}

TEST(ListenTcp, StopsAndListensAgainUnderTheSameDescriptor) {
  // A port that was asked for by number: one that the system chose is chosen anew when the socket listens again.
  const int port = [] {
    const auto any = ListenTcp("127.0.0.1", 0, 1);
    return any ? LocalOf(any->get()).port : 0;
  }();
  auto first = ListenTcp("127.0.0.1", port, 1);
  ASSERT_TRUE(first);
  StopListening(first->get());
  EXPECT_TRUE(ListenTcp("127.0.0.1", port, 1));  // and lets go of it at once
  EXPECT_TRUE(ListenAgain(first->get(), 1));
  EXPECT_FALSE(ListenTcp("127.0.0.1", port, 1));
}

TEST(ListenUnix, TakesOverOnlyWhatNobodyServes) {
  char folder[] = "/tmp/zedis-listen-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/s";
  {
    const auto first = ListenUnix({.path = path, .group = "", .permissions = 0600}, 1);
    ASSERT_TRUE(first) << first.error().text;
    struct stat status{};
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    EXPECT_FALSE(ListenUnix({.path = path, .group = "", .permissions = 0}, 1));
  }
  EXPECT_TRUE(ListenUnix({.path = path, .group = "", .permissions = 0}, 1));  // the file is left, the server gone
  EXPECT_FALSE(ListenUnix({.path = path + "2", .group = "no-such-group", .permissions = 0}, 1));
  EXPECT_FALSE(std::filesystem::exists(path + "2"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace zedis::net

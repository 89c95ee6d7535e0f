#include "net/socket.h"

#include <gtest/gtest.h>

namespace zedis::net {
namespace {

TEST(Address, OnlyThisMachineIsLocal) {
  EXPECT_TRUE((Address{.host = "127.0.0.1", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "127.8.9.10", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "::1", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "::ffff:127.0.0.1", .port = 1}.IsLocal()));
  EXPECT_TRUE((Address{.host = "/run/zedis.sock", .is_unix = true}.IsLocal()));
  EXPECT_FALSE((Address{.host = "10.0.0.1", .port = 1}.IsLocal()));
  EXPECT_FALSE((Address{.host = "12.7.0.1", .port = 1}.IsLocal()));
  EXPECT_FALSE((Address{.host = "::2", .port = 1}.IsLocal()));
}

TEST(Address, TextBracketsIpv6) {
  EXPECT_EQ((Address{.host = "127.0.0.1", .port = 6379}.Text()), "127.0.0.1:6379");
  EXPECT_EQ((Address{.host = "::1", .port = 6379}.Text()), "[::1]:6379");
}

TEST(ListenTcp, ABusyPortIsOneClearLine) {
  auto first = ListenTcp("127.0.0.1", 0, 1);
  ASSERT_TRUE(first) << first.error();
  const int port = LocalOf(first->get()).port;
  const auto second = ListenTcp("127.0.0.1", port, 1);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().find("in use"), std::string::npos) << second.error();
  EXPECT_EQ(second.error().find('\n'), std::string::npos);
}

}  // namespace
}  // namespace zedis::net
